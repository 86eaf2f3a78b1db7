/**
 * What moves a job from state to state: pure functions from a job to what it is next, nothing when it is gone.
 * Both a store that keeps jobs in this process and one in a database do what stands here.
 */

import { defaultPriority, isDue, type Lease, type Life, type NewJob } from './job.js';
import {
  back,
  crashesOf,
  dead,
  ended,
  failuresOf,
  having,
  isCancelled,
  isUsedUp,
  isWaiting,
  logged,
  type Moment,
  spent,
  unleased,
  waiting,
  withoutKey,
} from './moves.js';
import { defaultPolicy } from './policy.js';

/** A job as it enters the queue. */
export function born({ body: _, ...job }: NewJob, id: number, { now, policy }: Moment): Life {
  const { runAt, uniq, priority = defaultPriority, ttlMs = policy.ttlMs, ...details } = job;
  return {
    id,
    createdAt: now,
    ...(isDue(runAt, now) ? { state: 'ready' } : { state: 'delayed', dueAt: Number(runAt) }),
    ...(uniq !== undefined && { uniq }),
    ...(priority !== defaultPriority && { priority }),
    ...(ttlMs !== undefined && { expiresAt: now + ttlMs }),
    ...(Object.keys(details).length > 0 && { details }),
  };
}

/** Taken under a lease. */
export function leased<L extends Life>(job: L, lease: Lease): L {
  const { progress: _, note: __, ...details } = job.details ?? {};
  const taken = having(job, {
    state: 'leased',
    dueAt: lease.since + lease.ms,
    details: { ...details, lease },
  });
  return details.uniqUntil === 'taken' ? withoutKey(taken) : taken;
}

/** Taken for good: done at once, a record only where one was asked for. */
export function taken<L extends Life>(job: L, { now, policy }: Moment, worker?: string): L | undefined {
  const keepMs = job.details?.keepMs ?? policy.keepDoneMs ?? 0;
  if (keepMs === 0) return undefined;
  return ended(logged(job, { startedAt: now, worker, endedAt: now, outcome: 'done' }), 'done', now, keepMs);
}

/** A take undone: as if it had never been. */
export function untaken<L extends Life>(job: L): L {
  const { lease, endedAt: _, log = [], ...details } = job.details ?? {};
  // A job that was taken for good and has a record had its attempt written down.
  const before = job.state === 'done' ? log.slice(0, -1) : log;
  const { dueAt: __, ...rest } = job;
  const logs = before.length > 0 ? { log: before } : {};
  return waiting(having(rest as L, { details: { ...details, ...logs } }), 'ready');
}

/** What time makes of a job: itself, when nothing. With `restart` a lease that is over ran out while nobody could extend it. */
export function passed<L extends Life>(job: L, moment: Moment & { restart?: boolean }): L | undefined {
  const { now } = moment;
  if (isWaiting(job) && job.expiresAt !== undefined && isDue(job.expiresAt, now)) {
    return dead(job, 'expired', moment);
  }
  if (job.dueAt === undefined || !isDue(job.dueAt, now)) return job;
  switch (job.state) {
    case 'delayed':
      return ripe(job);
    case 'leased':
      return moment.restart
        ? back(unleased(job, 'released', job.dueAt), moment, isCancelled(job))
        : crashed(job, moment);
    default:
      return undefined;
  }
}

function ripe<L extends Life>(job: L): L {
  const { dueAt: _, ...rest } = job;
  return having(rest as L, { state: 'ready' });
}

function crashed<L extends Life>(job: L, moment: Moment): L {
  const over = unleased(job, 'crashed', job.dueAt ?? moment.now);
  const counted = having(over, { details: { ...over.details, crashes: crashesOf(job) + 1 } });
  const { crashes } = spent(counted);
  const most = moment.policy.maxCrashes ?? defaultPolicy.maxCrashes;
  if (!isCancelled(job) && (crashes >= most || isUsedUp(counted, moment)))
    return dead(counted, 'crashed', moment);
  return back(counted, moment, isCancelled(job));
}

/** Ready at once, whatever it waited for, and with all its attempts before it again. Nothing when it is leased, done or damaged. */
export function retried<L extends Life>(job: L, now: number): L | undefined {
  if (job.state === 'ready') return job;
  if (job.details?.reason === 'damaged' || (job.state !== 'dead' && job.state !== 'delayed'))
    return undefined;
  const { reason: _, endedAt: __, ...details } = job.details ?? {};
  const failures = failuresOf(job);
  const crashes = crashesOf(job);
  const forgiven = failures + crashes > 0 ? { forgiven: { failures, crashes } } : {};
  const { expiresAt, ...timeless } = job;
  const fresh = expiresAt !== undefined && isDue(expiresAt, now) ? (timeless as L) : job;
  return waiting(having(fresh, { details: { ...details, ...forgiven } }), 'ready');
}

/** A waiting job is dropped, the worker of a leased one is asked to stop. Nothing when it is done, or dead for another reason. */
export function cancelled<L extends Life>(job: L, moment: Moment): L | undefined {
  if (isWaiting(job)) return dead(job, 'cancelled', moment);
  if (job.state === 'dead' && job.details?.reason === 'cancelled') return job;
  const lease = job.state === 'leased' ? job.details?.lease : undefined;
  return lease && having(job, { details: { ...job.details, lease: { ...lease, cancel: true } } });
}

/** Found to be damaged, and set aside. */
export function damaged<L extends Life>(job: L, moment: Moment): L {
  return dead(job, 'damaged', moment);
}
