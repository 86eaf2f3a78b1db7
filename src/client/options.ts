/** What a program says of a push, a take or a settlement, and the inputs of operations that follow from it. */

import type { CallOptions } from './calls.js';
import { type Duration, millisecondsOf } from './duration.js';

/** When a job is to be taken, and before which others. */
export interface Timing {
  /** Not before then: epoch seconds, or a `Date`. */
  readonly delayed?: number | Date | undefined;
  /** Not before so long from now. */
  readonly delay?: Duration | undefined;
  /** 0 to 9, 9 first; 5 unless told. */
  readonly priority?: number | undefined;
  /** It is dead when it has waited for so long. */
  readonly ttl?: Duration | undefined;
  /** How often it is tried until it is dead. */
  readonly attempts?: number | undefined;
  /** `exponential`, or how long it waits after each failure: one for all, or a list whose last holds for the rest. */
  readonly backoff?: 'exponential' | Duration | readonly Duration[] | undefined;
  /** How long its record and its result stay once it is done. */
  readonly keep?: Duration | undefined;
  readonly tags?: readonly string[] | undefined;
}

export interface ManyOptions extends Timing, CallOptions {
  /** How far the write must come before the answer, such as `fsync`; rejects with `not_durable` when that can't be. */
  readonly durability?: string | undefined;
  /** The trace that they belong to (W3C Trace Context). */
  readonly traceparent?: string | undefined;
}

export interface PushOptions extends ManyOptions {
  /** One job in the queue at a time has it; a second one rejects with `job_exists`, whose `job` is the first. */
  readonly uniq?: string | undefined;
  readonly uniqUntil?: 'taken' | 'done' | undefined;
  /** A repeat within 24 h pushes nothing and gives the first answer; one by chance unless told. */
  readonly idempotencyKey?: string | undefined;
}

export interface TakeOptions extends CallOptions {
  /** How long to wait for a job, 60 s at most; not at all unless told. */
  readonly wait?: Duration | undefined;
  /** Who takes it. */
  readonly worker?: string | undefined;
}

export interface LeaseOptions extends TakeOptions {
  /** How long the lease is, from 1 s to 12 h; 60 s unless told. */
  readonly lease?: Duration | undefined;
}

/** Those that are given. */
type Given<T> = { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> } & {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
};

/** Without the members that are undefined. */
export const given = <T extends object>(members: T): Given<T> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Given<T>;

export const ms = (duration: Duration | undefined, option: string): number | undefined =>
  duration === undefined ? undefined : millisecondsOf(duration, option);

/** Of a lease that is asked for: without one, the server would give jobs for good. */
export function leaseMsOf(lease: Duration | undefined): number {
  const leaseMs = millisecondsOf(lease ?? '60s', 'lease');
  if (leaseMs > 0) return leaseMs;
  throw new TypeError(`lease must be longer than that: ${lease}`);
}

const secondsOf = (time: number | Date) =>
  typeof time === 'number' ? time : Math.ceil(time.getTime() / 1000);

const timingOf = ({ delayed, delay, priority, ttl, attempts, backoff, keep, tags }: Timing) =>
  given({
    delayed: delayed === undefined ? undefined : secondsOf(delayed),
    delay: ms(delay, 'delay'),
    priority,
    ttl: ms(ttl, 'ttl'),
    attempts,
    backoff: backoffOf(backoff),
    keep: ms(keep, 'keep'),
    tags: tags && [...tags],
  });

export function backoffOf(backoff: Timing['backoff']): 'exponential' | number[] | undefined {
  if (backoff === undefined || backoff === 'exponential') return backoff;
  const steps = typeof backoff === 'string' ? backoff.replace(/^fixed /, '').split(',') : [backoff].flat();
  return steps.map((step) => millisecondsOf(step, 'backoff'));
}

export const manyOf = ({ durability, traceparent, ...timing }: ManyOptions) => ({
  ...timingOf(timing),
  ...given({ durability, traceparent }),
});

export const pushOf = ({ uniq, uniqUntil, idempotencyKey, ...many }: PushOptions) => ({
  ...manyOf(many),
  ...given({ uniq, uniqUntil, once: idempotencyKey }),
});

export const takeOf = (queues: string | readonly string[], { wait, worker }: TakeOptions) => ({
  queues: [queues].flat() as string[],
  ...given({ wait: ms(wait, 'wait'), worker }),
});
