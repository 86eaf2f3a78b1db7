/** The job rows: pushed, taken, put back and shown. */

import { crc32 } from 'node:zlib';
import { defaultPriority, isDue, type Job, rankOf } from '../../core/job.js';
import { type Push, type Pushed, type Restore, ripenStep, type Take, type Taken } from '../store.js';
import type { Database } from './binding.js';
import type { Ids } from './ids.js';
import type { QueueRow, Queues } from './queues.js';
import { rank } from './schema.js';

interface JobRow {
  readonly rank: number;
  readonly id: number;
  readonly crc: number;
  readonly uniq: string | null;
  readonly priority: number;
  readonly body: string;
}

/** So many plain jobs go in by one statement: half the cost of one statement each. Large steps first. */
const rowsPerInsert = [16, 4, 1] as const;
/** A take reads so many rows at a time, so that large jobs don't fill the memory. */
const rowsPerSelect = 64;

export function createJobs(db: Database, ids: Ids, queues: Queues) {
  const prepareInsert = (rows: number) => {
    const values = Array.from({ length: rows }, (_, row) => {
      const first = 2 + row * 3;
      return `(?1, ${rankOf({})}, ?${first}, ?${first + 1}, ?${first + 2})`;
    });
    return db.prepare(`INSERT INTO job (queue, rank, id, crc, body) VALUES ${values.join()}`);
  };
  const inserts = rowsPerInsert.map((rows) => ({ rows, statement: prepareInsert(rows) }));
  const insert = db.prepare(
    'INSERT INTO job (queue, rank, id, crc, run_at, uniq, priority, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const holder = db.prepare('SELECT id FROM job WHERE queue = ? AND uniq = ?');
  const selectReady = db.prepare(
    `SELECT rank, id, crc, uniq, priority, body FROM job
     WHERE queue = ? AND rank <= ${rank.lastReady} ORDER BY rank, id LIMIT ?`,
  );
  const deleteRange = db.prepare('DELETE FROM job WHERE queue = ? AND rank = ? AND id BETWEEN ? AND ?');
  const ripenSome = db.prepare(
    `UPDATE job SET rank = ${rankOf({ priority: 0 })} - priority, run_at = NULL WHERE (queue, rank, id) IN (
       SELECT queue, rank, id FROM job INDEXED BY job_due
       WHERE queue = ? AND rank = ${rank.delayed} AND run_at <= ? ORDER BY run_at, id LIMIT ?)`,
  );
  const selectNext = db.prepare(
    `SELECT run_at FROM job INDEXED BY job_due WHERE queue = ? AND rank = ${rank.delayed}
     ORDER BY run_at, id LIMIT 1`,
  );
  const setAside = db.prepare(
    `UPDATE job SET rank = ${rank.damaged}, uniq = NULL WHERE queue = ? AND rank = ? AND id = ?`,
  );
  function insertPlain(queue: QueueRow, jobs: readonly Job[]) {
    let at = 0;
    for (const { rows, statement } of inserts) {
      for (; jobs.length - at >= rows; at += rows) {
        const values: (string | number)[] = [queue.key];
        for (let index = at; index < at + rows; index++) {
          const { id, body } = jobs[index] as Job;
          values.push(id, crc32(body), body);
        }
        statement.run(...values);
      }
    }
    queue.ready += jobs.length;
    queue.changed = true;
  }

  function insertSpecial(queue: QueueRow, job: Job, runAt: number | undefined) {
    const { id, body, uniq = null, priority = defaultPriority } = job;
    const place = runAt === undefined ? rankOf(job) : rank.delayed;
    insert.run(queue.key, place, id, crc32(body), runAt ?? null, uniq, priority, body);
    if (runAt === undefined) queue.ready++;
    else queue.delayed++;
    queue.changed = true;
  }

  function ripen(queue: QueueRow, now: number, limit: number) {
    if (queue.delayed === 0) return;
    const ripened = Number(ripenSome.run(queue.key, now, limit).changes);
    if (ripened === 0) return;
    queue.ready += ripened;
    queue.delayed -= ripened;
    queue.changed = true;
  }

  /** Rows of one rank stand side by side in the b-tree and go by one statement. */
  function deleteRows(queue: QueueRow, rows: readonly JobRow[]) {
    let from = rows[0];
    for (const [index, row] of rows.entries()) {
      const next = rows[index + 1];
      if (!from || next?.rank === row.rank) continue;
      deleteRange.run(queue.key, row.rank, from.id, row.id);
      from = next;
    }
    queue.ready -= rows.length;
    queue.changed = true;
  }

  /** Cuts jobs off the front: no more than `limit` or than fit, damaged ones set aside. */
  function cut(queue: QueueRow, limit: number, maxBytes: number, damaged: number[]): Job[] {
    const jobs: Job[] = [];
    let size = 0;
    while (jobs.length < limit && queue.ready > 0) {
      const rows = selectReady.all(queue.key, Math.min(limit - jobs.length, rowsPerSelect)) as JobRow[];
      let seen = 0;
      for (const row of rows) {
        if (!isSound(row)) {
          setAside.run(queue.key, row.rank, row.id);
          damaged.push(row.id);
          seen++;
          continue;
        }
        size += Buffer.byteLength(row.body);
        if (jobs.length > 0 && size > maxBytes) break;
        jobs.push(toJob(row));
        seen++;
      }
      deleteRows(queue, rows.slice(0, seen));
      if (seen === 0 || seen < rows.length) break;
    }
    queue.processed += jobs.length;
    return jobs;
  }

  return {
    push(now: number, { queue: name, jobs, failure }: Push): Pushed {
      for (const { uniq } of jobs) {
        const row = uniq === undefined ? undefined : queues.find(name);
        const held = row && (holder.get(row.key, uniq) as { id: number } | undefined);
        if (held) return { exists: held.id };
      }
      const queue = queues.open(name);
      const first = ids.next(jobs.length);
      const plain: Job[] = [];
      for (const [index, { runAt, ...job }] of jobs.entries()) {
        const id = first + index;
        const due = isDue(runAt, now);
        if (due && job.uniq === undefined && job.priority === undefined) plain.push({ id, body: job.body });
        else insertSpecial(queue, { ...job, id }, due ? undefined : runAt);
      }
      insertPlain(queue, plain);
      if (failure) queue.failed += jobs.length;
      queue.changed = true;
      return { ids: jobs.map((_, index) => first + index) };
    },

    /** Jobs that are nothing but their texts; gives the id of the first, the others follow it. */
    pushPlain(name: string, bodies: readonly string[]): number {
      const queue = queues.open(name);
      const first = ids.next(bodies.length);
      insertPlain(
        queue,
        bodies.map((body, index) => ({ id: first + index, body })),
      );
      return first;
    },

    /** `ripening` bounds how many due jobs are made ready. */
    take(now: number, { queue: name, limit, maxBytes }: Take, ripening = ripenStep): Taken {
      const queue = queues.find(name);
      const stopped = queue?.stopped === 1;
      const damaged: number[] = [];
      if (!queue || stopped) return { jobs: [], stopped, damaged, left: 0 };
      ripen(queue, now, ripening);
      const taken = cut(queue, limit, maxBytes, damaged);
      const next = queue.delayed > 0 ? (selectNext.get(queue.key) as { run_at: number }) : undefined;
      const nextAt = next && { nextAt: next.run_at };
      return { jobs: taken, stopped, damaged, left: queue.ready, ...nextAt };
    },

    /** Puts jobs back where they stood; gives how many were still wanted. */
    restore({ queue: name, jobs }: Restore): number {
      const queue = queues.find(name);
      const ours = queue ? jobs.filter((job) => job.id >= queue.first_id) : [];
      if (!queue) return 0;
      for (const { uniq, ...bare } of ours) {
        const free = uniq !== undefined && holder.get(queue.key, uniq) === undefined;
        insertSpecial(queue, free ? { ...bare, uniq } : bare, undefined);
      }
      queue.processed -= ours.length;
      queue.changed = true;
      return ours.length;
    },
  };
}

/** Whether the text is the one that was pushed. */
export function isSound(row: Pick<JobRow, 'crc' | 'body'>): boolean {
  return crc32(row.body) === row.crc;
}

function toJob({ id, body, uniq, priority }: JobRow): Job {
  if (uniq === null && priority === defaultPriority) return { id, body };
  return { id, body, ...(uniq !== null && { uniq }), ...(priority !== defaultPriority && { priority }) };
}
