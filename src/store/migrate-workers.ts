/** The workers of one store, into another one whose queues have their jobs already. */

import type { Archive } from './archive.js';
import type { WorkerView } from './calls.js';
import { MigrationError } from './migration-error.js';

const workersPerPage = 100;

/** How many there are. */
export async function copyWorkers(source: Archive, target: Archive): Promise<number> {
  let count = 0;
  let after = '';
  for (;;) {
    const found = await source.store.workers(0, { limit: workersPerPage, after });
    const workers = await Promise.all(
      found.map(async (worker) => ({ ...worker, doing: await takenForGood(worker, target) })),
    );
    if (workers.length > 0) await target.putWorkers({ workers });
    for (const worker of workers) await compare(worker, target);
    count += workers.length;
    if (workers.length < workersPerPage) return count;
    after = workers.at(-1)?.name ?? '';
  }
}

/** Of what it is doing, that which is not under a lease of its own. */
async function takenForGood({ name, doing }: WorkerView, { store }: Archive): Promise<WorkerView['doing']> {
  const isLeased = await Promise.all(
    doing.map(async ({ queue, id }) => {
      const found = await store.job(0, { queue, id });
      return found?.job.details?.lease?.worker === name;
    }),
  );
  return doing.filter((_, index) => !isLeased[index]);
}

/** One that was there before did more than this. */
async function compare({ name, queues }: WorkerView, { store }: Archive) {
  const [put] = await store.workers(0, { limit: 1, worker: name });
  const on = new Set(put?.queues.map(({ queue }) => queue));
  const missing = queues.filter(({ queue }) => !on.has(queue));
  if (put && missing.length === 0) return;
  throw new MigrationError(`worker ${name} is not the same as it was`);
}
