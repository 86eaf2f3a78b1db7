/** What operators do to the jobs of a memory store, one by one or many: look, retry, cancel, delete. */

import { isEnded, timedStates } from '../core/job.js';
import { isChanged, steerOne } from './acts.js';
import { scanStep, tendStep } from './calls.js';
import { parseCursor } from './cursor.js';
import { isAfter, type MemoryQueue } from './memory-queue.js';
import { page } from './paging.js';
import type { Store } from './store.js';
import type { Untold } from './untold.js';

export function createMemorySteering(
  queues: ReadonlyMap<string, MemoryQueue>,
  untold: Untold,
): Pick<Store, 'job' | 'list' | 'steer'> {
  function find(now: number, { queue: name, id }: { queue: string; id: number }) {
    const queue = queues.get(name);
    const job = queue?.byId.get(id);
    if (queue && job) {
      const isNews = job.state !== 'ready';
      const moved = queue.passOne(job, { now, policy: queue.policy });
      untold.note(name, { moved, ready: isNews && queue.byId.get(id)?.state === 'ready' ? 1 : 0 });
    }
    return queue?.byId.get(id);
  }

  return {
    async job(now, { ahead, ...get }) {
      const job = find(now, get);
      if (!job || !ahead || job.state !== 'ready') return job && { job };
      const before = queues.get(get.queue)?.rows.ready.head(scanStep, ({ id }) => id !== job.id);
      return { job, ahead: before?.length ?? 0 };
    },

    async list(now, { queue: name, state, after, ...bounds }) {
      const from = parseCursor(after);
      const queue = queues.get(name);
      if (!queue) return { jobs: [] };
      untold.note(name, queue.pass(now, timedStates));
      const latestFirst = isEnded({ state });
      const rows = latestFirst ? [...queue.rows[state]].toReversed() : [...queue.rows[state]];
      const found = page(
        rows.filter((row) => !from || isAfter(row, from, latestFirst)),
        bounds,
      );
      return { jobs: found.jobs, ...(found.next !== undefined && { next: found.next }) };
    },

    async steer(now, steer) {
      const queue = queues.get(steer.queue);
      if ('id' in steer) {
        const job = find(now, steer);
        if (!queue || !job) return { changed: [], refused: { why: 'job_unknown' } };
        const came = steerOne(job, steer.action, { now, policy: queue.policy }, shelfOf(queue));
        return 'why' in came ? { changed: [], refused: came } : { changed: [came] };
      }
      const { state, action, after, limit, contains } = steer;
      const from = parseCursor(after);
      if (!queue) return { changed: [] };
      untold.note(steer.queue, queue.pass(now, timedStates));
      const found = page(
        [...queue.rows[state]].filter((row) => !from || isAfter(row, from, false)),
        {
          limit: Math.min(limit, tendStep),
          maxBytes: Number.POSITIVE_INFINITY,
          ...(contains !== undefined && { contains }),
        },
      );
      const changed = found.jobs
        .map((job) => steerOne(job, action, { now, policy: queue.policy }, shelfOf(queue)))
        .filter(isChanged);
      return { changed, ...(found.next !== undefined && { next: found.next }) };
    },
  };
}

const shelfOf = ({ move, drop, holders }: MemoryQueue) => ({
  move,
  drop,
  holderOf: (uniq: string) => holders.get(uniq),
});
