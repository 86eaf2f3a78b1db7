/** The reference model of a store: plain arrays and maps, correct before fast; also what `--store memory:` runs on. */

import { ApiError } from '../api/errors.js';
import { byPlace, defaultPriority, isDue, type Job, type NewJob, rankOf } from '../core/job.js';
import { parseCursor, peekCursor } from './cursor.js';
import { createMemoryWorkers } from './memory-workers.js';
import { type Restore, ripenStep, type Store, type Take } from './store.js';

interface Row extends Job {
  readonly runAt?: number;
}

interface Queue {
  /** By place. */
  readonly ready: Row[];
  /** By time, then id. */
  readonly delayed: Row[];
  readonly holders: Map<string, number>;
  /** Ids below it are of an earlier queue of this name. */
  readonly firstId: number;
  stopped: boolean;
  processed: number;
  failed: number;
}

const byTime = (a: Row, b: Row) => (a.runAt ?? 0) - (b.runAt ?? 0) || a.id - b.id;
const sizeOf = (row: Row) => Buffer.byteLength(row.body);
/** What a job takes in memory, about: its texts, and the objects around them. */
const bytesOf = ({ body, uniq = '' }: NewJob) => Buffer.byteLength(body) + uniq.length + 200;
/** A queue's objects, about. */
const queueBytes = 1_000;

