/** What came in under idempotency keys. */

import { isDue } from '../../core/job.js';
import type { KeyRecord } from '../archive.js';
import type { Once, Pushed } from '../calls.js';
import type { Database } from './binding.js';
import type { Queue } from './queues.js';

interface OnceRow {
  readonly print: string;
  readonly until: number;
  readonly first_id: number;
  readonly jobs: number;
}

type KeyRow = OnceRow & { readonly key: string };

const freeStep = 500;

export type OnceKeys = ReturnType<typeof createOnceKeys>;

export function createOnceKeys(db: Database) {
  const select = db.prepare('SELECT * FROM once WHERE queue = ? AND key = ?');
  const insert = db.prepare(
    'INSERT OR REPLACE INTO once (queue, key, print, until, first_id, jobs) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const remove = db.prepare(
    'DELETE FROM once WHERE (queue, key) IN (SELECT queue, key FROM once WHERE until <= ? ORDER BY until LIMIT ?)',
  );
  const selectPage = db.prepare(
    'SELECT key, print, until, first_id, jobs FROM once WHERE queue = ? AND key > ? ORDER BY key LIMIT ?',
  );
  const selectNext = db.prepare('SELECT min(until) AS until FROM once');

  return {
    /** In the order of their names, after one. */
    page: (queue: Queue, after: string, limit: number): KeyRecord[] =>
      (selectPage.all(queue.key, after, limit) as unknown as KeyRow[]).map(({ first_id, ...row }) => ({
        ...row,
        firstId: first_id,
      })),

    /** What a push is answered that is not the first one under its key. */
    before(now: number, queue: Queue, { key, print }: Once): Pushed | undefined {
      const row = select.get(queue.key, key) as OnceRow | undefined;
      if (!row || isDue(row.until, now)) return undefined;
      if (row.print !== print) return { differs: true };
      return { ids: Array.from({ length: row.jobs }, (_, index) => row.first_id + index), replayed: true };
    },

    remember(queue: Queue, { key, print, until }: Once, firstId: number, jobs: number) {
      insert.run(queue.key, key, print, until, firstId, jobs);
    },

    /** Forgets some of what is over; whether there may be more. */
    free: (now: number) => Number(remove.run(now, freeStep).changes) === freeStep,

    nextAt: () => (selectNext.get() as { until: number | null }).until,
  };
}
