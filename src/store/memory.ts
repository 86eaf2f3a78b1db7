/** The reference model of a store: plain arrays and maps, correct before fast; also what `--store memory:` runs on. */

import { ApiError } from '../api/errors.js';
import { earliest, isDue, type Job, leaseToken, type NewJob, timedStates } from '../core/job.js';
import { born, leased, taken, untaken } from '../core/life.js';
import { changed, defaultPolicy } from '../core/policy.js';
import { isHeldBy } from '../core/settlement.js';
import { type Moved, type Push, type Pushed, type Restore, ripenStep, type Take, tendStep } from './calls.js';
import { bytesOf, createMemoryQueue, type MemoryQueue } from './memory-queue.js';
import { createMemorySettling } from './memory-settling.js';
import { createMemorySteering } from './memory-steering.js';
import { createMemoryWorkers } from './memory-workers.js';
import { weightOf } from './paging.js';
import type { Store } from './store.js';
import { createUntold } from './untold.js';

/** A queue's objects, about. */
const queueBytes = 1_000;

export function createMemoryStore(options: { maxBytes: number }): Store {
  const queues = new Map<string, MemoryQueue>();
  const workers = createMemoryWorkers();
  const untold = createUntold();
  let nextId = 1;
  let bytes = 0;
  const weigh = (more: number) => {
    bytes += more;
  };

  function open(name: string): MemoryQueue {
    const queue = queues.get(name) ?? createMemoryQueue(name, nextId, weigh);
    queues.set(name, queue);
    return queue;
  }

  function checkRoom(size: number, moreQueues = 0) {
    if (bytes + size + (queues.size + moreQueues) * queueBytes > options.maxBytes) {
      throw new ApiError('storage_full');
    }
  }

  function insert(queue: MemoryQueue, job: NewJob, now: number): Job {
    // The text is copied: one that was cut out of a batch would keep the whole batch in memory.
    const body = Buffer.from(job.body).toString();
    return queue.put({ ...born(job, nextId++, { now, policy: queue.policy }), body });
  }

  function holderOf(name: string, jobs: readonly NewJob[]): number | undefined {
    for (const { uniq } of jobs) {
      const holder = uniq === undefined ? undefined : queues.get(name)?.holders.get(uniq);
      if (holder !== undefined) return holder;
    }
    return undefined;
  }

  function followUp(now: number, name: string, job: NewJob): number {
    return holderOf(name, [job]) ?? insert(open(name), job, now).id;
  }

  function push(now: number, { queue: name, jobs, failure, once, represent }: Push): Pushed {
    const before = once && queues.get(name)?.once.get(once.key);
    if (before && !isDue(before.until, now)) {
      return before.print === once.print ? { ids: before.ids, replayed: true } : { differs: true };
    }
    checkRoom(jobs.reduce((sum, job) => sum + bytesOf(job), 0));
    const known = queues.get(name);
    if (known && !failure && jobs.length > 0) checkSize(known, jobs.length);
    const exists = holderOf(name, jobs);
    if (exists !== undefined) return { exists };
    const queue = open(name);
    const rows = jobs.map((job) => insert(queue, job, now));
    const ids = rows.map(({ id }) => id);
    if (once) queue.remember(once.key, { print: once.print, until: once.until, ids });
    if (failure) {
      queue.failed += jobs.length;
      workers.failed(now, failure.worker, name, jobs.length);
    }
    return { ids, ...(represent && { jobs: rows }) };
  }

  function pick(queue: MemoryQueue, now: number, { limit, maxBytes }: Take, moved: Moved[]): Job[] {
    const picked: Job[] = [];
    const { ready } = queue.rows;
    let size = 0;
    let gone = 0;
    for (
      let row = ready.at(0);
      row && picked.length < limit && gone < ripenStep;
      row = ready.at(picked.length)
    ) {
      // One whose time to wait is over moves away from there.
      const told = queue.passOne(row, { now, policy: queue.policy });
      moved.push(...told);
      gone += told.length;
      if (told.length > 0) continue;
      size += weightOf(row);
      if (picked.length > 0 && size > maxBytes) break;
      picked.push(row);
    }
    return picked;
  }

  function hand(queue: MemoryQueue, now: number, jobs: readonly Job[], { lease, worker }: Take): Job[] {
    const ms = lease ? (lease.ms ?? queue.policy.leaseMs ?? defaultPolicy.leaseMs) : 0;
    const by = worker === undefined ? {} : { worker };
    if (ms > 0 && lease) {
      workers.took(now, worker, queue.name, []);
      return jobs.map((job, index) => {
        const token = leaseToken(lease.token, index);
        return queue.move(job, leased(job, { token, since: now, ms, ...by })) as Job;
      });
    }
    queue.processed += jobs.length;
    workers.took(now, worker, queue.name, jobs);
    return jobs.map((job) => {
      const record = taken(job, { now, policy: queue.policy }, worker);
      queue.move(job, record);
      return record ?? job;
    });
  }

  function restoreOne(queue: MemoryQueue, now: number, job: Job): 'taken' | 'leased' | 'gone' {
    const moment = { now, policy: queue.policy };
    const row = queue.byId.get(job.id);
    const lease = job.details?.lease;
    if (lease) {
      if (row && isHeldBy(row, lease.token, now)) queue.move(row, untaken(row, moment));
      return 'leased';
    }
    if (job.id < queue.firstId) return 'gone';
    if (row) queue.move(row, untaken(row, moment));
    else queue.put(untaken(job, moment));
    return 'taken';
  }

  return {
    durability: 'memory',
    isShared: false,
    replicas: 0,
    about: 'jobs are gone with the process',
    push: async (now, asked) => push(now, asked),

    async take(now, take) {
      const queue = queues.get(take.queue);
      if (!queue || queue.stopped) {
        workers.took(now, take.worker, take.queue, []);
        return { jobs: [], stopped: queue?.stopped ?? false, damaged: [], left: 0, moved: [] };
      }
      const { moved } = queue.pass(now, ['delayed', 'leased']);
      const picked = pick(queue, now, take, moved);
      if (picked.length === 0) workers.took(now, take.worker, take.queue, []);
      const jobs = hand(queue, now, picked, take);
      const { ready, delayed, leased: held } = queue.rows;
      const nextAt = earliest(delayed.at(0)?.dueAt, held.at(0)?.dueAt);
      const next = nextAt === undefined ? {} : { nextAt };
      return { jobs, stopped: false, damaged: [], left: ready.length, moved, ...next };
    },

    async restore(now, { queue: name, jobs, worker }: Restore) {
      const queue = queues.get(name);
      const fates = jobs.map((job) => (queue ? restoreOne(queue, now, job) : 'gone'));
      const counted = fates.filter((fate) => fate === 'taken').length;
      if (queue) queue.processed -= counted;
      workers.untook(worker, name, jobs, counted);
    },

    settle: createMemorySettling({ queues, workers, checkRoom, followUp }),
    ...createMemorySteering(queues, untold),

    async purge(_now, { queue: name }) {
      const queue = queues.get(name);
      for (const row of [...(queue?.byId.values() ?? [])]) queue?.drop(row);
      queue?.forgetKeys(Number.POSITIVE_INFINITY);
      queues.delete(name);
      workers.forgetCounters(name);
    },

    async tend(now, { restart = false }) {
      const { moved, ready } = untold.tell();
      let nextAt: number | undefined;
      for (const queue of queues.values()) {
        const passed = queue.pass(now, timedStates, { restart, limit: tendStep });
        moved.push(...passed.moved);
        queue.trim('done', tendStep);
        queue.trim('dead', tendStep);
        queue.forgetKeys(now);
        if (passed.ready > 0) ready.push({ queue: queue.name, jobs: passed.ready });
        nextAt = earliest(nextAt, queue.nextAt());
      }
      const isOver = [...queues.values()].some((queue) => queue.isOver);
      if (isOver || (nextAt !== undefined && nextAt <= now)) return { more: true, moved, ready };
      return { more: false, moved, ready, ...(nextAt !== undefined && { nextAt }) };
    },

    async setQueue(_now, { queue: name, stopped, policy, ifRevision }) {
      if (ifRevision && !ifRevision.includes(queues.get(name)?.revision ?? 0)) return undefined;
      checkRoom(0, queues.has(name) ? 0 : 1);
      const queue = open(name);
      queue.stopped = stopped ?? queue.stopped;
      queue.policy = changed(queue.policy, policy ?? {});
      queue.revision = nextId++;
      return { stopped: queue.stopped, policy: queue.policy, revision: queue.revision };
    },

    async queue(now, { queue: name }) {
      const queue = queues.get(name);
      if (queue) untold.note(queue.name, queue.pass(now, timedStates));
      const count = (state: keyof MemoryQueue['rows']) => queue?.rows[state].length ?? 0;
      const late = (state: 'delayed' | 'leased') =>
        queue?.rows[state].head(queue.rows[state].length, ({ dueAt }) => isDue(dueAt, now)).length ?? 0;
      let oldest: Job | undefined;
      for (const job of queue?.rows.ready ?? []) if (!oldest || job.id < oldest.id) oldest = job;
      return {
        stopped: queue?.stopped ?? false,
        policy: queue?.policy ?? {},
        revision: queue?.revision ?? 0,
        ready: count('ready') + late('delayed') + late('leased'),
        delayed: count('delayed') - late('delayed'),
        leased: count('leased') - late('leased'),
        done: count('done'),
        dead: count('dead'),
        processed: queue?.processed ?? 0,
        failed: queue?.failed ?? 0,
        ...(oldest && { oldestAt: oldest.createdAt }),
        workers: workers.countOn(name),
      };
    },

    async queues(_now, { limit, after = '' }) {
      const names = [...queues.keys()].filter((name) => name > after).sort();
      return { names: names.slice(0, limit), total: queues.size };
    },

    register: async (now, { worker, queue }) => workers.register(now, worker, queue),
    unregister: async (_now, { worker, queue }) => workers.unregister(worker, queue),
    workers: async (_now, list) => workers.list(list, queues.values()),
    async look() {},
    async probe() {},
    async close() {},
  };
}

function checkSize({ rows, policy }: MemoryQueue, more: number) {
  if (rows.ready.length + rows.delayed.length + more > (policy.maxSize ?? Number.POSITIVE_INFINITY)) {
    throw new ApiError('queue_full');
  }
}