export function createMemoryStore(options: { maxBytes: number }): Store {
  const queues = new Map<string, Queue>();
  const workers = createMemoryWorkers();
  let nextId = 1;
  let bytes = 0;

  function open(name: string): Queue {
    let queue = queues.get(name);
    if (!queue) {
      queue = {
        ready: [],
        delayed: [],
        holders: new Map(),
        firstId: nextId,
        stopped: false,
        processed: 0,
        failed: 0,
      };
      queues.set(name, queue);
    }
    return queue;
  }

  function keep(queue: Queue, row: Row, now: number) {
    if (isDue(row.runAt, now)) insertSorted(queue.ready, row, byPlace);
    else insertSorted(queue.delayed, row, byTime);
    if (row.uniq !== undefined) queue.holders.set(row.uniq, row.id);
    bytes += bytesOf(row);
  }

  function ripen(queue: Queue, now: number) {
    for (let step = 0; step < ripenStep; step++) {
      const first = queue.delayed[0];
      if (!first || !isDue(first.runAt, now)) return;
      queue.delayed.shift();
      insertSorted(queue.ready, first, byPlace);
    }
  }

  function pick(queue: Queue, { limit, maxBytes }: Take): Row[] {
    const picked: Row[] = [];
    let size = 0;
    for (const row of queue.ready) {
      size += sizeOf(row);
      if (picked.length === limit || (picked.length > 0 && size > maxBytes)) break;
      picked.push(row);
    }
    return picked;
  }

  function restoreRow(queue: Queue, job: Job) {
    const { uniq, ...bare } = job;
    keep(queue, uniq === undefined || queue.holders.has(uniq) ? bare : job, 0);
  }

  return {
    durability: 'memory',

    async push(now, { queue: name, jobs, failure }) {
      const size = jobs.reduce((sum, job) => sum + bytesOf(job), 0);
      if (bytes + size + queues.size * queueBytes > options.maxBytes) throw new ApiError('storage_full');
      for (const { uniq } of jobs) {
        const exists = uniq === undefined ? undefined : queues.get(name)?.holders.get(uniq);
        if (exists !== undefined) return { exists };
      }
      const queue = open(name);
      const ids = jobs.map((job) => {
        keep(queue, toRow(job, nextId), now);
        return nextId++;
      });
      if (failure) {
        queue.failed += jobs.length;
        workers.failed(now, failure.worker, name, jobs.length);
      }
      return { ids };
    },

    async take(now, take) {
      const queue = queues.get(take.queue);
      const stopped = queue?.stopped ?? false;
      if (queue && !stopped) ripen(queue, now);
      const rows = queue && !stopped ? pick(queue, take) : [];
      queue?.ready.splice(0, rows.length);
      for (const row of rows) {
        bytes -= bytesOf(row);
        if (row.uniq !== undefined) queue?.holders.delete(row.uniq);
      }
      if (queue) queue.processed += rows.length;
      const jobs = rows.map(({ runAt: _, ...job }) => job);
      workers.took(now, take.worker, take.queue, jobs);
      const nextAt = stopped ? undefined : queue?.delayed[0]?.runAt;
      const left = stopped ? 0 : (queue?.ready.length ?? 0);
      return { jobs, stopped, damaged: [], left, ...(nextAt !== undefined && { nextAt }) };
    },

    async restore(_now, { queue: name, jobs, worker }: Restore) {
      const queue = queues.get(name);
      const ours = jobs.filter((job) => queue && job.id >= queue.firstId);
      if (queue) {
        for (const job of ours) restoreRow(queue, job);
        queue.processed -= ours.length;
      }
      workers.untook(worker, name, jobs, ours.length);
    },

    async purge(_now, { queue: name }) {
      const queue = queues.get(name);
      for (const row of [...(queue?.ready ?? []), ...(queue?.delayed ?? [])]) bytes -= bytesOf(row);
      queues.delete(name);
      workers.forgetCounters(name);
    },

    async sweep() {
      return { more: false };
    },

    async setQueue(_now, { queue, stopped }) {
      if (bytes + (queues.size + 1) * queueBytes > options.maxBytes) throw new ApiError('storage_full');
      open(queue).stopped = stopped;
    },

    async queue(now, { queue: name }) {
      const queue = queues.get(name);
      const due = queue?.delayed.filter((row) => isDue(row.runAt, now)).length ?? 0;
      return {
        stopped: queue?.stopped ?? false,
        ready: (queue?.ready.length ?? 0) + due,
        delayed: (queue?.delayed.length ?? 0) - due,
        processed: queue?.processed ?? 0,
        failed: queue?.failed ?? 0,
      };
    },

    async queues(_now, { limit, after = '' }) {
      const names = [...queues.keys()].filter((name) => name > after).sort();
      return { names: names.slice(0, limit), total: queues.size };
    },

    async peek(now, { queue: name, limit, maxBytes, after }) {
      const from = parseCursor(after);
      const queue = queues.get(name);
      const rows = [
        ...(queue?.ready ?? []).filter(
          (row) => 'rank' in from && (rankOf(row) - from.rank || row.id - from.id) > 0,
        ),
        ...(queue?.delayed ?? []).filter(
          (row) =>
            isDue(row.runAt, now) &&
            ('rank' in from || (Number(row.runAt) - from.time || row.id - from.id) > 0),
        ),
      ];
      const bodies: string[] = [];
      let size = 0;
      for (const [index, row] of rows.entries()) {
        size += sizeOf(row);
        if (bodies.length === limit || (bodies.length > 0 && size > maxBytes)) {
          const last = rows[index - 1] as Row;
          const isReady = queue?.ready.includes(last);
          const place = isReady ? { rank: rankOf(last) } : { time: Number(last.runAt) };
          return { bodies, next: peekCursor({ id: last.id, ...place }) };
        }
        bodies.push(row.body);
      }
      return { bodies };
    },

    register: async (now, { worker, queue }) => workers.register(now, worker, queue),
    unregister: async (_now, { worker, queue }) => workers.unregister(worker, queue),
    workers: async (_now, list) => workers.list(list),
    async probe() {},
    async close() {},
  };
}

function insertSorted(rows: Row[], row: Row, order: (a: Row, b: Row) => number) {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (order(rows[middle] as Row, row) < 0) low = middle + 1;
    else high = middle;
  }
  rows.splice(low, 0, row);
}

/** The text is copied: one that was cut out of a batch would keep the whole batch in memory. */
function toRow({ priority, body, ...job }: NewJob, id: number): Row {
  const row = { ...job, id, body: Buffer.from(body).toString() };
  return priority === undefined || priority === defaultPriority ? row : { ...row, priority };
}
