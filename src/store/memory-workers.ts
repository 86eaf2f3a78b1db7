/** The registered workers of the memory store: who they are, what they did, what they are doing. */

import { limits } from '../api/limits.js';
import type { Job } from '../core/job.js';
import { seenStepMs, type WorkerList, type WorkerView } from './calls.js';
import type { MemoryQueue } from './memory-queue.js';

interface Tally {
  processed: number;
  failed: number;
}

interface Worker extends Tally {
  readonly startedAt: number;
  lastSeenAt: number;
  readonly queues: Map<string, Tally>;
  doing: { queue: string; id: number; since: number }[];
}

const nothingNew = (worker: Worker, now: number) =>
  worker.doing.length === 0 && now - worker.lastSeenAt < seenStepMs;

export function createMemoryWorkers() {
  const workers = new Map<string, Worker>();

  function forgetOneUnseen() {
    let unseen: [string, Worker] | undefined;
    for (const entry of workers) {
      const [name, worker] = entry;
      if (!unseen || worker.lastSeenAt < unseen[1].lastSeenAt) unseen = entry;
      else if (worker.lastSeenAt === unseen[1].lastSeenAt && name < unseen[0]) unseen = entry;
    }
    if (unseen) workers.delete(unseen[0]);
  }

  function count(worker: Worker, queue: string, key: keyof Tally, by: number) {
    worker[key] = Math.max(0, worker[key] + by);
    const tally = worker.queues.get(queue);
    if (tally) tally[key] = Math.max(0, tally[key] + by);
  }

  return {
    register(now: number, name: string, queue: string): boolean {
      const known = workers.get(name);
      if (!known && workers.size >= limits.workers) forgetOneUnseen();
      const worker = known ?? {
        startedAt: now,
        lastSeenAt: now,
        processed: 0,
        failed: 0,
        queues: new Map(),
        doing: [],
      };
      if (!worker.queues.has(queue) && worker.queues.size >= limits.queuesPerWorker) return false;
      worker.lastSeenAt = now;
      if (!worker.queues.has(queue)) worker.queues.set(queue, { processed: 0, failed: 0 });
      workers.set(name, worker);
      return true;
    },

    unregister(name: string, queue: string) {
      const worker = workers.get(name);
      if (worker?.queues.delete(queue) && worker.queues.size === 0) workers.delete(name);
    },

    took(now: number, name: string | undefined, queue: string, jobs: readonly Job[]) {
      const worker = workers.get(name ?? '');
      if (!worker || (jobs.length === 0 && nothingNew(worker, now))) return;
      worker.lastSeenAt = now;
      worker.doing = jobs.map(({ id }) => ({ queue, id, since: now }));
      count(worker, queue, 'processed', jobs.length);
    },

    untook(name: string | undefined, queue: string, jobs: readonly Job[], counted: number) {
      const worker = workers.get(name ?? '');
      if (!worker) return;
      const ids = new Set(jobs.map(({ id }) => id));
      worker.doing = worker.doing.filter((doing) => doing.queue !== queue || !ids.has(doing.id));
      count(worker, queue, 'processed', -counted);
    },

    failed(now: number, name: string | undefined, queue: string, jobs: number) {
      const worker = workers.get(name ?? '');
      if (!worker) return;
      worker.lastSeenAt = now;
      worker.doing = [];
      count(worker, queue, 'failed', jobs);
    },

    forgetCounters(queue: string) {
      for (const worker of workers.values()) {
        if (worker.queues.has(queue)) worker.queues.set(queue, { processed: 0, failed: 0 });
      }
    },

    /** It settled a leased job, which its queue counts as that. */
    settled(now: number, name: string | undefined, queue: string, as: keyof Tally) {
      const worker = workers.get(name ?? '');
      if (!worker) return;
      worker.lastSeenAt = now;
      count(worker, queue, as, 1);
    },

    countOn(queue: string): number {
      return [...workers.values()].filter((worker) => worker.queues.has(queue)).length;
    },

    list({ worker: name, queue, after = '', limit }: WorkerList, among: Iterable<MemoryQueue>): WorkerView[] {
      const leases = leasesOf(among);
      return [...workers]
        .filter(([key, worker]) => (name ?? key) === key && (queue === undefined || worker.queues.has(queue)))
        .filter(([key]) => key > after)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .slice(0, limit)
        .map(([key, worker]) => ({
          ...worker,
          name: key,
          queues: [...worker.queues]
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([queueName, tally]) => ({ queue: queueName, ...tally })),
          doing: [...(leases.get(key) ?? []).slice(0, limits.jobsPerTake), ...worker.doing],
        }));
    },
  };
}

/** What each worker has under leases, by queue and id. */
function leasesOf(queues: Iterable<MemoryQueue>): Map<string, WorkerView['doing'][number][]> {
  const leases = new Map<string, WorkerView['doing'][number][]>();
  for (const queue of [...queues].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    for (const { id, details } of [...queue.rows.leased].sort((a, b) => a.id - b.id)) {
      const { worker, since = 0, cancel } = details?.lease ?? {};
      if (worker === undefined) continue;
      const list = leases.get(worker) ?? [];
      leases.set(worker, list);
      list.push({ queue: queue.name, id, since, ...(cancel && { cancel }) });
    }
  }
  return leases;
}
