/** Leases that are settled. */

import type { Life, Settlement } from '../../core/job.js';
import { settleOne } from '../acts.js';
import type { Settled } from '../calls.js';
import type { createPushes } from './pushes.js';
import type { Queues } from './queues.js';
import type { Rows } from './rows.js';
import type { createWorkers } from './workers.js';

/** Each with a chance of its own. */
export interface Settlements {
  readonly queue: string;
  readonly settlements: Settlement[];
  readonly chances: number[];
}

/** Whether some of them bring follow-up jobs, which take room. */
export const putsJobsIn = ({ settlements }: Settlements) =>
  settlements.some((one) => one.act === 'done' && one.push !== undefined);

export function createSettlements(
  queues: Queues,
  rows: Rows,
  pushes: ReturnType<typeof createPushes>,
  workers: ReturnType<typeof createWorkers>,
) {
  return (now: number, { queue: name, settlements, chances }: Settlements): readonly Settled[] => {
    const queue = queues.find(name);
    if (!queue) return settlements.map(() => ({ refused: 'job_unknown' }));
    const moment = { now, policy: queue.policy };
    const desk = {
      move: (before: Life, after: Life | undefined) => rows.move(queue, before, after),
      followUp: pushes.followUp.bind(undefined, now),
      count(as: 'processed' | 'failed', worker: string | undefined) {
        queue[as]++;
        workers.settled(now, worker, name, as);
      },
    };
    return settlements.map((settlement, index) => {
      const job = rows.findLeased(queue, settlement.id) ?? rows.find(queue, settlement.id);
      return settleOne(job, settlement, { ...moment, chance: chances[index] ?? 0 }, desk);
    });
  };
}
