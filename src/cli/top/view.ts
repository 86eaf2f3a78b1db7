/** What was seen as lines of a screen. */

import type { Output } from '../../client/client.js';
import type { Paint } from '../terminal/colors.js';
import { count, duration, when } from '../terminal/human.js';
import { type Column, table } from '../terminal/table.js';
import { cut, safe } from '../terminal/text.js';
import type { QueueSeen, Seen } from './observer.js';

export const orders = ['name', 'ready', 'leased', 'in/s', 'out/s', 'dead'] as const;

export interface View {
  readonly order: (typeof orders)[number];
  /** The first row that is shown. */
  readonly from: number;
}

interface Options {
  readonly url: string;
  readonly paint: Paint;
  readonly width?: number | undefined;
  /** Lines of the screen; without it everything is shown. */
  readonly rows?: number;
  readonly view?: View;
  /** Why there is nothing newer. */
  readonly problem?: string | undefined;
}

const rate = (value: number | undefined) =>
  value === undefined ? undefined : value.toFixed(value < 10 ? 1 : 0);

const queueColumns: readonly Column<QueueSeen>[] = [
  { title: 'QUEUE', value: ({ queue }) => queue, flexible: true },
  { title: 'READY', value: ({ ready }) => count(ready), align: 'right' },
  { title: 'DELAYED', value: ({ delayed }) => count(delayed), align: 'right' },
  {
    title: 'LEASED',
    value: ({ leased }) => count(leased),
    align: 'right',
    format: ({ leased }) => (leased > 0 ? 'green' : undefined),
  },
  {
    title: 'DEAD',
    value: ({ dead }) => count(dead),
    align: 'right',
    format: ({ dead }) => (dead > 0 ? 'red' : undefined),
  },
  { title: 'IN/S', value: ({ inPerSecond }) => rate(inPerSecond), align: 'right' },
  { title: 'OUT/S', value: ({ outPerSecond }) => rate(outPerSecond), align: 'right' },
  {
    title: 'OLDEST',
    value: ({ ready, oldestAge }) => (ready > 0 ? duration(oldestAge) : undefined),
    align: 'right',
  },
  { title: 'WORKERS', value: ({ workers }) => count(workers), align: 'right' },
  {
    title: 'STATE',
    value: ({ paused }) => (paused ? 'stopped' : 'open'),
    format: ({ paused }) => (paused ? 'yellow' : undefined),
  },
];

const workerColumns: readonly Column<Output<'worker'>>[] = [
  { title: 'WORKER', value: ({ worker_id }) => worker_id, flexible: true },
  { title: 'QUEUES', value: ({ queues }) => queues.join(',') },
  {
    title: 'DOING',
    value: ({ doing }) => doing.length,
    align: 'right',
    format: ({ doing }) => (doing.length > 0 ? 'green' : undefined),
  },
  { title: 'DONE', value: ({ processed }) => count(Number(processed)), align: 'right' },
  { title: 'FAILED', value: ({ failed }) => count(Number(failed)), align: 'right' },
  { title: 'SEEN', value: ({ last_seen_at }) => when(last_seen_at) },
];

const keyOf = (order: View['order'], queue: QueueSeen): number =>
  ({
    name: 0,
    ready: queue.ready,
    leased: queue.leased,
    'in/s': queue.inPerSecond ?? 0,
    'out/s': queue.outPerSecond ?? 0,
    dead: queue.dead,
  })[order];

/** Header, queues, and as many workers as there is room for. */
export function picture(seen: Seen, options: Options): string[] {
  const { paint, width, rows = Number.POSITIVE_INFINITY, view = { order: 'name', from: 0 } } = options;
  const head = headLines(seen, options, view);
  const left = Math.max(3, rows - head.length);
  // A third of the screen is the workers', if there are so many.
  const forWorkers = seen.workers.length === 0 ? 0 : Math.min(seen.workers.length + 2, Math.ceil(left / 3));
  const sorted = seen.queues.toSorted((one, other) => keyOf(view.order, other) - keyOf(view.order, one));
  const shown = sorted.slice(view.from, view.from + Math.max(1, left - forWorkers - 1));
  const workers = seen.workers
    .toSorted((one, other) => other.doing.length - one.doing.length || other.last_seen_at - one.last_seen_at)
    .slice(0, Math.max(0, forWorkers - 2));
  const at = { width, paint };
  return [
    ...head,
    ...(seen.queues.length > 0 ? table(queueColumns, shown, at) : ['no queues yet']),
    ...(workers.length > 0 ? ['', ...table(workerColumns, workers, at)] : []),
  ];
}

function headLines(seen: Seen, { url, paint, width, problem }: Options, { order, from }: View): string[] {
  const sum = (pick: (queue: QueueSeen) => number) =>
    seen.queues.reduce((all, queue) => all + pick(queue), 0);
  const queues =
    seen.total > seen.queues.length ? `${seen.queues.length} of ${count(seen.total)}` : count(seen.total);
  const fitted = (text: string) => (width === undefined ? text : cut(text, width));
  const time = new Date(seen.at).toTimeString().slice(0, 8);
  const sorted = from > 0 ? `by ${order}, from ${from + 1}` : `by ${order}`;
  return [
    paint(
      'bold',
      fitted(`presque ${safe(url)}  ${time}  ${queues} queues ${sorted}, ${seen.workers.length} workers`),
    ),
    fitted(
      `${count(sum(({ ready }) => ready))} ready  ${count(sum(({ delayed }) => delayed))} delayed  ` +
        `${count(sum(({ leased }) => leased))} leased  ${count(sum(({ dead }) => dead))} dead  ` +
        `${count(sum(({ processed }) => processed))} done  ${count(sum(({ failed }) => failed))} failed`,
    ),
    problem === undefined ? '' : paint('red', fitted(safe(problem))),
  ];
}
