/** Leases of a memory store that are settled. */

import { isDue, type Job, type NewJob, type Settlement } from '../core/job.js';
import { withoutKey } from '../core/moves.js';
import { isHeldBy, settled } from '../core/settlement.js';
import type { Settled } from './calls.js';
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
  function settleOne(queue: MemoryQueue, now: number, settlement: Settlement, chance: number): Settled {
    let job = queue.byId.get(settlement.id);
    if (!job || recordIsOver(job, now)) return { refused: 'job_unknown' };
    const isLive = isHeldBy(job, settlement.lease, now);
    const push = isLive && settlement.act === 'done' ? settlement.push : undefined;
    // A follow-up job may have the key that this one had.
    if (push && job.uniq !== undefined) job = queue.move(job, withoutKey(job)) ?? job;
    const pushed = push?.map((one) => ({ queue: one.queue, id: followUp(now, one.queue, one.job) }));
    const moment = { now, policy: queue.policy, chance, ...(pushed && { pushed }) };
    const result = settled(job, settlement, moment);
    if (!result) return { refused: 'lease_lost' };
    if (!isLive) return result.answer;
    const worker = job.details?.lease?.worker;
    if (settlement.act === 'done') {
      queue.processed++;
      workers.settled(now, worker, queue.name, 'processed');
    } else if (settlement.act === 'fail') {
      queue.failed++;
      workers.settled(now, worker, queue.name, 'failed');
    }
    queue.move(job, result.job);
    return result.answer;
  }

  return async (now, { queue: name, settlements, chance }) => {
    const queue = queues.get(name);
    const pushed = settlements.flatMap((one) => (one.act === 'done' ? (one.push ?? []) : []));
    checkRoom(pushed.reduce((sum, { job }) => sum + bytesOf(job), 0));
    return settlements.map((settlement) =>
      queue ? settleOne(queue, now, settlement, chance) : { refused: 'job_unknown' },
    );
  };
}

/** A record that nobody has cleared away yet. */
const recordIsOver = ({ state, dueAt }: Job, now: number) =>
  (state === 'done' || state === 'dead') && isDue(dueAt, now);
