/**
 * What a job is, in the words used everywhere.
 *
 * - **job**: any JSON value that was pushed to a queue; its text is never changed.
 * - **queue**: jobs under a name. It exists from its first push or setting until it is deleted.
 * - **push**: put a job in. **take**: get one out, for good or under a lease. **restore**: undo a take, unseen.
 * - **lease**: the right to one job until a time; its token settles the job. Over means lost.
 * - **settle**: say what came of a lease: **done**, **fail**, **release**; or **extend** it.
 * - **state**: **ready** (a take may have it), **delayed** (not before a time), **leased**, **done**, **dead** (nobody gets it,
 *   unless somebody asks for a **retry**). Done and dead jobs are records, which are kept for a time.
 * - **attempt**: one lease of a job. A **failure** is an attempt that a worker said failed, a **crash** one whose lease ran out.
 * - **place**: priority (9 before 0), then age; a job that comes back stands where it stood.
 * - **unique key**: at most one job in a queue has a given one, until it is taken for good, done or dead.
 * - **policy**: what a queue does with its jobs unless they say otherwise.
 * - **worker**: a name that takes jobs; when it is registered, what it does is counted.
 *
 * What moves a job from state to state is in `life.ts`. Times are epoch milliseconds.
 */

import type { Backoff } from './policy.js';

export type State = 'ready' | 'delayed' | 'leased' | 'done' | 'dead';

/** Why a job is dead. */
export type Reason = 'failed' | 'crashed' | 'cancelled' | 'expired' | 'damaged';

/** A job as it is pushed. */
export interface NewJob {
  /** JSON text. */
  readonly body: string;
  /** Not to be taken before. */
  readonly runAt?: number;
  /** Or so long after it came in, by the store's time. */
  readonly delayMs?: number;
  readonly uniq?: string;
  /** When the key is free again; taken for good, done or dead unless given. */
  readonly uniqUntil?: 'taken' | 'done';
  /** 0 to 9, `defaultPriority` unless given. */
  readonly priority?: number;
  /** How long it may wait until it is dead. */
  readonly ttlMs?: number;
  readonly attempts?: number;
  readonly backoff?: Backoff;
  /** How long its record stays once it is done. */
  readonly keepMs?: number;
  readonly tags?: readonly string[];
  /** https://www.w3.org/TR/trace-context/, handed on to who takes the job. */
  readonly traceparent?: string;
}

/** A job that a queue has, or just gave, without its text: what the transitions are about. */
export interface Life {
  /** A number that grows with age within a queue and never comes again. */
  readonly id: number;
  readonly state: State;
  readonly createdAt: number;
  /** Only when it is not `defaultPriority`. */
  readonly priority?: number | undefined;
  /** The unique key that it holds. */
  readonly uniq?: string | undefined;
  /** When a delayed job is ready, a lease is over, a record goes. */
  readonly dueAt?: number | undefined;
  /** When it is dead, if it is still waiting then. */
  readonly expiresAt?: number | undefined;
  /** What most jobs don't have. */
  readonly details?: Details | undefined;
  /** JSON text, of a done job only. */
  readonly result?: string | undefined;
}

export interface Job extends Life {
  readonly body: string;
}

/** As it is kept: small members only where there is something to say. */
export interface Details
  extends Partial<Pick<NewJob, 'uniqUntil' | 'attempts' | 'backoff' | 'keepMs' | 'tags' | 'traceparent'>> {
  /** The unique key that it was pushed with and does not hold now. */
  readonly freed?: string | undefined;
  readonly failures?: number | undefined;
  readonly crashes?: number | undefined;
  /** Failures and crashes from before the last retry: they don't count against `attempts` and `maxCrashes`. */
  readonly forgiven?: { readonly failures: number; readonly crashes: number } | undefined;
  readonly lease?: Lease | undefined;
  /** What the latest lease said of its progress, 0 to 1, and in words. */
  readonly progress?: number | undefined;
  readonly note?: string | undefined;
  /** The latest `attemptsKept` attempts, oldest first. */
  readonly log?: readonly Attempt[] | undefined;
  readonly reason?: Reason | undefined;
  /** When it was done or dead. */
  readonly endedAt?: number | undefined;
}

export interface Lease {
  readonly token: string;
  readonly since: number;
  /** As long as it was granted for. */
  readonly ms: number;
  readonly worker?: string | undefined;
  /** Somebody asked the worker to stop. */
  readonly cancel?: true | undefined;
}

type Outcome = 'done' | 'failed' | 'crashed' | 'released';

/** An attempt that is over. */
export interface Attempt {
  readonly attempt: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly outcome: Outcome;
  readonly worker?: string | undefined;
  readonly error?: string | undefined;
  /** Its lease's token, and what the settlement was answered: a repeat is answered the same. */
  readonly lease?: string | undefined;
  readonly answer?: Answer | undefined;
}

/** What a settlement is answered. */
export interface Answer {
  readonly state: State;
  readonly runAt?: number | undefined;
  /** The follow-up jobs. */
  readonly pushed?: readonly { readonly queue: string; readonly id: number }[] | undefined;
  /** Of an extension: when the lease is over now, and whether somebody asked the worker to stop. */
  readonly expiresAt?: number | undefined;
  readonly cancel?: boolean | undefined;
}

/** What is said about a job under its lease. */
export type Settlement = { readonly id: number; readonly lease: string } & (
  | {
      readonly act: 'done';
      /** JSON text. */
      readonly result?: string | undefined;
      /** Follow-up jobs, that go in in the same commit. */
      readonly push?: readonly { readonly queue: string; readonly job: NewJob }[] | undefined;
    }
  | {
      readonly act: 'fail';
      readonly error?: string | undefined;
      readonly delayMs?: number | undefined;
      readonly dead?: boolean | undefined;
    }
  | { readonly act: 'release'; readonly delayMs?: number | undefined }
  | {
      readonly act: 'extend';
      readonly ms?: number | undefined;
      readonly progress?: number | undefined;
      readonly note?: string | undefined;
    }
);

export const defaultPriority = 5;
export const attemptsKept = 20;
const highestPriority = 9;

/** The rank of a ready job, 0 for priority 9 to 9 for priority 0: low ranks are taken first, within one by id. */
export function rankOf({ priority = defaultPriority }: { readonly priority?: number | undefined }): number {
  return highestPriority - priority;
}

/** The order in which ready jobs are taken. */
export function byPlace(a: Life, b: Life): number {
  return rankOf(a) - rankOf(b) || a.id - b.id;
}

/** The states in which a job waits for a time: to be ready, to be lost, to go. */
export const timedStates = ['delayed', 'leased', 'done', 'dead'] as const;
export type TimedState = (typeof timedStates)[number];

/** Whether nothing more happens to a job by itself: what is left is its record. */
export function isEnded<J extends { readonly state: State }>(
  job: J,
): job is J & { readonly state: 'done' | 'dead' } {
  return job.state === 'done' || job.state === 'dead';
}

/** The first of the times that are known. */
export function earliest(...times: readonly (number | null | undefined)[]): number | undefined {
  let first: number | undefined;
  for (const time of times) {
    if (typeof time === 'number' && (first === undefined || time < first)) first = time;
  }
  return first;
}

/** Whether a time has come. One in the past is due now. */
export function isDue(time: number | undefined, now: number): boolean {
  return time === undefined || time <= now;
}

/** The token of the lease of the n-th job (from 0) of one take; nobody can guess one from outside. */
export function leaseToken(token: string, index: number): string {
  return index === 0 ? token : `${token}.${index}`;
}
