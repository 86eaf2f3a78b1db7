/** What a settlement makes of a leased job, and what it is answered: pure functions. */

import { type Answer, type Details, isDue, type Lease, type Life, type Settlement } from './job.js';
import {
  afterAttempt,
  type Fate,
  failuresOf,
  isCancelled,
  isUsedUp,
  type Moment,
  moved,
  returning,
  spentWith,
} from './moves.js';
import { defaultPolicy } from './policy.js';
import { backoffMs } from './retry.js';

type Said<A extends Settlement['act']> = Extract<Settlement, { act: A }>;

/**
 * What a settlement makes of a job, and what it is answered; nothing when the lease is not the job's, or over. No job: its record is
 * not to be kept. A repeat is answered the same and changes nothing. `pushed` are the follow-up jobs of a done one, `chance` a number
 * from 0 to 1.
 */
export function settled<L extends Life>(
  job: L,
  settlement: Settlement,
  moment: Moment & { chance: number; pushed?: Answer['pushed'] },
): { readonly job: L | undefined; readonly answer: Answer } | undefined {
  if (!isHeldBy(job, settlement.lease, moment.now)) {
    const answer = answerBefore(job, settlement);
    return answer && { job, answer };
  }
  if (settlement.act === 'extend') return extended(job, settlement, moment.now);
  const fate = fateOf(job, settlement, moment);
  const answer = answerTo(fate, moment.pushed);
  const isDone = fate.state === 'done';
  if (isDone && fate.keepMs === 0) return { job: undefined, answer };
  const over = moved(job, fate, moment, detailsAfter(job, settlement, moment.now, answer));
  const result = settlement.act === 'done' ? settlement.result : undefined;
  return { job: result === undefined ? over : { ...over, result }, answer };
}

/** Whether the token is the job's lease, and not over. */
export function isHeldBy({ state, dueAt, details }: Life, token: string, now: number): boolean {
  return state === 'leased' && details?.lease?.token === token && !isDue(dueAt, now);
}

const outcomes = { done: 'done', fail: 'failed', release: 'released' } as const;

function answerBefore({ details }: Life, { act, lease }: Settlement): Answer | undefined {
  const attempt = details?.log?.find((one) => one.lease === lease);
  return act !== 'extend' && attempt?.outcome === outcomes[act] ? attempt.answer : undefined;
}

function fateOf(
  job: Life,
  settlement: Exclude<Settlement, { act: 'extend' }>,
  moment: Moment & { chance: number },
): Fate {
  switch (settlement.act) {
    case 'done': {
      const keepMs = job.details?.keepMs ?? moment.policy.keepDoneMs ?? defaultPolicy.keepDoneMs;
      return { state: 'done', keepMs };
    }
    case 'release':
      return returning(job, moment, settlement.delayMs);
    case 'fail':
      return fateOfFailure(job, settlement, moment);
  }
}

function fateOfFailure(
  job: Life,
  { delayMs, dead }: Said<'fail'>,
  moment: Moment & { chance: number },
): Fate {
  const spent = spentWith(job, 'failures');
  if (!isCancelled(job) && (dead || isUsedUp(job, spent, moment))) return { state: 'dead', reason: 'failed' };
  const backoff = job.details?.backoff ?? moment.policy.backoff ?? defaultPolicy.backoff;
  return returning(job, moment, delayMs ?? backoffMs(backoff, spent.failures, moment.chance));
}

function answerTo(fate: Fate, pushed: Answer['pushed']): Answer {
  if (pushed && pushed.length > 0) return { state: fate.state, pushed };
  return fate.state === 'delayed' ? { state: fate.state, runAt: fate.dueAt } : { state: fate.state };
}

function detailsAfter(
  job: Life,
  settlement: Exclude<Settlement, { act: 'extend' }>,
  now: number,
  answer: Answer,
): Details {
  const outcome = outcomes[settlement.act];
  if (settlement.act !== 'fail') return afterAttempt(job, { outcome, endedAt: now, answer });
  const details = afterAttempt(job, { outcome, endedAt: now, answer, error: settlement.error });
  return { ...details, failures: failuresOf(job) + 1 };
}

function extended<L extends Life>(job: L, { ms, progress, note }: Said<'extend'>, now: number) {
  const lease = job.details?.lease as Lease;
  const expiresAt = now + (ms ?? lease.ms);
  const details = {
    ...job.details,
    progress: progress ?? job.details?.progress,
    note: note ?? job.details?.note,
  };
  const answer: Answer = { state: 'leased', expiresAt, cancel: lease.cancel ?? false };
  return { job: { ...job, dueAt: expiresAt, details }, answer };
}
