/** The steps that the transitions of a job are made of (`life.ts`, `settlement.ts`), and what can be read off a job. */

import { type Attempt, attemptsKept, type Details, isDue, type Life, type Reason } from './job.js';
import { defaultPolicy, type Policy } from './policy.js';

/** What a transition depends on beside the job. */
export interface Moment {
  readonly now: number;
  readonly policy: Policy;
}

/** Where a job goes. */
export type Fate =
  | { readonly state: 'ready'; readonly dueAt?: undefined }
  | { readonly state: 'delayed'; readonly dueAt: number }
  | { readonly state: 'done'; readonly keepMs: number }
  | { readonly state: 'dead'; readonly reason: Reason };

/**
 * The job where its fate puts it. One that ends gives its unique key away, one that waits again takes it back (which the store
 * undoes when another one has it by then).
 */
export function moved<L extends Life>(
  job: L,
  fate: Fate,
  { now, policy }: Moment,
  details: Details = job.details ?? {},
): L {
  const { state } = fate;
  if (state === 'ready' || state === 'delayed') {
    const { freed } = details;
    const kept = freed === undefined ? details : { ...details, freed: undefined };
    return { ...job, state, dueAt: fate.dueAt, uniq: job.uniq ?? freed, details: said(kept) };
  }
  // Who waits for a job's end is to find it, also where dead jobs are not kept.
  const keepDeadMs = Math.max(policy.keepDeadMs ?? defaultPolicy.keepDeadMs, details.keepMs ?? 0);
  const keepMs = state === 'done' ? fate.keepMs : keepDeadMs;
  const reason = state === 'dead' ? fate.reason : undefined;
  const freed = job.uniq ?? details.freed;
  return {
    ...job,
    state,
    dueAt: now + keepMs,
    uniq: undefined,
    details: { ...details, freed, reason, endedAt: now },
  };
}

/** The key is free for others; the job takes it again when it comes back and nobody has it. */
export function withoutKey<L extends Life>(job: L): L {
  if (job.uniq === undefined) return job;
  return { ...job, uniq: undefined, details: { ...job.details, freed: job.uniq } };
}

/** Details that say nothing are none. */
export function said(details: Details): Details | undefined {
  for (const name in details) if (details[name as keyof Details] !== undefined) return details;
  return undefined;
}

/** What is known after an attempt: the lease is no more, the attempt is written down. */
export function afterAttempt(
  job: Life,
  ending: Pick<Attempt, 'outcome' | 'endedAt' | 'error' | 'answer' | 'worker'>,
): Details {
  const { lease, log } = job.details ?? {};
  const attempt: Attempt = {
    attempt: attemptOf(job),
    startedAt: lease?.since ?? ending.endedAt,
    worker: lease?.worker,
    lease: lease?.token,
    ...ending,
  };
  const kept = log ? [...log.slice(1 - attemptsKept).map(shortened), attempt] : [attempt];
  return { ...job.details, lease: undefined, log: kept };
}

/** The latest error is kept as it is, earlier ones are not to fill the record. */
function shortened(attempt: Attempt): Attempt {
  const { error } = attempt;
  return error === undefined || error.length <= earlierErrorChars
    ? attempt
    : { ...attempt, error: error.slice(0, earlierErrorChars) };
}

/** So much of an error stays when a later attempt is written down. */
export const earlierErrorChars = 1_024;

/** Back into the queue after a lease, unless somebody asked for the job to be cancelled, or its time to wait is over. */
export function returning(job: Life, { now }: Moment, delayMs = 0): Fate {
  if (isCancelled(job)) return { state: 'dead', reason: 'cancelled' };
  if (isExpired(job, now)) return { state: 'dead', reason: 'expired' };
  return delayMs > 0 ? { state: 'delayed', dueAt: now + delayMs } : { state: 'ready' };
}

/** Number of the attempt that is under way, or would be next. */
export const attemptOf = (job: Life) => failuresOf(job) + crashesOf(job) + 1;
export const failuresOf = ({ details }: Life) => details?.failures ?? 0;
export const crashesOf = ({ details }: Life) => details?.crashes ?? 0;
export const isWaiting = ({ state }: Life) => state === 'ready' || state === 'delayed';
export const isCancelled = ({ details }: Life) => details?.lease?.cancel === true;
export const isExpired = ({ expiresAt }: Life, now: number) =>
  expiresAt !== undefined && isDue(expiresAt, now);

/** Failures and crashes since the last retry, one more of them included: what counts against the bounds. */
export function spentWith(job: Life, more: 'failures' | 'crashes') {
  const { failures = 0, crashes = 0 } = job.details?.forgiven ?? {};
  const spent = { failures: failuresOf(job) - failures, crashes: crashesOf(job) - crashes };
  spent[more]++;
  return spent;
}

export function isUsedUp(
  job: Life,
  { failures, crashes }: ReturnType<typeof spentWith>,
  { policy }: Moment,
): boolean {
  return failures + crashes >= (job.details?.attempts ?? policy.attempts ?? defaultPolicy.attempts);
}
