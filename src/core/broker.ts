/** What the routes mean: every operation of the contract, on a store. */

import { ApiError } from '../api/errors.js';
import { limits } from '../api/schema.js';
import type { Api, Input, Output } from '../api/types.js';
import type { Clock } from '../clock.js';
import type { QueueView, Store, WorkerView } from '../store/store.js';
import { createTaking } from './taking.js';
import { createWaiters } from './waiters.js';

export interface BrokerDeps {
  readonly store: Store;
  readonly clock: Clock;
  /** Told about every job whose record was found damaged, and set aside. */
  readonly onDamaged: (job: { queue: string; id: string }) => void;
  /** Told when the store could not do what nobody waits for. */
  readonly onError: (error: Error) => void;
}

export interface Broker extends Api {
  /** Frees what purges before the last stop left; resolves when there is nothing left to free. */
  sweep(): Promise<void>;
  /** From now on the broker is not ready, though it goes on answering; whoever waits for a job is told that there is none. */
  stop(): void;
  /** Resolves when all is done that no answer waits for: before that the store is not to be closed. */
  settled(): Promise<void>;
}

const seconds = (ms: number) => Math.floor(ms / 1000);

/** The default of `batch_size`. */
const defaultBatchSize = 10;

export function createBroker({ store, clock, onDamaged, onError }: BrokerDeps): Broker {
  let stopping = false;
  let unswept = false;
  let sweeping: Promise<void> | undefined;
  const waiters = createWaiters(clock);
  const taking = createTaking({ store, clock, waiters, onDamaged, onError });

  /** Who waits is told of jobs that were put in. */
  function announce(queue: string, jobs: number, runAt: number | undefined) {
    if (runAt === undefined) waiters.wake(queue, jobs);
    else waiters.wakeAt(queue, runAt);
  }

  async function insert(input: Input<'push'>, failure?: { worker?: string }): Promise<Output<'push'>> {
    const { queue, job: body, uniq } = input;
    const now = clock.now();
    const when = whenOf(input, now);
    const job = { body, ...when, ...(uniq !== undefined && { uniq }) };
    const pushed = await store.push(now, { queue, jobs: [job], ...(failure && { failure }) });
    if ('exists' in pushed) {
      throw new ApiError('job_exists', { headers: ['Location', `/j/${queue}/${pushed.exists}`] });
    }
    announce(queue, 1, when.runAt);
    return { id: String(pushed.ids[0]), durability: store.durability };
  }

  async function sweepAll() {
    while (unswept && !stopping) {
      // One bounded step after the other; requests go on in between.
      unswept = false;
      const { more } = await store.sweep(clock.now());
      unswept ||= more;
    }
    sweeping = undefined;
  }

  function sweep(): Promise<void> {
    unswept = true;
    sweeping ??= sweepAll();
    return sweeping;
  }

  async function queueWorkers({ queue }: { queue: string }): Promise<Output<'queueWorkers'>> {
    const found = { queue_name: queue, workers_list: [] as string[], processed: 0, failed: 0 };
    const limit = limits.workersPerList;
    for (let page: WorkerView[] | undefined; !page || page.length === limit; ) {
      const after = page?.at(-1)?.name;
      page = await store.workers(clock.now(), { queue, limit, ...(after !== undefined && { after }) });
      for (const { name, queues } of page) {
        const tally = queues.find((entry) => entry.queue === queue);
        found.workers_list.push(name);
        found.processed += tally?.processed ?? 0;
        found.failed += tally?.failed ?? 0;
      }
    }
    return found;
  }

  return {
    push: (input) => insert(input),
    reinsert: ({ worker, ...input }) => insert(input, worker === undefined ? {} : { worker }),

    async take({ queues, worker, wait: waitMs = 0 }, call) {
      const { queue, jobs } = await taking.take({ queues, limit: 1, worker, waitMs }, call);
      const [job] = jobs;
      if (!job) throw new ApiError('no_job');
      return { queue, id: String(job.id), job: job.body, delivery: 'at-most-once' };
    },

    async purge({ queue }) {
      await store.purge(clock.now(), { queue });
      sweep().catch(onError);
    },

    async pushMany({ queue, jobs, ...input }) {
      const now = clock.now();
      const when = whenOf(input, now);
      if (jobs.length > 0) {
        await store.push(now, { queue, jobs: jobs.map((body) => ({ body, ...when })) });
        announce(queue, jobs.length, when.runAt);
      }
      return { durability: store.durability };
    },

    async takeMany({ queues, batchSize: limit = defaultBatchSize, worker, wait: waitMs = 0 }, call) {
      const { queue, jobs } = await taking.take({ queues, limit, worker, waitMs }, call);
      return { queue, jobs: jobs.map((job) => job.body), delivery: 'at-most-once' };
    },

    async queues({ after }) {
      const limit = limits.queuesPerList;
      const page = { limit: limit + 1, ...(after !== undefined && { after }) };
      const { names, total } = await store.queues(clock.now(), page);
      const last = names.length > limit ? names[limit - 1] : undefined;
      return { queues: names.slice(0, limit), size: total, ...(last !== undefined && { next: last }) };
    },

    async status({ queue, withDesc = '0', after }) {
      if (after !== undefined && withDesc === '0') {
        throw new ApiError('invalid', { message: 'after goes with with_desc=1' });
      }
      const now = clock.now();
      const view = store.queue(now, { queue });
      if (withDesc === '0') return statusOf(queue, await view);
      const page = { queue, limit: limits.jobsPerTake, maxBytes: limits.answerBytes };
      const peeked = store.peek(now, { ...page, ...(after !== undefined && { after }) });
      const [status, { bodies, next }] = await Promise.all([view, peeked]);
      return { ...statusOf(queue, status), jobs: bodies, ...(next !== undefined && { next }) };
    },

    async counters({ queue }) {
      const { ready, processed, failed } = await store.queue(clock.now(), { queue });
      return { queue_name: queue, job_count: ready, job_processed: processed, job_failed: failed };
    },

    async control({ queue }) {
      const { stopped } = await store.queue(clock.now(), { queue });
      return { queue, status: stopped ? '0' : '1' };
    },

    async setControl({ queue, status, action }) {
      const wanted = status ?? action;
      if (wanted === undefined) throw new ApiError('status_missing');
      if (status !== undefined && action !== undefined && status !== action) {
        throw new ApiError('invalid', { message: 'status and action say different things' });
      }
      await store.setQueue(clock.now(), { queue, stopped: wanted === 'stop' });
      if (wanted === 'start') waiters.wake(queue, 1);
      return { queue, response: 'updated' };
    },

    async register({ queue, worker }) {
      if (await store.register(clock.now(), { queue, worker })) return;
      throw new ApiError('invalid', { message: `worker_id is on ${limits.queuesPerWorker} queues already` });
    },

    async unregister({ queue, worker }) {
      await store.unregister(clock.now(), { queue, worker });
    },

    queueWorkers,
    queueWorkersByName: queueWorkers,

    async worker({ worker: name, queue }) {
      const [worker] = await store.workers(clock.now(), {
        worker: name,
        limit: 1,
        ...(queue !== undefined && { queue }),
      });
      if (!worker) throw new ApiError('worker_unknown');
      return workerOf(worker);
    },

    async workers({ after }) {
      const limit = limits.workersPerList;
      const page = { limit: limit + 1, ...(after !== undefined && { after }) };
      const workers = await store.workers(clock.now(), page);
      const last = workers.length > limit ? workers[limit - 1]?.name : undefined;
      return { workers: workers.slice(0, limit).map(workerOf), ...(last !== undefined && { next: last }) };
    },

    live: async () => ({ status: 'live' }),

    async ready() {
      if (stopping) throw new ApiError('stopping');
      await store.probe(clock.now());
      return { status: 'ready' };
    },

    sweep,
    settled: taking.settled,
    stop() {
      stopping = true;
      waiters.endAll();
    },
  };
}

/** When a job is to be taken, and before which others. */
function whenOf(input: Pick<Input<'push'>, 'delayed' | 'delay' | 'priority'>, now: number) {
  const { delayed, delay, priority } = input;
  if (delayed !== undefined && delay !== undefined) {
    throw new ApiError('invalid', { message: 'delayed and delay both say when' });
  }
  const runAt = delayed === undefined ? delay && now + delay : delayed * 1000;
  return { ...(runAt !== undefined && { runAt }), ...(priority !== undefined && { priority }) };
}

function statusOf(queue: string, { ready, delayed, stopped }: QueueView): Output<'status'> {
  return { queue, size: ready, policy: { status: stopped ? 'stop' : 'start' }, ready, delayed };
}

function workerOf(worker: WorkerView): Output<'worker'> {
  return {
    worker_id: worker.name,
    started_at: seconds(worker.startedAt),
    processed: String(worker.processed),
    failed: String(worker.failed),
    queues: worker.queues.map((tally) => tally.queue),
    last_seen_at: seconds(worker.lastSeenAt),
    doing: worker.doing.map(({ queue, id, since }) => ({ queue, id: String(id), since: seconds(since) })),
  };
}
