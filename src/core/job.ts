/**
 * What a job is, in the words used everywhere.
 *
 * - **job**: any JSON value that was pushed to a queue; its text is never changed.
 * - **queue**: jobs under a name. It exists from its first push or setting until it is deleted.
 * - **push**: put a job in. **take**: get one out, at most once. **restore**: put a taken job back, unseen.
 * - **ready**: a take may have it now. **delayed**: not before a point in time (`runAt`).
 * - **place**: priority (9 before 0), then age; a job that comes back stands where it stood.
 * - **unique key**: at most one job in a queue has a given one, until it is taken.
 * - **worker**: a name that takes jobs; when it is registered, what it does is counted.
 */

/** A job as it is pushed. */
export interface NewJob {
  /** JSON text. */
  readonly body: string;
  /** Not to be taken before, epoch milliseconds. */
  readonly runAt?: number;
  readonly uniq?: string;
  /** 0 to 9, `defaultPriority` unless given. */
  readonly priority?: number;
}

/** A job that a queue has, or just gave. */
export interface Job {
  /** A number that grows with age within a queue and never comes again. */
  readonly id: number;
  readonly body: string;
  readonly uniq?: string;
  /** Only when it is not `defaultPriority`. */
  readonly priority?: number;
}

export const defaultPriority = 5;
const highestPriority = 9;

/** The rank of a ready job, 0 for priority 9 to 9 for priority 0: low ranks are taken first, within one by id. */
export function rankOf({ priority = defaultPriority }: { readonly priority?: number }): number {
  return highestPriority - priority;
}

/** The order in which ready jobs are taken. */
export function byPlace(a: Job, b: Job): number {
  return rankOf(a) - rankOf(b) || a.id - b.id;
}

/** Whether a job may be taken. A time in the past is due now. */
export function isDue(runAt: number | undefined, now: number): boolean {
  return runAt === undefined || runAt <= now;
}
