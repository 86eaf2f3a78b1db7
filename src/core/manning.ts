/** Workers: who is registered where, and what they did and have. */

import { ApiError } from '../api/errors.js';
import { limits } from '../api/limits.js';
import type { Api, Output } from '../api/types.js';
import type { WorkerView } from '../store/calls.js';
import type { Shared } from './broker.js';
import { workerKey } from './watching.js';

type Manning = Pick<
  Api,
  'register' | 'unregister' | 'queueWorkers' | 'queueWorkersByName' | 'worker' | 'workers'
>;

export function createManning({ store, clock, watching }: Shared): Manning {
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
    async register({ queue, worker }) {
      if (await store.register(clock.now(), { queue, worker })) return;
      throw new ApiError('invalid', { message: `worker_id is on ${limits.queuesPerWorker} queues already` });
    },

    async unregister({ queue, worker }) {
      await store.unregister(clock.now(), { queue, worker });
    },

    queueWorkers,
    queueWorkersByName: queueWorkers,

    async worker({ worker: name, queue, wait = 0 }, call) {
      let before: string | undefined;
      let isChanged = false;
      const look = async () => {
        const on = queue === undefined ? {} : { queue };
        const [worker] = await store.workers(clock.now(), { worker: name, limit: 1, ...on });
        const doing = JSON.stringify(worker?.doing);
        isChanged = before !== undefined && before !== doing;
        before = doing;
        return worker;
      };
      // What was asked of it before is worth an answer, too.
      const isOver = (worker: WorkerView | undefined) =>
        !worker || isChanged || worker.doing.some(({ cancel }) => cancel);
      const worker = await watching.until(workerKey(name), wait, call, look, isOver);
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
  };
}

const wholeSeconds = (ms: number) => Math.floor(ms / 1000);

function workerOf(worker: WorkerView): Output<'worker'> {
  return {
    worker_id: worker.name,
    started_at: wholeSeconds(worker.startedAt),
    processed: String(worker.processed),
    failed: String(worker.failed),
    queues: worker.queues.map((tally) => tally.queue),
    last_seen_at: wholeSeconds(worker.lastSeenAt),
    doing: worker.doing.map(({ queue, id, since, cancel }) => ({
      queue,
      id: String(id),
      since: wholeSeconds(since),
      ...(cancel && { cancel }),
    })),
  };
}
