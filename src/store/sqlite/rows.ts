/** The job rows: how a row and a job become each other, and how a row moves from state to state. */

import { crc32 } from 'node:zlib';
import {
  type Details,
  defaultPriority,
  isEnded,
  type Job,
  type Life,
  rankOf,
  type State,
  timedStates,
} from '../../core/job.js';
import { isWaiting, withoutKey } from '../../core/moves.js';
import type { Database } from './binding.js';
import { createBulkInsert, type Values } from './bulk.js';
import { type Queue, surplus } from './queues.js';
import { rank } from './schema.js';

/** Without the text. */
export interface LifeRow {
  readonly rank: number;
  readonly id: number;
  readonly created_at: number;
  readonly due_at: number | null;
  readonly expires_at: number | null;
  readonly priority: number;
  readonly uniq: string | null;
  readonly details: string | null;
}

export interface JobRow extends LifeRow {
  readonly crc: number;
  readonly body: string;
}

export const lifeColumns = 'rank, id, created_at, due_at, expires_at, priority, uniq, details';
export const jobColumns = `${lifeColumns}, crc, body`;

const stateOf = (place: number): State => {
  if (place <= rank.lastReady) return 'ready';
  return timedStates[place - rank.delayed] as State;
};

/** Where a job stands among the rows of its queue. */
export const placeOf = (job: Life) => (job.state === 'ready' ? rankOf(job) : rank[job.state]);

export function toLife(row: LifeRow): Life {
  return fill({ id: row.id, state: stateOf(row.rank), createdAt: row.created_at }, row);
}

