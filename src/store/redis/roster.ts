/** The registered workers: what they did is told to the index after it was done, so a crash in between may lose it. */

import { limits } from '../../api/limits.js';
import type { WorkerList, WorkerView } from '../calls.js';
import type { createBatches } from './batches.js';
import type { Call } from './connection.js';
import type { createLanes } from './lanes.js';
import { listOf } from './records.js';
import type { Held } from './replies.js';

/** What a worker did on a queue; or that the queue was deleted. */
export interface Work {
  readonly queue: string;
  readonly worker?: string;
  readonly took?: readonly string[];
  readonly leased?: boolean;
  readonly untook?: readonly string[];
  readonly counted?: number;
  readonly failed?: number;
  readonly settled?: 'processed' | 'failed';
  readonly left?: string;
  readonly deleted?: true;
}

interface RosterDeps
  extends Pick<ReturnType<typeof createBatches>, 'together' | 'alone'>,
    Pick<ReturnType<typeof createLanes>, 'afterOthers'> {
  readonly onIndex: (now: number) => Call;
  readonly on: (now: number, queue: string) => Call;
  readonly kindOf: (name: string, now: number) => string;
}

/** No queue's name: calls about the index keep their order, too. */
export const indexLane = '*';

const mostQueuesHeld = 100;

export function createRoster({ onIndex, on, together, alone, afterOthers, kindOf }: RosterDeps) {
  /** Nobody waits for it; what is asked of the workers later comes after it. */
  function tell(now: number, work: Work) {
    together(indexLane, kindOf('worked', now), work, async (all) => {
      await onIndex(now)('worked', { all });
      return all;
    }).catch(() => {});
  }

  /** What was called about the queue before comes first. */
  const after = <T>(queue: string | undefined, call: () => Promise<T>) =>
    queue === undefined ? alone(indexLane, call) : afterOthers(queue, () => alone(indexLane, call));

  async function heldIn(now: number, queue: string, workers: readonly string[] | undefined): Promise<Held[]> {
    const { head } = await on(now, queue)('held', { workers, most: limits.jobsPerTake });
    return listOf(head.held);
  }

  return {
    tell,

    register: (now: number, asked: { worker: string; queue: string }): Promise<boolean> =>
      afterOthers(asked.queue, () =>
        together(indexLane, kindOf('register', now), asked, async (all) => {
          const bounds = { mostWorkers: limits.workers, mostQueues: limits.queuesPerWorker };
          const { head } = await onIndex(now)('register', { all, ...bounds });
          return [...head.registered];
        }),
      ),

    unregister: (now: number, { worker, queue }: { worker: string; queue: string }) =>
      after(queue, async () => void (await onIndex(now)('unregister', { worker, queue }))),

    /** How many are registered on the queue. */
    countOn: (now: number, queue: string) =>
      after(queue, async () => (await onIndex(now)('staff', { queue })).head.workers),

    async list(now: number, { limit, after: from = '', worker, queue }: WorkerList): Promise<WorkerView[]> {
      const asked = { limit, after: from, worker, on: queue, mostHeld: mostQueuesHeld };
      // Where a queue is named, what was called about it before counts, and nothing that is called later.
      const [here, { head }] = await Promise.all([
        queue === undefined
          ? []
          : alone(queue, () => heldIn(now, queue, worker === undefined ? undefined : [worker])),
        after(queue, () => onIndex(now)('workers', asked)),
      ]);
      const views = listOf(head.workers);
      const held = new Map<string, Held[]>();
      if (queue !== undefined) held.set(queue, here);
      const elsewhere = new Map<string, string[]>();
      for (const { name, heldIn } of views) {
        for (const { queue: other } of listOf(heldIn)) {
          if (other !== queue) elsewhere.set(other, [...(elsewhere.get(other) ?? []), name]);
        }
      }
      const looks = [...elsewhere].map(async ([other, names]) =>
        held.set(other, await heldIn(now, other, names)),
      );
      await Promise.all(looks);
      return views.map(({ heldIn, ...view }) => {
        const leases = leasesOf(view.name, held);
        for (const { queue: other, at } of listOf(heldIn)) {
          const has = held.get(other)?.some((one) => one.worker === view.name);
          if (!has) tell(now, { queue: other, worker: view.name, left: at });
        }
        const took = listOf(view.doing).map((one) => ({ ...one, id: Number(one.id) }));
        return { ...view, queues: listOf(view.queues), doing: [...leases, ...took] };
      });
    },
  };
}

/** The oldest by queue and id. */
function leasesOf(worker: string, held: ReadonlyMap<string, readonly Held[]>): WorkerView['doing'] {
  return [...held]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([queue, all]) =>
      all
        .filter((one) => one.worker === worker)
        .map(({ worker: _, id, ...lease }) => ({ queue, id: Number(id), ...lease })),
    )
    .slice(0, limits.jobsPerTake);
}
