/** The queue rows: read once and written once per transaction, however many requests touch them. */

import { changed, defaultPolicy, type Policy } from '../../core/policy.js';
import type { QueueSettings, SetQueue } from '../calls.js';
import type { Database } from './binding.js';
import type { Ids } from './ids.js';

/** A row, and what it says: the counts are of rows, whether what they wait for is due or not. */
export interface Queue {
  readonly key: number;
  readonly name: string;
  readonly first_id: number;
  stopped: number;
  ready: number;
  delayed: number;
  leased: number;
  done: number;
  dead: number;
  processed: number;
  failed: number;
  policy: Policy;
  revision: number;
  /** No later than when time changes something here. */
  next_at: number | null;
  changed?: boolean;
}

export type Queues = ReturnType<typeof createQueues>;

const sweepRows = 500;
const sweepBytes = 4 * 1024 * 1024;
const noPolicy: Policy = {};

export function createQueues(db: Database, ids: Ids) {
  const select = db.prepare('SELECT * FROM queue WHERE name = ?');
  const insert = db.prepare('INSERT INTO queue (name, first_id) VALUES (?, ?)');
  const update = db.prepare(
    `UPDATE queue SET stopped = ?, ready = ?, delayed = ?, leased = ?, done = ?, dead = ?, processed = ?, failed = ?
     WHERE key = ?`,
  );
  const updateNext = db.prepare('UPDATE queue SET next_at = ? WHERE key = ?');
  const updatePolicy = db.prepare('UPDATE queue SET policy = ?, revision = ? WHERE key = ?');
  const remove = db.prepare('DELETE FROM queue WHERE key = ?');
  const bury = db.prepare('INSERT INTO purged (queue) VALUES (?)');
  const list = db.prepare('SELECT name FROM queue WHERE name > ? ORDER BY name LIMIT ?');
  const countAll = db.prepare('SELECT count(*) AS total FROM queue');
  const selectDue = db.prepare(
    'SELECT name FROM queue WHERE next_at IS NOT NULL AND next_at <= ? ORDER BY next_at, name LIMIT 1',
  );
  const selectNext = db.prepare('SELECT min(next_at) AS next_at FROM queue WHERE next_at IS NOT NULL');
  const purged = db.prepare('SELECT queue FROM purged LIMIT 1');
  const exhume = db.prepare('DELETE FROM purged WHERE queue = ?');
  const selectBuried = db.prepare(
    'SELECT rank, id, octet_length(body) AS bytes FROM job WHERE queue = ? ORDER BY rank, id LIMIT ?',
  );
  const deleteUpTo = db.prepare('DELETE FROM job WHERE queue = ? AND (rank, id) <= (?, ?)');
  const read = new Map<string, Queue>();
  /** `next_at` as it is in the database, since it is seldom another one. */
  const nextThere = new Map<Queue, number | null>();

  function find(name: string): Queue | undefined {
    const known = read.get(name);
    if (known) return known;
    const row = select.get(name) as (Omit<Queue, 'policy'> & { policy: string }) | undefined;
    if (!row) return undefined;
    const policy = row.policy === '{}' ? noPolicy : (JSON.parse(row.policy) as Policy);
    const queue: Queue = { ...row, policy };
    read.set(name, queue);
    nextThere.set(queue, queue.next_at);
    return queue;
  }

  /** The queue, made when it is not there. */
  function open(name: string): Queue {
    const queue = find(name);
    if (queue) return queue;
    insert.run(name, ids.next());
    return find(name) as Queue;
  }

  function forget() {
    read.clear();
    nextThere.clear();
  }

  return {
    find,
    open,

    set({ queue: name, stopped, policy, ifRevision }: SetQueue): QueueSettings | undefined {
      if (ifRevision && !ifRevision.includes(find(name)?.revision ?? 0)) return undefined;
      const queue = open(name);
      queue.stopped = Number(stopped ?? queue.stopped);
      queue.policy = changed(queue.policy, policy ?? {});
      queue.revision = ids.next();
      queue.changed = true;
      updatePolicy.run(JSON.stringify(queue.policy), queue.revision, queue.key);
      // There may be more records now than are to be kept.
      if (isOver(queue, 'done') || isOver(queue, 'dead')) queue.next_at = 0;
      return { stopped: queue.stopped === 1, policy: queue.policy, revision: queue.revision };
    },

    purge(name: string) {
      const queue = find(name);
      if (!queue) return;
      remove.run(queue.key);
      bury.run(queue.key);
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

    list(after: string, limit: number) {
      const names = (list.all(after, limit) as { name: string }[]).map((row) => row.name);
      return { names, total: (countAll.get() as { total: number }).total };
    },

    /** The queue in which time has to change something first. To be asked after a `flush`. */
    due(now: number): Queue | undefined {
      const row = selectDue.get(now) as { name: string } | undefined;
      return row && find(row.name);
    },

    nextAt: () => (selectNext.get() as { next_at: number | null }).next_at,

    /** Writes what changed: the last thing before a commit. */
    flush() {
      for (const queue of read.values()) {
        const { key, stopped, ready, delayed, leased, done, dead, processed, failed, next_at } = queue;
        if (queue.changed) update.run(stopped, ready, delayed, leased, done, dead, processed, failed, key);
        if (next_at !== nextThere.get(queue)) updateNext.run(next_at, key);
      }
      forget();
    },

    /** Forgets what was read: after a rollback it is not true any more. */
    reset: forget,
  };
}

/** How many records of that state are too many. */
export function surplus(queue: Queue, state: 'done' | 'dead'): number {
  const key = state === 'done' ? 'keepDoneCount' : 'keepDeadCount';
  return Math.max(0, queue[state] - (queue.policy[key] ?? defaultPolicy[key]));
}

const isOver = (queue: Queue, state: 'done' | 'dead') => surplus(queue, state) > 0;

/** The index of the last row with which the rows before it are no larger than that; the first is always within. */
function lastWithin(limit: number, rows: readonly { bytes: number }[]): number {
  let size = 0;
  const over = rows.findIndex((row) => {
    size += row.bytes;
    return size > limit;
  });
  return over < 0 ? rows.length - 1 : Math.max(0, over - 1);
}
