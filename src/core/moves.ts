/** The small steps that the transitions of a job are made of (`life.ts`, `settlement.ts`), and what can be read off a job. */

import { type Attempt, attemptsKept, isDue, type Life, type Outcome, type Reason } from './job.js';
import { defaultPolicy, type Policy } from './policy.js';

/** What a transition depends on beside the job. */
export interface Moment {
  readonly now: number;
  readonly policy: Policy;
}

/** Number of the attempt that is under way, or would be next. */
export const attemptOf = (job: Life) => failuresOf(job) + crashesOf(job) + 1;
export const failuresOf = ({ details }: Life) => details?.failures ?? 0;
export const crashesOf = ({ details }: Life) => details?.crashes ?? 0;
export const isWaiting = ({ state }: Life) => state === 'ready' || state === 'delayed';

export const isCancelled = ({ details }: Life) => details?.lease?.cancel === true;

/** Failures and crashes since the last retry. */
export function spent(job: Life) {
  const { failures = 0, crashes = 0 } = job.details?.forgiven ?? {};
  return { failures: failuresOf(job) - failures, crashes: crashesOf(job) - crashes };
}

export function isUsedUp(job: Life, { policy }: Moment): boolean {
  const { failures, crashes } = spent(job);
  return failures + crashes >= (job.details?.attempts ?? policy.attempts ?? defaultPolicy.attempts);
}

/** Back in the queue after a lease, or dead if somebody wanted it so, or if its time to wait is over. */
export function back<L extends Life>(job: L, moment: Moment, isCancelled = false, delayMs = 0): L {
  if (isCancelled) return dead(job, 'cancelled', moment);
  if (job.expiresAt !== undefined && isDue(job.expiresAt, moment.now)) return dead(job, 'expired', moment);
  return delayMs > 0 ? waiting(job, 'delayed', moment.now + delayMs) : waiting(job, 'ready');
}

/** Without its lease, the attempt written down. */
export function unleased<L extends Life>(job: L, outcome: Outcome, endedAt: number, error?: string): L {
  const { lease, ...details } = job.details ?? {};
  const { token, since = endedAt, worker } = lease ?? {};
  const attempt = { startedAt: since, worker, endedAt, outcome, error, lease: token };
  return logged(having(job, { details }), attempt);
}

export function logged<L extends Life>(
  job: L,
  attempt: { [K in keyof Omit<Attempt, 'attempt' | 'answer'>]: Attempt[K] | undefined },
): L {
  const given = Object.entries(attempt).filter(([, value]) => value !== undefined);
  const entry = { attempt: attemptOf(job), ...Object.fromEntries(given) } as Attempt;
  const log = [...(job.details?.log ?? []), entry].slice(-attemptsKept);
  return having(job, { details: { ...job.details, log } });
}

export function waiting<L extends Life>(job: L, state: 'ready' | 'delayed', dueAt?: number): L {
  const { freed, ...details } = job.details ?? {};
  const { dueAt: _, ...rest } = job;
  const key = freed === undefined ? {} : { uniq: freed };
  return having(rest as L, { state, ...key, ...(dueAt !== undefined && { dueAt }), details });
}

export function dead<L extends Life>(job: L, reason: Reason, { now, policy }: Moment): L {
  const over = ended(job, 'dead', now, policy.keepDeadMs ?? defaultPolicy.keepDeadMs);
  return having(over, { details: { ...over.details, reason } });
}

export function ended<L extends Life>(job: L, state: 'done' | 'dead', now: number, keepMs: number): L {
  const over = having(job, { state, dueAt: now + keepMs, details: { ...job.details, endedAt: now } });
  return withoutKey(over);
}

/** The key is free for others; the job takes it again when it comes back and nobody has it. */
export function withoutKey<L extends Life>(job: L): L {
  const { uniq, ...rest } = job;
  return uniq === undefined ? job : having(rest as L, { details: { ...job.details, freed: uniq } });
}

/** The job with these members; details that say nothing are left out. */
export function having<L extends Life>(job: L, members: Partial<Life>): L {
  const { details, ...next } = { ...job, ...members };
  const says = details && Object.keys(details).length > 0;
  return (says ? { ...next, details } : next) as L;
}
