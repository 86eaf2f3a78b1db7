/** What a settlement makes of a leased job, and what it is answered: pure functions. */

import { type Answer, type Attempt, isDue, type Lease, type Life, type Settlement } from './job.js';
import {
  back,
  dead,
  ended,
  failuresOf,
  having,
  isCancelled,
  isUsedUp,
  type Moment,
  spent,
  unleased,
} from './moves.js';
import { defaultPolicy } from './policy.js';
import { backoffMs } from './retry.js';

/**
 * What a settlement makes of a job, and what it is answered; nothing when the lease is not the job's, or over.
 * A repeat is answered the same and changes nothing. `pushed` are the follow-up jobs of a done one, `chance` a number from 0 to 1.
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
  switch (settlement.act) {
    case 'done':
      return done(job, settlement.result, moment);
    case 'fail':
      return answered(failed(job, settlement, moment), undefined);
    case 'release': {
      const over = unleased(job, 'released', moment.now);
      return answered(back(over, moment, isCancelled(job), settlement.delayMs), undefined);
    }
    case 'extend':
      return extended(job, settlement, moment.now);
  }
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

function done<L extends Life>(
  job: L,
  result: string | undefined,
  { now, policy, pushed }: Moment & { pushed?: Answer['pushed'] },
) {
  const keepMs = job.details?.keepMs ?? policy.keepDoneMs ?? defaultPolicy.keepDoneMs;
  const over = ended(unleased(job, 'done', now), 'done', now, keepMs);
  return answered(result === undefined ? over : having(over, { result }), keepMs, pushed);
}

function failed<L extends Life>(
  job: L,
  { error, delayMs, dead: isDead }: Extract<Settlement, { act: 'fail' }>,
  moment: Moment & { chance: number },
): L {
  const over = unleased(job, 'failed', moment.now, error);
  const failures = failuresOf(job) + 1;
  const counted = having(over, { details: { ...over.details, failures } });
  if (isCancelled(job)) return dead(counted, 'cancelled', moment);
  if (isDead || isUsedUp(counted, moment)) return dead(counted, 'failed', moment);
  const backoff = job.details?.backoff ?? moment.policy.backoff ?? defaultPolicy.backoff;
  return back(counted, moment, false, delayMs ?? backoffMs(backoff, spent(counted).failures, moment.chance));
}

function extended<L extends Life>(
  job: L,
  { ms, progress, note }: Extract<Settlement, { act: 'extend' }>,
  now: number,
) {
  const lease = job.details?.lease as Lease;
  const expiresAt = now + (ms ?? lease.ms);
  const details = {
    ...job.details,
    ...(progress !== undefined && { progress }),
    ...(note !== undefined && { note }),
  };
  const answer: Answer = { state: 'leased', expiresAt, cancel: lease.cancel ?? false };
  return { job: having(job, { dueAt: expiresAt, details }), answer };
}

/** The job with its answer written down beside the attempt that it ends. A record that is kept for no time is gone. */
function answered<L extends Life>(job: L, keepMs: number | undefined, pushed?: Answer['pushed']) {
  const { state, dueAt, details = {} } = job;
  const answer: Answer = {
    state,
    ...(state === 'delayed' && dueAt !== undefined && { runAt: dueAt }),
    ...(pushed && pushed.length > 0 && { pushed }),
  };
  const { log = [] } = details;
  const last = { ...(log.at(-1) as Attempt), answer };
  const noted = having(job, { details: { ...details, log: [...log.slice(0, -1), last] } });
  return { job: keepMs === 0 ? undefined : noted, answer };
}
