/**
 * Where jobs are kept, and what a store promises.
 *
 * Every method is atomic, and durable to `durability` when its promise resolves. Every method takes the time first
 * (epoch milliseconds): a store never reads a clock, makes no policy, logs nothing and retries nothing. A method that
 * can't do its work rejects with an `ApiError`: `storage_full` (no room) and `invalid` (a cursor that is none of ours) have
 * changed nothing; after `storage_failed` (reading or writing went wrong) nothing has changed as long as the store is
 * open, and it is not known what a crash right then would leave. `memory.ts` is the reference: where this text leaves
 * a doubt, what it does is right.
 *
 * The calls about one queue are done in the order in which they were made; calls about different queues that are under
 * way at the same time have no order. Takes under way at the same time may share the latest time of theirs.
 */

import type { Job, NewJob } from '../core/job.js';

export interface Store {
  /** How far an answered write has come: on the disk, or in this process's memory only. */
  readonly durability: 'fsync' | 'memory';

  /**
   * Puts all the jobs in, in this order, or none of them. The queue exists afterwards.
   * With a unique key that a job of the queue holds, nothing is pushed and `exists` is the id of that job
   * (the keys within one push differ).
   * `failure` says that a worker failed on them: counted for the queue, and for that worker if it is registered.
   */
  push(now: number, push: Push): Promise<Pushed>;

  /**
   * Takes out the first `limit` jobs that are due, by place. First makes ready what is due, earliest first, at most
   * `ripenStep` of it. Stops before the job that would bring the texts over `maxBytes` (never before the first).
   * Counts them as processed for the queue, and for the worker if it is registered; its `doing` is then these jobs.
   * A stopped queue gives none. Jobs whose record does not match its checksum are set aside and named in `damaged`.
   */
  take(now: number, take: Take): Promise<Taken>;

  /**
   * Undoes a take: the jobs stand where they stood, and are not counted. A unique key that somebody else holds by now
   * is not given back. Jobs of a queue that was deleted since are gone with it.
   * Only for jobs that a take gave, and once.
   */
  restore(now: number, restore: Restore): Promise<void>;

  /**
   * Deletes the queue: jobs, unique keys, counters, switch and name, at once whatever its size. Workers stay registered
   * on it, counting from zero (and doing what they took there). The space is freed by `sweep`.
   */
  purge(now: number, purge: { queue: string }): Promise<void>;

  /** Frees a bounded part of what purges left; `more` when there may be more to free. */
  sweep(now: number): Promise<{ more: boolean }>;

  /** Opens or stops the queue, which exists afterwards. */
  setQueue(now: number, set: { queue: string; stopped: boolean }): Promise<void>;

  /** What is to be said about a queue; one that is not there looks like an open, empty one. */
  queue(now: number, get: { queue: string }): Promise<QueueView>;

  /** Names of queues in ascending code point order, after `after`, `limit` at most, and how many there are in all. */
  queues(now: number, list: { limit: number; after?: string }): Promise<{ names: string[]; total: number }>;

  /**
   * Texts of the jobs that a take would give: those that are ready by place, then those that are due by time and id.
   * Also those of a stopped queue. Bounded like a take; `next` is the cursor to go on from when there are more. Changes nothing.
   */
  peek(now: number, peek: Peek): Promise<{ bodies: string[]; next?: string }>;

  /**
   * Registers the worker on the queue, or refreshes `lastSeenAt` when it is there. More than `limits.workers` workers:
   * the one unseen for the longest is forgotten (then by name). False, and nothing done, when it is on
   * `limits.queuesPerWorker` queues already.
   */
  register(now: number, register: { worker: string; queue: string }): Promise<boolean>;

  /** Takes the worker off the queue, if it is there; a worker on no queue is forgotten. */
  unregister(now: number, unregister: { worker: string; queue: string }): Promise<void>;

  /** The registered workers by name, after `after`, `limit` at most: all, the one of this name, or those on this queue. */
  workers(now: number, list: WorkerList): Promise<WorkerView[]>;

  /** Writes something and makes it durable, to prove that this works. */
  probe(now: number): Promise<void>;

  /** Finishes what was begun and lets go of everything. Nothing may be called afterwards. */
  close(): Promise<void>;
}

/** A take that gets nothing refreshes a worker's `lastSeenAt` only when it is this old: polling should not write. */
export const seenStepMs = 1_000;

/** How many due jobs one take makes ready at most. */
export const ripenStep = 1_000;

export interface Push {
  readonly queue: string;
  readonly jobs: readonly NewJob[];
  readonly failure?: { readonly worker?: string };
}

export type Pushed = { readonly ids: readonly number[] } | { readonly exists: number };

export interface Take {
  readonly queue: string;
  readonly limit: number;
  readonly maxBytes: number;
  readonly worker?: string;
}

export interface Taken {
  readonly jobs: readonly Job[];
  /** How many more are ready. */
  readonly left: number;
  /** When the first of the jobs that are still delayed is due. */
  readonly nextAt?: number;
  readonly stopped: boolean;
  readonly damaged: readonly number[];
}

export interface Restore {
  readonly queue: string;
  readonly jobs: readonly Job[];
  readonly worker?: string;
}

export interface Peek {
  readonly queue: string;
  readonly limit: number;
  readonly maxBytes: number;
  readonly after?: string;
}

export interface WorkerList {
  readonly limit: number;
  readonly after?: string;
  readonly worker?: string;
  readonly queue?: string;
}

export interface QueueView {
  readonly stopped: boolean;
  /** Jobs that a take would give now, due ones included. */
  readonly ready: number;
  /** Jobs whose time has not come. */
  readonly delayed: number;
  readonly processed: number;
  readonly failed: number;
}

export interface WorkerView {
  readonly name: string;
  readonly startedAt: number;
  readonly lastSeenAt: number;
  readonly processed: number;
  readonly failed: number;
  /** What it did on each of its queues since it registered there, by name. */
  readonly queues: readonly { queue: string; processed: number; failed: number }[];
  /** What it took last, until it asks again, fails or leaves. */
  readonly doing: readonly { queue: string; id: number; since: number }[];
}
