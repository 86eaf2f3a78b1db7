/** What is done to one job on behalf of workers and operators, wherever its queue keeps it. */

import { isDue, isEnded, type Life, type NewJob, type Settlement } from '../core/job.js';
import { cancelled, retried } from '../core/life.js';
import { type Moment, withoutKey } from '../core/moves.js';
import { isHeldBy, settled } from '../core/settlement.js';
import type { Moved, Settled, Steer, Steered } from './calls.js';

/** Where a queue keeps its jobs. */
interface Shelf<L extends Life> {
  /** From one state to the next; what is given back is the job as it is kept, nothing when it is gone. */
  move(before: L, after: L | undefined): L | undefined;
  drop(job: L): void;
  /** The job that holds a unique key. */
  holderOf(uniq: string): number | undefined;
}

interface Desk<L extends Life> extends Pick<Shelf<L>, 'move'> {
  /** Puts a job in; its id, or the id of the one that has its unique key. */
  followUp(queue: string, job: NewJob): number;
  /** Counts for the queue and the worker what came of a job. */
  count(as: 'processed' | 'failed', worker: string | undefined): void;
}

const countedAs = { done: 'processed', fail: 'failed', release: undefined, extend: undefined } as const;

export function settleOne<L extends Life>(
  found: L | undefined,
  settlement: Settlement,
  moment: Moment & { chance: number },
  desk: Desk<L>,
): Settled {
  if (!found || isOldRecord(found, moment.now)) return { refused: 'job_unknown' };
  const isLive = isHeldBy(found, settlement.lease, moment.now);
  const push = isLive && settlement.act === 'done' ? settlement.push : undefined;
  // A follow-up job may have the key that this one had.
  const job = push && found.uniq !== undefined ? (desk.move(found, withoutKey(found)) ?? found) : found;
  const traceparent = job.details?.traceparent;
  const pushed = push?.map((one) => {
    // What a job brings about belongs to its trace.
    const follower = traceparent === undefined ? one.job : { traceparent, ...one.job };
    return { queue: one.queue, id: desk.followUp(one.queue, follower) };
  });
  const result = settled(job, settlement, { ...moment, ...(pushed && { pushed }) });
  if (!result) return { refused: 'lease_lost' };
  if (!isLive) return result.answer;
  const as = countedAs[settlement.act];
  if (as) desk.count(as, job.details?.lease?.worker);
  desk.move(job, result.job);
  return result.answer;
}

/** A record that nobody has cleared away yet. */
const isOldRecord = (job: Life, now: number) => isEnded(job) && isDue(job.dueAt, now);

type Changed = Steered['changed'][number];
type Refused = NonNullable<Steered['refused']>;

export function steerOne<L extends Life>(
  job: L,
  action: Steer['action'],
  moment: Moment,
  shelf: Shelf<L>,
): Changed | Refused {
  const worker = job.details?.lease?.worker;
  const told = { id: job.id, ...(worker !== undefined && { worker }) };
  if (action === 'delete') {
    shelf.drop(job);
    return told;
  }
  const after = action === 'retry' ? retried(job, moment) : cancelled(job, moment);
  if (!after) return { why: 'job_state', state: job.state };
  const holder = after.uniq === undefined ? undefined : shelf.holderOf(after.uniq);
  if (job.state === 'dead' && holder !== undefined && holder !== job.id) return { why: 'key_held' };
  shelf.move(job, after);
  return { ...told, state: after.state };
}

export const isChanged = (came: Changed | Refused): came is Changed => !('why' in came);

/** What is to be told of a job that time has moved: that a lease is over, or that the job died. */
export function newsOf(queue: string, before: Life, after: Life | undefined): Moved[] {
  const isNews = before.state === 'leased' || (after?.state === 'dead' && before.state !== 'dead');
  if (!isNews || !after) return [];
  const worker = before.details?.lease?.worker;
  return [{ queue, id: before.id, state: after.state, ...(worker !== undefined && { worker }) }];
}
