/** What `presque top` shows: looked up queue by queue, with what happened since the last look. */

import type { Client, Output } from '../../client/client.js';

export interface QueueSeen {
  readonly queue: string;
  readonly ready: number;
  readonly delayed: number;
  readonly leased: number;
  readonly done: number;
  readonly dead: number;
  readonly workers: number;
  readonly paused: boolean;
  /** Seconds. */
  readonly oldestAge: number;
  readonly processed: number;
  readonly failed: number;
  /** Jobs a second since the last look, undefined at the first. */
  readonly inPerSecond?: number;
  readonly outPerSecond?: number;
}

export interface Seen {
  /** Epoch milliseconds. */
  readonly at: number;
  /** How many queues there are; those that are shown are fewer when they are too many. */
  readonly total: number;
  readonly queues: readonly QueueSeen[];
  readonly workers: readonly Output<'worker'>[];
}

const mostQueues = 200;
const mostWorkers = 100;
/** Questions under way at once. */
const atOnce = 16;

export function createObserver(client: Client<{ [queue: string]: string }>) {
  let before = new Map<string, QueueSeen>();
  let beforeAt = 0;

  async function lookAt(queue: string, seconds: number): Promise<QueueSeen> {
    const [status, counters] = await Promise.all([client.status(queue), client.counters(queue)]);
    const { ready, delayed, leased, done, dead, workers, oldest_age: oldestAge, paused } = status;
    const { job_processed: processed, job_failed: failed } = counters;
    const seen = {
      queue,
      ready,
      delayed,
      leased,
      done,
      dead,
      workers,
      paused: paused === 1,
      oldestAge,
      processed,
      failed,
    };
    const last = before.get(queue);
    if (!last) return seen;
    const outPerSecond = Math.max(0, processed - last.processed) / seconds;
    const grown = inside(seen) - inside(last) + processed - last.processed;
    return { ...seen, outPerSecond, inPerSecond: Math.max(0, grown) / seconds };
  }

  return {
    async look(): Promise<Seen> {
      const at = performance.now();
      const seconds = Math.max(0.001, (at - beforeAt) / 1_000);
      const names: string[] = [];
      let total = 0;
      for await (const name of client.queues()) {
        total++;
        if (names.length < mostQueues) names.push(name);
      }
      const queues = await eachOf(names, (name) => lookAt(name, seconds));
      const workers: Output<'worker'>[] = [];
      for await (const worker of client.workers()) {
        if (workers.push(worker) === mostWorkers) break;
      }
      before = new Map(queues.map((one) => [one.queue, one]));
      beforeAt = at;
      return { at: Date.now(), total, queues, workers };
    },
  };
}

/** Jobs that have not ended. */
const inside = ({ ready, delayed, leased, dead }: QueueSeen) => ready + delayed + leased + dead;

async function eachOf<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const line = async () => {
    while (next < items.length) {
      const at = next++;
      results[at] = await run(items[at] as T);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, line));
  return results;
}
