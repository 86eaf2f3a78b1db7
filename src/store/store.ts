/**
 * Where jobs are kept, and what a store promises.
 *
 * Every method is atomic, and durable to `durability` when its promise resolves. Every method takes the time first
 * (epoch milliseconds): a store never reads a clock, makes nothing up (no id from outside, no chance, no policy), logs nothing and retries nothing. A method that
 * can't do its work rejects with an `ApiError`: `storage_full` (no room) and `invalid` (a cursor that is none of ours) have
 * changed nothing; after `storage_failed` (reading or writing went wrong) nothing has changed as long as the store is
 * open, and it is not known what a crash right then would leave. `memory.ts` is the reference: where this text leaves
 * a doubt, what it does is right.
 *
 * The calls about one queue are done in the order in which they were made; calls about different queues that are under
 * way at the same time have no order, nor have takes and settlements. Takes, and settlements, that are under way at the same time may
 * share the latest time of theirs.
 */

import type { Durability } from '../api/shapes.js';
import type { Job } from '../core/job.js';
import type {
  List,
  Push,
  Pushed,
  QueueSettings,
  QueueView,
  Restore,
  SetQueue,
  Settle,
  Settled,
  Steer,
  Steered,
  Take,
  Taken,
  Tended,
  WorkerList,
  WorkerView,
} from './calls.js';

export interface Store {
  /** How far an answered write has come (`Presque-Durability`). A store that others configure finds changes of it by `look`. */
  readonly durability: Durability;

  /** Whether other servers may have the same jobs: what they do is told by `onNews` (`open.ts`), or not at all. */
  readonly isShared: boolean;

  /** How many replicas there are that a push can wait for; none where what is stored is in one place. `look` finds changes. */
  readonly replicas: number;

  /** What it is and what it keeps, in words. */
  readonly about: string;

  /**
   * Puts all the jobs in, in this order, or none of them. The queue exists afterwards.
   * With a unique key that a job of the queue holds, nothing is pushed and `exists` is the id of that job
   * (the keys within one push differ). Beyond the policy's `maxSize` it rejects with `queue_full`.
   * `failure` says that a worker failed on them: counted for the queue, and for that worker if it is registered; there is always
   * room for such a push. `once` gives the ids of the push that came first under its key, `replayed`, or `differs` when that one's
   * print was another.
   */
  push(now: number, push: Push): Promise<Pushed>;

  /**
   * Takes the first `limit` jobs that are due, by place, under leases or for good (`lease`, or else the policy, says which).
   * First lets time pass (see `tend`) for at most `ripenStep` jobs of the queue in each state, earliest first. Stops before the job
   * that would bring the texts, and what else is known about the jobs, over `maxBytes` (never before the first). A stopped queue gives none. When it gives none though `left` is not 0, it stopped
   * at a bound, and is to be asked again. Counts those taken for good
   * as processed for the queue, and for the worker if it is registered; its `doing` is then these jobs. A job taken for good leaves
   * a record where the job's `keepMs` or the policy's `keepDoneMs` asks for one.
   * Jobs whose text does not match its checksum are dead from then on, and named in `damaged`.
   */
  take(now: number, take: Take): Promise<Taken>;

  /**
   * Undoes a take: the jobs stand where they stood, no attempt is spent, and they are not counted. A unique key that somebody
   * else holds by now is not given back. Jobs of a queue that was deleted since are gone with it; leases that are over stay so.
   * Only for jobs that a take gave, and once.
   */
  restore(now: number, restore: Restore): Promise<void>;

  /**
   * Says what came of leases, in this order, each by itself: what is refused changes nothing. A lease that is not the job's, or
   * is over, is `lease_lost`, unless it was settled in the same way before: then the answer is the same as then (while the record
   * is kept, and for the latest attempts of it). Follow-up jobs go in with the settlement, whatever their queue's `maxSize`;
   * one whose unique key is held is not pushed, and the holder's id stands for it. Done jobs are counted as processed and failed
   * ones as failed, for the queue and for the lease's worker if it is registered. `chance`, from 0 to 1, spreads what failed.
   */
  settle(now: number, settle: Settle): Promise<readonly Settled[]>;

  /** Retries, cancels or deletes one job, or (but for cancel) those of a state whose text contains something, in one bounded step. */
  steer(now: number, steer: Steer): Promise<Steered>;

  /**
   * The job with this id, after letting time pass for it. With `ahead`, and if it is ready, also how many stand before it, counted up
   * to `scanStep`. `awaited`: somebody waits for its end, which other servers are to tell (`Others.onNews`) if they share the store.
   */
  job(
    now: number,
    get: { queue: string; id: number; ahead?: boolean; awaited?: boolean },
  ): Promise<{ readonly job: Job; readonly ahead?: number } | undefined>;

  /**
   * Jobs of a state, after letting time pass as a take does: ready ones by place, delayed and leased ones by their time, done and
   * dead ones the latest first. Bounded in number and in bytes like a take, and in what is looked at for `contains`;
   * `next` is the cursor to go on from when there may be more.
   */
  list(now: number, list: List): Promise<{ readonly jobs: readonly Job[]; readonly next?: string }>;

  /**
   * Deletes the queue: jobs, unique keys, counters, policy, switch and name, at once whatever its size. Workers stay registered
   * on it, counting from zero (and doing what they took there). The space is freed by `tend`.
   */
  purge(now: number, purge: { queue: string }): Promise<void>;

  /**
   * One bounded step of what nobody asks for; `more` when there is more to do now, else `nextAt` is when. Lets time pass: delayed
   * jobs become ready, leases that are over crash, jobs whose time to wait is over are dead, records that were kept long enough go.
   * Frees what purges left, and idempotency keys that are over. `moved` and `ready` also tell what other calls than takes let happen since
   * the last step. `restart` is for the time after a start: leases that are over ran out
   * while no server was up to extend them, which is no crash; what purges left is freed later then.
   */
  tend(now: number, options: { restart?: boolean }): Promise<Tended>;

  /**
   * Opens or stops the queue, changes its policy, or both; the queue exists afterwards. With `ifRevision` only if its revision is
   * one of these; else nothing happens, and there is no result.
   */
  setQueue(now: number, set: SetQueue): Promise<QueueSettings | undefined>;

  /**
   * What is to be said about a queue, after letting time pass as a take does; what is due beyond that counts as ready. One that is
   * not there looks like an open, empty one.
   */
  queue(now: number, get: { queue: string }): Promise<QueueView>;

  /** Names of queues in ascending code point order, after `after`, `limit` at most, and how many there are in all. */
  queues(now: number, list: { limit: number; after?: string }): Promise<{ names: string[]; total: number }>;

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

  /** Finds out anew what the store says of itself: `durability`, `about`. */
  look(): Promise<void>;

  /** Writes something and makes it durable, to prove that this works. */
  probe(now: number): Promise<void>;

  /** Finishes what was begun and lets go of everything. Nothing may be called afterwards. */
  close(): Promise<void>;
}
