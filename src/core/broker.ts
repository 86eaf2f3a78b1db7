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
}

const seconds = (ms: number) => Math.floor(ms / 1000);

/** The default of `batch_size`. */
const defaultBatchSize = 10;

export function createBroker({ store, clock, onDamaged, onError }: BrokerDeps): Broker {
  let stopping = false;
  let unswept = false;
  let sweeping: Promise<void> | undefined;
  const waiters = createWaiters(clock);
  const takeJobs = createTaking({ store, clock, waiters, onDamaged, onError });

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
    const workers = await store.workers(clock.now(), { queue });
    const tallies = workers.flatMap((worker) => worker.queues.filter((tally) => tally.queue === queue));
    return {
      queue_name: queue,
      workers_list: workers.map((worker) => worker.name),
      processed: tallies.reduce((sum, tally) => sum + tally.processed, 0),
      failed: tallies.reduce((sum, tally) => sum + tally.failed, 0),
    };
  }

  return {
    push: (input) => insert(input),
    reinsert: ({ worker, ...input }) => insert(input, worker === undefined ? {} : { worker }),

    async take({ queues, worker, wait: waitMs = 0 }, call) {
      const { queue, jobs } = await takeJobs({ queues, limit: 1, worker, waitMs }, call);
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
      const { queue, jobs } = await takeJobs({ queues, limit, worker, waitMs }, call);
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
        ...(queue !== undefined && { queue }),
      });
      if (!worker) throw new ApiError('worker_unknown');
      return workerOf(worker);
    },

    async workers() {
      return { workers: (await store.workers(clock.now(), {})).map(workerOf) };
    },

    live: async () => ({ status: 'live' }),

    async ready() {
      if (stopping) throw new ApiError('stopping');
      await store.probe(clock.now());
      return { status: 'ready' };
    },

    sweep,
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
