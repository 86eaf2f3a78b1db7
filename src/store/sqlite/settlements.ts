/** Leases that are settled. */

import { isDue, type Life, type Settlement } from '../../core/job.js';
import { withoutKey } from '../../core/moves.js';
import { isHeldBy, settled } from '../../core/settlement.js';
import type { Settle, Settled } from '../calls.js';
import type { createPushes } from './pushes.js';
import type { Queue, Queues } from './queues.js';
import type { Rows } from './rows.js';
import type { createWorkers } from './workers.js';

export function createSettlements(
  queues: Queues,
  rows: Rows,
  pushes: ReturnType<typeof createPushes>,
  workers: ReturnType<typeof createWorkers>,
) {
  function settleOne(queue: Queue, now: number, settlement: Settlement, chance: number): Settled {
    const { id, lease, act } = settlement;
    let job = rows.findLeased(queue, id) ?? rows.find(queue, id);
    if (!job || recordIsOver(job, now)) return { refused: 'job_unknown' };
    const isLive = isHeldBy(job, lease, now);
    const push = isLive && act === 'done' ? settlement.push : undefined;
    // A follow-up job may have the key that this one had.
    if (push && job.uniq !== undefined) job = rows.move(queue, job, withoutKey(job)) ?? job;
    const pushed = push?.map((one) => ({
      queue: one.queue,
      id: pushes.followUp(now, one.queue, one.job),
    }));
    const moment = { now, policy: queue.policy, chance, ...(pushed && { pushed }) };
    const result = settled(job, settlement, moment);
    if (!result) return { refused: 'lease_lost' };
    if (!isLive) return result.answer;
    const worker = job.details?.lease?.worker;
    if (act === 'done') {
      queue.processed++;
      workers.settled(now, worker, queue.name, 'processed');
    } else if (act === 'fail') {
      queue.failed++;
      workers.settled(now, worker, queue.name, 'failed');
    }
    rows.move(queue, job, result.job);
    return result.answer;
  }

  return (now: number, { queue: name, settlements, chance }: Settle): Settled[] => {
    const queue = queues.find(name);
    return settlements.map((settlement) =>
      queue ? settleOne(queue, now, settlement, chance) : { refused: 'job_unknown' },
    );
  };
}

/** A record that nobody has cleared away yet. */
const recordIsOver = ({ state, dueAt }: Life, now: number) =>
  (state === 'done' || state === 'dead') && isDue(dueAt, now);
