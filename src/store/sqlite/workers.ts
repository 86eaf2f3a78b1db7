/** The registered workers: who they are, what they did, what they are doing. */

import { limits } from '../../api/limits.js';
import type { Details, Job } from '../../core/job.js';
import { seenStepMs, type WorkerList, type WorkerView } from '../calls.js';
import type { Database } from './binding.js';

interface Tally {
  processed: number;
  failed: number;
}

interface WorkerRow extends Tally {
  readonly name: string;
  readonly started_at: number;
  last_seen_at: number;
  /** What it took for good last, as JSON. */
  doing: string;
}

/** A worker that calls of this transaction are about: read once and written once, however many there are. */
interface Tracked extends WorkerRow {
  changed: boolean;
  /** What it did on each queue, as far as this was asked for; null: it is not registered there. */
  readonly tallies: Map<string, Tally | null>;
}

export function createWorkers(db: Database) {
  const select = db.prepare('SELECT * FROM worker WHERE name = ?');
  const selectAll = db.prepare('SELECT * FROM worker WHERE name > ? ORDER BY name LIMIT ?');
  const selectOn = db.prepare(
    `SELECT worker.* FROM worker_queue JOIN worker ON name = worker
     WHERE queue = ? AND worker_queue.worker > ? ORDER BY worker_queue.worker LIMIT ?`,
  );
  const selectQueues = db.prepare(
    'SELECT queue, processed, failed FROM worker_queue WHERE worker = ? ORDER BY queue',
  );
  const countAll = db.prepare('SELECT count(*) AS n FROM worker');
  const unseen = db.prepare('SELECT name FROM worker ORDER BY last_seen_at, name LIMIT 1');
  const insert = db.prepare('INSERT INTO worker (name, started_at, last_seen_at) VALUES (?1, ?2, ?2)');
  const insertOn = db.prepare('INSERT INTO worker_queue (worker, queue) VALUES (?, ?)');
  const insertAll = db.prepare(
    `INSERT OR IGNORE INTO worker (name, started_at, last_seen_at, processed, failed, doing) VALUES (?, ?, ?, ?, ?, ?)`,
  );
  const insertTally = db.prepare(
    'INSERT OR IGNORE INTO worker_queue (worker, queue, processed, failed) VALUES (?, ?, ?, ?)',
  );
  const add = db.prepare(
    `UPDATE worker SET processed = processed + ?, failed = failed + ?, last_seen_at = max(last_seen_at, ?) WHERE name = ?`,
  );
  const see = db.prepare('UPDATE worker SET last_seen_at = ? WHERE name = ?');
  const update = db.prepare(
    'UPDATE worker SET last_seen_at = ?, processed = ?, failed = ?, doing = ? WHERE name = ?',
  );
  const selectTally = db.prepare('SELECT processed, failed FROM worker_queue WHERE worker = ? AND queue = ?');
  const updateTally = db.prepare(
    'UPDATE worker_queue SET processed = ?, failed = ? WHERE worker = ? AND queue = ?',
  );
  const countOn = db.prepare('SELECT count(*) AS n FROM worker_queue WHERE queue = ?');
  const selectLeased = db.prepare(
    `SELECT queue.name, job.id, job.details FROM job JOIN queue ON queue.key = job.queue
     WHERE job.worker = ? ORDER BY queue.name, job.id LIMIT ${limits.jobsPerTake}`,
  );
  const zero = db.prepare('UPDATE worker_queue SET processed = 0, failed = 0 WHERE queue = ?');
  const remove = db.prepare('DELETE FROM worker WHERE name = ?');
  const removeAllOn = db.prepare('DELETE FROM worker_queue WHERE worker = ?');
  const removeOn = db.prepare('DELETE FROM worker_queue WHERE worker = ? AND queue = ?');

  const tracked = new Map<string, Tracked | null>();

  const find = (name: string) => select.get(name) as WorkerRow | undefined;

  function track(name: string | undefined): Tracked | null {
    if (name === undefined) return null;
    const known = tracked.get(name);
    if (known !== undefined) return known;
    const row = find(name);
    const worker = row ? { ...row, changed: false, tallies: new Map() } : null;
    tracked.set(name, worker);
    return worker;
  }

  function tallyOf(worker: Tracked, queue: string): Tally | null {
    const known = worker.tallies.get(queue);
    if (known !== undefined) return known;
    const row = selectTally.get(worker.name, queue) as Tally | undefined;
    const tally = row ? { ...row } : null;
    worker.tallies.set(queue, tally);
    return tally;
  }

  function count(worker: Tracked, queue: string, as: keyof Tally, by: number) {
    worker.changed = true;
    if (by === 0) return;
    worker[as] = Math.max(0, worker[as] + by);
    const tally = tallyOf(worker, queue);
    if (tally) tally[as] = Math.max(0, tally[as] + by);
  }

  /** Writes what changed: before others read it from the database, and before a commit. */
  function flush() {
    for (const worker of tracked.values()) {
      if (!worker?.changed) continue;
      const { name, last_seen_at, processed, failed, doing, tallies } = worker;
      update.run(last_seen_at, processed, failed, doing, name);
      for (const [queue, tally] of tallies) {
        if (tally) updateTally.run(tally.processed, tally.failed, name, queue);
      }
    }
    tracked.clear();
  }

  const queuesOf = (name: string) => selectQueues.all(name) as unknown as WorkerView['queues'];

  function forget(name: string) {
    removeAllOn.run(name);
    remove.run(name);
  }

  function view(row: WorkerRow): WorkerView {
    return {
      name: row.name,
      startedAt: row.started_at,
      lastSeenAt: row.last_seen_at,
      processed: row.processed,
      failed: row.failed,
      queues: queuesOf(row.name).map((tally) => ({ ...tally })),
      doing: [...leasesOf(row.name), ...JSON.parse(row.doing)],
    };
  }

  function leasesOf(name: string): WorkerView['doing'][number][] {
    const rows = selectLeased.all(name) as unknown as { name: string; id: number; details: string }[];
    return rows.map(({ name: queue, id, details }) => {
      const { since = 0, cancel } = (JSON.parse(details) as Details).lease ?? {};
      return { queue, id, since, ...(cancel && { cancel }) };
    });
  }

  return {
    flush,

    /** Forgets what was read: after a rollback it is not true any more. */
    reset: () => tracked.clear(),

    register(now: number, name: string, queue: string): boolean {
      flush();
      const known = find(name);
      const queues = known ? queuesOf(name) : [];
      const there = queues.some((tally) => tally.queue === queue);
      if (!there && queues.length >= limits.queuesPerWorker) return false;
      if (known) see.run(now, name);
      else {
        const { n } = countAll.get() as { n: number };
        if (n >= limits.workers) forget((unseen.get() as WorkerRow).name);
        insert.run(name, now);
      }
      if (!there) insertOn.run(name, queue);
      return true;
    },

    unregister(name: string, queue: string) {
      flush();
      removeOn.run(name, queue);
      if (queuesOf(name).length === 0) forget(name);
    },

    /** `jobs` is what it took last, `processed` how many it took in all. */
    took(now: number, name: string | undefined, queue: string, jobs: readonly Job[], processed: number) {
      const worker = track(name);
      if (!worker) return;
      if (processed === 0 && worker.doing === '[]' && now - worker.last_seen_at < seenStepMs) return;
      worker.last_seen_at = now;
      worker.doing = JSON.stringify(jobs.map(({ id }) => ({ queue, id, since: now })));
      count(worker, queue, 'processed', processed);
    },

    untook(name: string | undefined, queue: string, jobs: readonly Job[], counted: number) {
      const worker = track(name);
      if (!worker) return;
      const ids = new Set(jobs.map(({ id }) => id));
      const doing = (JSON.parse(worker.doing) as { queue: string; id: number }[]).filter(
        (entry) => entry.queue !== queue || !ids.has(entry.id),
      );
      worker.doing = JSON.stringify(doing);
      count(worker, queue, 'processed', -counted);
    },

    failed(now: number, name: string | undefined, queue: string, jobs: number) {
      const worker = track(name);
      if (!worker) return;
      worker.last_seen_at = now;
      worker.doing = '[]';
      count(worker, queue, 'failed', jobs);
    },

    /** It settled a leased job, which its queue counts as that. */
    settled(now: number, name: string | undefined, queue: string, as: keyof Tally) {
      const worker = track(name);
      if (!worker) return;
      worker.last_seen_at = now;
      count(worker, queue, as, 1);
    },

    /** As it was elsewhere; to one that is there come the queues on which it is not. */
    put({ name, startedAt, lastSeenAt, processed, failed, queues, doing }: WorkerView) {
      flush();
      const isNew = insertAll.run(
        name,
        startedAt,
        lastSeenAt,
        processed,
        failed,
        JSON.stringify(doing),
      ).changes;
      for (const { queue, ...did } of queues) {
        const isMore = insertTally.run(name, queue, did.processed, did.failed).changes;
        if (isMore && !isNew) add.run(did.processed, did.failed, lastSeenAt, name);
      }
    },

    countOn: (queue: string) => (countOn.get(queue) as { n: number }).n,

    forgetCounters(queue: string) {
      flush();
      zero.run(queue);
    },

    list({ worker, queue, after = '', limit }: WorkerList): WorkerView[] {
      flush();
      if (worker !== undefined) {
        const row = find(worker);
        const found = row && worker > after ? [view(row)] : [];
        return found.filter(
          ({ queues }) => queue === undefined || queues.some((tally) => tally.queue === queue),
        );
      }
      const rows = queue === undefined ? selectAll.all(after, limit) : selectOn.all(queue, after, limit);
      return (rows as WorkerRow[]).map(view);
    },
  };
}