export function toJob(row: JobRow): Job {
  return fill({ id: row.id, state: stateOf(row.rank), createdAt: row.created_at, body: row.body }, row);
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** What most rows don't have. */
function fill<L extends Writable<Life>>(life: L, row: LifeRow): L {
  if (row.priority !== defaultPriority) life.priority = row.priority;
  if (row.uniq !== null) life.uniq = row.uniq;
  if (row.due_at !== null) life.dueAt = row.due_at;
  if (row.expires_at !== null) life.expiresAt = row.expires_at;
  if (row.details !== null) life.details = JSON.parse(row.details) as Details;
  return life;
}

/** Whether the text is the one that was pushed. */
export function isSound(row: Pick<JobRow, 'crc' | 'body'>): boolean {
  return crc32(row.body) === row.crc;
}

/** Time has to change something then. */
export function note(queue: Queue, time: number | undefined) {
  if (time !== undefined && (queue.next_at === null || time < queue.next_at)) queue.next_at = time;
}

export type Rows = ReturnType<typeof createRows>;

/** A job with the checksum of its text. */
interface Checked {
  readonly job: Job;
  readonly crc: number;
}

export const ownColumns = [
  'rank',
  'id',
  'crc',
  'created_at',
  'due_at',
  'expires_at',
  'priority',
  'uniq',
  'worker',
  'details',
  'body',
] as const;

export function addValues(values: Values, { job, crc }: Checked) {
  const { id, createdAt, dueAt = null, expiresAt = null, priority = defaultPriority, uniq = null } = job;
  const { worker, details } = textsOf(job);
  values.push(placeOf(job), id, crc, createdAt, dueAt, expiresAt, priority, uniq, worker, details, job.body);
}

/** What stands in columns of its own though it is among the details, and the details. */
const textsOf = ({ details }: Life) => ({
  worker: details?.lease?.worker ?? null,
  details: details ? JSON.stringify(details) : null,
});

export function createRows(db: Database) {
  const insertMany = createBulkInsert(db, ['queue'], ownColumns);
  const update = db.prepare(
    `UPDATE job SET rank = ?, due_at = ?, expires_at = ?, uniq = ?, worker = ?, details = ?, result = ?
     WHERE queue = ? AND rank = ? AND id = ?`,
  );
  const remove = db.prepare('DELETE FROM job WHERE queue = ? AND rank = ? AND id = ?');
  const removeFirst = db.prepare(
    `DELETE FROM job WHERE (queue, rank, id) IN (
       SELECT queue, rank, id FROM job INDEXED BY job_due
       WHERE queue = ? AND rank = ? AND due_at IS NOT NULL ORDER BY due_at, id LIMIT ?)`,
  );
  const holder = db.prepare('SELECT id FROM job WHERE queue = ? AND uniq = ?');
  const selectOne = db.prepare(`SELECT ${lifeColumns} FROM job WHERE queue = ? AND rank = ? AND id = ?`);
  const everyRank = Array.from({ length: rank.dead + 1 }, (_, index) => index).join();
  const selectAny = db.prepare(
    `SELECT ${lifeColumns} FROM job WHERE queue = ? AND rank IN (${everyRank}) AND id = ?`,
  );
  const selectText = db.prepare('SELECT crc, body, result FROM job WHERE queue = ? AND rank = ? AND id = ?');

  function holderOf(queue: Queue, uniq: string): number | undefined {
    return (holder.get(queue.key, uniq) as { id: number } | undefined)?.id;
  }

  /** The job as it is kept: without its key, when another one has it. */
  function freeOf<L extends Life>(queue: Queue, job: L): L {
    const holds = job.uniq === undefined ? undefined : holderOf(queue, job.uniq);
    return holds === undefined || holds === job.id ? job : withoutKey(job);
  }

  function drop(queue: Queue, job: Life) {
    remove.run(queue.key, placeOf(job), job.id);
    queue[job.state]--;
    queue.changed = true;
  }

  /** Drops the records that would go first beyond those that are kept, so many at most. */
  function trim(queue: Queue, state: 'done' | 'dead', limit: number) {
    const over = Math.min(surplus(queue, state), limit);
    if (over === 0) return;
    queue[state] -= Number(removeFirst.run(queue.key, rank[state], over).changes);
    queue.changed = true;
  }

  function arrived(queue: Queue, job: Life) {
    queue[job.state]++;
    queue.changed = true;
    note(queue, job.dueAt);
    if (isWaiting(job)) note(queue, job.expiresAt);
    if (isEnded(job)) trim(queue, job.state, 2);
  }

  function insertAll(queue: Queue, jobs: readonly Checked[]) {
    insertMany([queue.key], jobs.length, (values, index) => addValues(values, jobs[index] as Checked));
    for (const { job } of jobs) arrived(queue, job);
  }

  return {
    holderOf,
    drop,
    trim,

    insert(queue: Queue, given: Job): Job {
      const job = freeOf(queue, given);
      insertAll(queue, [{ job, crc: crc32(job.body) }]);
      return job;
    },

    /** Jobs that hold what keys they have already. */
    insertAll,

    /** From one state to the next; nothing: it is gone. What is given back is the job as it is kept. */
    move<L extends Life>(queue: Queue, before: Life, after: L | undefined): L | undefined {
      if (!after) return void drop(queue, before);
      const job = after.uniq === before.uniq ? after : freeOf(queue, after);
      const { dueAt = null, expiresAt = null, uniq = null, result = null } = job;
      const { worker, details } = textsOf(job);
      const where = [queue.key, placeOf(before), before.id] as const;
      update.run(placeOf(job), dueAt, expiresAt, uniq, worker, details, result, ...where);
      queue[before.state]--;
      arrived(queue, job);
      return job;
    },

    findLeased(queue: Queue, id: number): Life | undefined {
      const row = selectOne.get(queue.key, rank.leased, id) as LifeRow | undefined;
      return row && toLife(row);
    },

    find(queue: Queue, id: number): Life | undefined {
      const row = selectAny.get(queue.key, id) as LifeRow | undefined;
      return row && toLife(row);
    },

    /** The text of a job, and of its result. */
    textOf(queue: Queue, job: Life) {
      const row = selectText.get(queue.key, placeOf(job), job.id) as
        | { crc: number; body: string; result: string | null }
        | undefined;
      return row && { ...row, isSound: isSound(row) };
    },
  };
}
