/** The queue rows: read once and written once per transaction, however many requests touch them. */

import type { QueueView } from '../store.js';
import type { Database } from './binding.js';
import type { Ids } from './ids.js';
import { rank } from './schema.js';

export interface QueueRow {
  readonly key: number;
  readonly name: string;
  readonly first_id: number;
  stopped: number;
  /** Rows whose rank is a ready one. */
  ready: number;
  /** Rows with the delayed rank, due or not. */
  delayed: number;
  processed: number;
  failed: number;
  changed?: boolean;
}

export type Queues = ReturnType<typeof createQueues>;

const sweepRows = 500;
const sweepBytes = 4 * 1024 * 1024;

export function createQueues(db: Database, ids: Ids) {
  const select = db.prepare('SELECT * FROM queue WHERE name = ?');
  const insert = db.prepare('INSERT INTO queue (name, first_id) VALUES (?, ?)');
  const update = db.prepare(
    'UPDATE queue SET stopped = ?, ready = ?, delayed = ?, processed = ?, failed = ? WHERE key = ?',
  );
  const remove = db.prepare('DELETE FROM queue WHERE key = ?');
  const bury = db.prepare('INSERT INTO purged (queue) VALUES (?)');
  const countDue = db.prepare(
    `SELECT count(*) AS due FROM job WHERE queue = ? AND rank = ${rank.delayed} AND run_at <= ?`,
  );
  const list = db.prepare('SELECT name FROM queue WHERE name > ? ORDER BY name LIMIT ?');
  const countAll = db.prepare('SELECT count(*) AS total FROM queue');
  const purged = db.prepare('SELECT queue FROM purged LIMIT 1');
  const exhume = db.prepare('DELETE FROM purged WHERE queue = ?');
  const selectBuried = db.prepare(
    'SELECT rank, id, octet_length(body) AS bytes FROM job WHERE queue = ? ORDER BY rank, id LIMIT ?',
  );
  const deleteUpTo = db.prepare('DELETE FROM job WHERE queue = ? AND (rank, id) <= (?, ?)');
  const read = new Map<string, QueueRow>();

  function find(name: string): QueueRow | undefined {
    const known = read.get(name);
    if (known) return known;
    const row = select.get(name) as QueueRow | undefined;
    if (row) read.set(name, row);
    return row;
  }

  return {
    find,

    /** The row, made when it is not there. */
    open(name: string): QueueRow {
      const row = find(name);
      if (row) return row;
      insert.run(name, ids.next());
      return find(name) as QueueRow;
    },

    setStopped(name: string, stopped: boolean) {
      const row = this.open(name);
      row.stopped = stopped ? 1 : 0;
      row.changed = true;
    },

    purge(name: string) {
      const row = find(name);
      if (!row) return;
      remove.run(row.key);
      bury.run(row.key);
      read.delete(name);
    },

    /** Deletes a few milliseconds' worth of purged jobs; whether there may be more. */
    sweep(): boolean {
      const grave = purged.get() as { queue: number } | undefined;
      if (!grave) return false;
      const rows = selectBuried.all(grave.queue, sweepRows) as { rank: number; id: number; bytes: number }[];
      const last = rows[lastWithin(sweepBytes, rows)];
      if (last) deleteUpTo.run(grave.queue, last.rank, last.id);
      else exhume.run(grave.queue);
      return true;
    },

    view(name: string, now: number): QueueView {
      const row = find(name);
      if (!row) return { stopped: false, ready: 0, delayed: 0, processed: 0, failed: 0 };
      const due = row.delayed > 0 ? (countDue.get(row.key, now) as { due: number }).due : 0;
      return {
        stopped: row.stopped === 1,
        ready: row.ready + due,
        delayed: row.delayed - due,
        processed: row.processed,
        failed: row.failed,
      };
    },

    list(after: string, limit: number) {
      const names = (list.all(after, limit) as { name: string }[]).map((row) => row.name);
      return { names, total: (countAll.get() as { total: number }).total };
    },

    /** Writes what changed: the last thing before a commit. */
    flush() {
      for (const row of read.values()) {
        if (row.changed) update.run(row.stopped, row.ready, row.delayed, row.processed, row.failed, row.key);
      }
      read.clear();
    },

    /** Forgets what was read: after a rollback it is not true any more. */
    reset() {
      read.clear();
    },
  };
}

/** The index of the last row with which the rows before it are no larger than that; the first is always within. */
function lastWithin(limit: number, rows: readonly { bytes: number }[]): number {
  let size = 0;
  const over = rows.findIndex((row) => {
    size += row.bytes;
    return size > limit;
  });
  return over < 0 ? rows.length - 1 : Math.max(0, over - 1);
}
