/** The registered workers: who they are, what they did, what they are doing. */

import { limits } from '../../api/limits.js';
import type { Details, Job } from '../../core/job.js';
import { seenStepMs, type WorkerList, type WorkerView } from '../calls.js';
import type { Database } from './binding.js';

interface WorkerRow {
  readonly name: string;
  readonly started_at: number;
  readonly last_seen_at: number;
  readonly processed: number;
  readonly failed: number;
  readonly doing: string;
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
  const see = db.prepare('UPDATE worker SET last_seen_at = ? WHERE name = ?');
  const update = db.prepare(
    'UPDATE worker SET last_seen_at = ?, processed = max(0, processed + ?), failed = failed + ?, doing = ? WHERE name = ?',
  );
  const updateOn = db.prepare(
    'UPDATE worker_queue SET processed = max(0, processed + ?), failed = failed + ? WHERE worker = ? AND queue = ?',
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

  const find = (name: string | undefined) =>
    name === undefined ? undefined : (select.get(name) as WorkerRow | undefined);
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
    register(now: number, name: string, queue: string): boolean {
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
      removeOn.run(name, queue);
      if (queuesOf(name).length === 0) forget(name);
    },

    /** `jobs` is what it took last, `processed` how many it took in all. */
    took(now: number, name: string | undefined, queue: string, jobs: readonly Job[], processed: number) {
      const row = find(name);
      if (!row) return;
      if (processed === 0 && row.doing === '[]' && now - row.last_seen_at < seenStepMs) return;
      const doing = jobs.map(({ id }) => ({ queue, id, since: now }));
      update.run(now, processed, 0, JSON.stringify(doing), row.name);
      updateOn.run(processed, 0, row.name, queue);
    },

    untook(name: string | undefined, queue: string, jobs: readonly Job[], counted: number) {
      const row = find(name);
      if (!row) return;
      const ids = new Set(jobs.map(({ id }) => id));
      const doing = (JSON.parse(row.doing) as { queue: string; id: number }[]).filter(
        (entry) => entry.queue !== queue || !ids.has(entry.id),
      );
      update.run(row.last_seen_at, -counted, 0, JSON.stringify(doing), row.name);
      updateOn.run(-counted, 0, row.name, queue);
    },

    failed(now: number, name: string | undefined, queue: string, jobs: number) {
      const row = find(name);
      if (!row) return;
      update.run(now, 0, jobs, '[]', row.name);
      updateOn.run(0, jobs, row.name, queue);
    },

    /** It settled a leased job, which its queue counts as that. */
    settled(now: number, name: string | undefined, queue: string, as: 'processed' | 'failed') {
      const row = find(name);
      if (!row) return;
      const processed = as === 'processed' ? 1 : 0;
      update.run(now, processed, 1 - processed, row.doing, row.name);
      updateOn.run(processed, 1 - processed, row.name, queue);
    },

    countOn: (queue: string) => (countOn.get(queue) as { n: number }).n,

    forgetCounters(queue: string) {
      zero.run(queue);
    },

    list({ worker, queue, after = '', limit }: WorkerList): WorkerView[] {
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
