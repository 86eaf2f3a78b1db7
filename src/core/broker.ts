/** What the routes mean: every operation of the contract, on a store. */

import { ApiError } from '../api/errors.js';
import { limits } from '../api/schema.js';
import type { Api, Call, Input, Output } from '../api/types.js';
import type { Clock } from '../clock.js';
import type { QueueView, Store, Taken, WorkerView } from '../store/store.js';

export interface BrokerDeps {
  readonly store: Store;
  readonly clock: Pick<Clock, 'now'>;
  /** Told about every job whose record was found damaged, and set aside. */
  readonly onDamaged: (job: { queue: string; id: string }) => void;
  /** Told when the store could not do what nobody waits for. */
  readonly onError: (error: Error) => void;
}

export interface Broker extends Api {
  /** Frees what purges before the last stop left; resolves when there is nothing left to free. */
  sweep(): Promise<void>;
  /** From now on the broker is not ready, though it goes on answering. */
  stop(): void;
}

const seconds = (ms: number) => Math.floor(ms / 1000);
const ms = (epochSeconds: number | undefined) =>
  epochSeconds === undefined ? undefined : epochSeconds * 1000;

/** The default of `batch_size`. */
const defaultBatchSize = 10;

export function createBroker({ store, clock, onDamaged, onError }: BrokerDeps): Broker {
  let stopping = false;
  let sweeping: Promise<void> | undefined;

  async function insert(input: Input<'push'>, failure?: { worker?: string }): Promise<Output<'push'>> {
    const { queue, job: body, delayed, uniq } = input;
    const runAt = ms(delayed);
    const job = { body, ...(runAt !== undefined && { runAt }), ...(uniq !== undefined && { uniq }) };
    const pushed = await store.push(clock.now(), { queue, jobs: [job], ...(failure && { failure }) });
    if ('exists' in pushed) {
      throw new ApiError('job_exists', { headers: ['Location', `/j/${queue}/${pushed.exists}`] });
    }
    return { id: String(pushed.ids[0]), durability: store.durability };
  }

  /** Takes jobs that go back to their places when the answer does not reach the client. */
  async function take(
    queue: string,
    limit: number,
    worker: string | undefined,
    call: Call,
  ): Promise<Taken['jobs']> {
    const by = worker === undefined ? undefined : { worker };
    const taken = await store.take(clock.now(), { queue, limit, maxBytes: limits.answerBytes, ...by });
    for (const id of taken.damaged) onDamaged({ queue, id: String(id) });
    const { jobs } = taken;
    if (jobs.length === 0) throw new ApiError(taken.stopped ? 'queue_closed' : 'no_job');
    call.undelivered(() => {
      store.restore(clock.now(), { queue, jobs, ...by }).catch(onError);
    });
    return jobs;
  }

  async function sweepAll() {
    while (!stopping && (await store.sweep(clock.now())).more) {
      // One bounded step after the other; requests go on in between.
    }
  }

  function sweep(): Promise<void> {
    sweeping ??= sweepAll().finally(() => {
      sweeping = undefined;
    });
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

    async take({ queue, worker }, call) {
      const [job] = await take(queue, 1, worker, call);
      if (!job) throw new ApiError('no_job');
      return { id: String(job.id), job: job.body, delivery: 'at-most-once' };
    },

    async purge({ queue }) {
      await store.purge(clock.now(), { queue });
      sweep().catch(onError);
    },

    async pushMany({ queue, jobs, delayed }) {
      const runAt = ms(delayed);
      const news = jobs.map((body) => (runAt === undefined ? { body } : { body, runAt }));
      if (news.length > 0) await store.push(clock.now(), { queue, jobs: news });
      return { durability: store.durability };
    },

    async takeMany({ queue, batchSize = defaultBatchSize, worker }, call) {
      const jobs = await take(queue, batchSize, worker, call);
      return { jobs: jobs.map((job) => job.body), delivery: 'at-most-once' };
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
    },
  };
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
