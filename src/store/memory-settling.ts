/** Leases of a memory store that are settled. */

import type { NewJob, Settlement } from '../core/job.js';
import { chanceOf } from '../core/retry.js';
import { settleOne } from './acts.js';
import { bytesOf, type MemoryQueue } from './memory-queue.js';
import type { createMemoryWorkers } from './memory-workers.js';
import type { Store } from './store.js';

interface Deps {
  readonly queues: ReadonlyMap<string, MemoryQueue>;
  readonly workers: ReturnType<typeof createMemoryWorkers>;
  /** Throws when there is no room for so many bytes. */
  readonly checkRoom: (size: number) => void;
  /** Puts a job in; its id, or the id of the one that has its unique key. */
  readonly followUp: (now: number, queue: string, job: NewJob) => number;
}

export function createMemorySettling({ queues, workers, checkRoom, followUp }: Deps): Store['settle'] {
  return async (now, { queue: name, settlements, chance }) => {
    const queue = queues.get(name);
    if (!queue) return settlements.map(() => ({ refused: 'job_unknown' }) as const);
    const added = settlements.reduce((sum, one) => sum + addedBytes(one), 0);
    if (added > 0) checkRoom(added);
    return settlements.map((settlement, index) =>
      settleOne(
        queue.byId.get(settlement.id),
        settlement,
        { now, policy: queue.policy, chance: chanceOf(chance, index) },
        {
          move: queue.move,
          followUp: (other, job) => followUp(now, other, job),
          count(as, worker) {
            queue[as]++;
            workers.settled(now, worker, name, as);
          },
        },
      ),
    );
  };
}

/** What a settlement adds to what is kept: nothing for most, so that they go on in a full store. */
function addedBytes(settlement: Settlement): number {
  switch (settlement.act) {
    case 'done': {
      const { result = '', push = [] } = settlement;
      return result.length + push.reduce((sum, { job }) => sum + bytesOf(job), 0);
    }
    case 'fail':
      return settlement.error?.length ?? 0;
    case 'extend':
      return settlement.note?.length ?? 0;
    default:
      return 0;
  }
}
