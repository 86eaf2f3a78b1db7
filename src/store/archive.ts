/**
 * A store at rest, as it is moved into another one: what is in it is read and put as it is, and no time passes. Each call is atomic,
 * durable when it resolves, and about no more than a batch. To put the same once more changes nothing.
 */

import type { Job } from '../core/job.js';
import type { Once, QueueView, WorkerView } from './calls.js';
import type { Store } from './store.js';

/** What a queue is beside its jobs and keys. */
interface QueueRecord extends Pick<QueueView, 'stopped' | 'policy' | 'revision' | 'processed' | 'failed'> {
  readonly queue: string;
  /** Ids up to this one were given. */
  readonly lastId: number;
}

/** An idempotency key, and what came under it: so many jobs, whose ids follow the first. */
export interface KeyRecord extends Once {
  readonly firstId: number;
  readonly jobs: number;
}

interface PageOf {
  readonly queue: string;
  readonly limit: number;
  /** The `next` of the page before. */
  readonly after?: string;
}

export interface Archive {
  /** The same data, to be looked at: at time 0 nothing is due. Its end is the archive's. */
  readonly store: Store;

  /** The text that is kept under a name, after it was set if one is given (`unlessThere`: where there was none). */
  note(note: { name: string; text?: string; unlessThere?: true }): Promise<string | undefined>;

  /** Ids below `firstId` are of an earlier queue of this name. Nothing for a queue that is not there. */
  ends(get: { queue: string }): Promise<{ readonly firstId: number; readonly lastId: number } | undefined>;

  /** What no id was above until `now`, in queues that are gone by now, too; none up to `least` is given to a new queue. */
  lastId(ids: { least: number; now: number }): Promise<number>;

  /** Jobs of every state; one whose text is damaged is dead, from `now` on. `next` when there may be more. */
  jobs(
    list: PageOf & { maxBytes: number; now: number },
  ): Promise<{ readonly jobs: readonly Job[]; readonly next?: string }>;

  keys(list: PageOf): Promise<{ readonly keys: readonly KeyRecord[]; readonly next?: string }>;

  /** The queue is there from then on, stopped, and no time passes in it before `finishQueue`. */
  startQueue(start: { queue: string; firstId: number }): Promise<void>;

  putJobs(put: { queue: string; jobs: readonly Job[] }): Promise<void>;
  putKeys(put: { queue: string; keys: readonly KeyRecord[] }): Promise<void>;
  finishQueue(record: QueueRecord): Promise<void>;

  /**
   * `doing` is only what they took for good: what they have under leases, the jobs say. A worker that was there keeps what it did,
   * and did what is told of queues on which it was not, too.
   */
  putWorkers(put: { workers: readonly WorkerView[] }): Promise<void>;
}

export type ArchiveMethod = Exclude<keyof Archive, 'store'>;
