/**
 * What moves a job from state to state: pure functions from a job to what it is next, nothing when it is gone; what a
 * settlement does is in `settlement.ts`. Both a store that keeps jobs in this process and one in a database do what stands here.
 */

import { defaultPriority, isDue, type Lease, type Life, type NewJob } from './job.js';
import {
  afterAttempt,
  crashesOf,
  type Fate,
  failuresOf,
  isCancelled,
  isExpired,
  isUsedUp,
  isWaiting,
  type Moment,
  moved,
  returning,
  said,
  spentWith,
  withoutKey,
} from './moves.js';
import { defaultPolicy } from './policy.js';

/** A job as it enters the queue. */
export function born({ body: _, ...job }: NewJob, id: number, { now, policy }: Moment): Life {
  const { delayMs = 0, uniq, priority = defaultPriority, ttlMs = policy.ttlMs, ...rest } = job;
  const { runAt = now + delayMs, ...details } = rest;
  return {
    id,
    createdAt: now,
    ...(isDue(runAt, now) ? { state: 'ready' } : { state: 'delayed', dueAt: runAt }),
    ...(uniq !== undefined && { uniq }),
    ...(priority !== defaultPriority && { priority }),
    ...(ttlMs !== undefined && { expiresAt: now + ttlMs }),
    details: said(details),
  };
}

/** Taken under a lease. */
export function leased<L extends Life>(job: L, lease: Lease): L {
  const dueAt = lease.since + lease.ms;
  if (job.details === undefined) return { ...job, state: 'leased', dueAt, details: { lease } };
  const details = { ...job.details, lease, progress: undefined, note: undefined };
  const taken: L = { ...job, state: 'leased', dueAt, details };
  return details.uniqUntil === 'taken' ? withoutKey(taken) : taken;
}

/** Taken for good: done at once, a record only where one was asked for. */
export function taken<L extends Life>(job: L, moment: Moment, worker?: string): L | undefined {
  const keepMs = job.details?.keepMs ?? moment.policy.keepDoneMs ?? 0;
  if (keepMs === 0) return undefined;
  const details = afterAttempt(job, { outcome: 'done', endedAt: moment.now, worker });
  return moved(job, { state: 'done', keepMs }, moment, details);
}

/** A take undone: as if it had never been. */
export function untaken<L extends Life>(job: L, moment: Moment): L {
  const { log } = job.details ?? {};
  // A job that was taken for good and has a record had its attempt written down.
  const before = job.state === 'done' ? log?.slice(0, -1) : log;
  const kept = before && before.length > 0 ? before : undefined;
  const details = { ...job.details, lease: undefined, endedAt: undefined, log: kept };
  return moved(job, { state: 'ready' }, moment, details);
}

/** What time makes of a job: itself, when nothing. With `restart` a lease that is over ran out while nobody could extend it. */
export function passed<L extends Life>(job: L, moment: Moment & { restart?: boolean }): L | undefined {
  const { now } = moment;
  if (isWaiting(job) && isExpired(job, now)) return moved(job, { state: 'dead', reason: 'expired' }, moment);
  if (job.dueAt === undefined || !isDue(job.dueAt, now)) return job;
  switch (job.state) {
    case 'delayed':
      return { ...job, state: 'ready', dueAt: undefined };
    case 'leased':
      return leaseOver(job, moment, job.dueAt);
    default:
      return undefined;
  }
}

function leaseOver<L extends Life>(job: L, moment: Moment & { restart?: boolean }, endedAt: number): L {
  if (moment.restart) {
    const details = afterAttempt(job, { outcome: 'released', endedAt });
    return moved(job, returning(job, moment), moment, details);
  }
  const details = { ...afterAttempt(job, { outcome: 'crashed', endedAt }), crashes: crashesOf(job) + 1 };
  return moved(job, fateOfCrash(job, moment), moment, details);
}

function fateOfCrash(job: Life, moment: Moment): Fate {
  const spent = spentWith(job, 'crashes');
  const most = moment.policy.maxCrashes ?? defaultPolicy.maxCrashes;
  const isEnough = spent.crashes >= most || isUsedUp(job, spent, moment);
  return isEnough && !isCancelled(job) ? { state: 'dead', reason: 'crashed' } : returning(job, moment);
}

/** Ready at once, whatever it waited for, and with all its attempts before it again. Nothing when it is leased, done or damaged. */
export function retried<L extends Life>(job: L, moment: Moment): L | undefined {
  if (job.state === 'ready') return job;
  if (job.details?.reason === 'damaged' || (job.state !== 'dead' && job.state !== 'delayed'))
    return undefined;
  const failures = failuresOf(job);
  const crashes = crashesOf(job);
  const forgiven = failures + crashes > 0 ? { failures, crashes } : undefined;
  const details = { ...job.details, forgiven, reason: undefined, endedAt: undefined };
  const fresh = isExpired(job, moment.now) ? { ...job, expiresAt: undefined } : job;
  return moved(fresh, { state: 'ready' }, moment, details);
}

/** A waiting job is dropped, the worker of a leased one is asked to stop. Nothing when it is done, or dead for another reason. */
export function cancelled<L extends Life>(job: L, moment: Moment): L | undefined {
  if (isWaiting(job)) return moved(job, { state: 'dead', reason: 'cancelled' }, moment);
  if (job.state === 'dead' && job.details?.reason === 'cancelled') return job;
  const lease = job.state === 'leased' ? job.details?.lease : undefined;
  return lease && { ...job, details: { ...job.details, lease: { ...lease, cancel: true } } };
}

/** Found to be damaged, and set aside. */
export function damaged<L extends Life>(job: L, moment: Moment): L {
  return moved(job, { state: 'dead', reason: 'damaged' }, moment);
}
