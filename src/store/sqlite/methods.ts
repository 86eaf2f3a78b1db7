/** The store's methods inside a transaction: requests sorted by queue, runs of the same method done together. */

import type { Store } from '../store.js';
import type { Database } from './binding.js';
import { createIds } from './ids.js';
import { createJobs } from './jobs.js';
import { createQueues } from './queues.js';
import { createWorkers } from './workers.js';

/** The methods that are answered from the database, by name. */
export type Method = Exclude<keyof Store, 'durability' | 'close'>;

/** One call of a method. */
export type Request = {
  [M in Method]: { readonly method: M; readonly now: number; readonly args: Args<M> };
}[Method];

type Args<M extends Method> = Parameters<Store[M]>[1];
type Of<M extends Method> = Extract<Request, { method: M }>;
type Results<M extends Method> = Awaited<ReturnType<Store[M]>>[];

/** Requests with the same method and queue that came one after the other, done in one go. */
type Runs = { [M in Method]: (requests: readonly Of<M>[]) => Results<M> };

/** How many rows of purged queues one step deletes: a few milliseconds' worth. */
const sweepStep = 2_000;

export type Methods = ReturnType<typeof createMethods>;

export function createMethods(db: Database) {
  const ids = createIds(db);
  const queues = createQueues(db, ids);
  const jobs = createJobs(db, ids, queues);
  const workers = createWorkers(db);
  const writeProbe = db.prepare("UPDATE number SET value = ? WHERE name = 'probed_at'");

  const runs: Runs = {
    push(requests) {
      const results = jobs.push(requests);
      for (const [index, { now, args }] of requests.entries()) {
        if (args.failure && 'ids' in (results[index] ?? {})) {
          workers.failed(now, args.failure.worker, args.queue, args.jobs.length);
        }
      }
      return results;
    },
    take(requests) {
      const results = jobs.take(requests);
      for (const [index, { now, args }] of requests.entries()) {
        workers.took(now, args.worker, args.queue, results[index]?.jobs ?? []);
      }
      return results;
    },
    restore: each(({ args }) => workers.untook(args.worker, args.queue, args.jobs, jobs.restore(args))),
    purge: each(({ args }) => {
      queues.purge(args.queue);
      workers.forgetCounters(args.queue);
    }),
    sweep: each(() => ({ more: queues.sweep(sweepStep) })),
    setQueue: each(({ args }) => queues.setStopped(args.queue, args.stopped)),
    queue: each(({ now, args }) => queues.view(args.queue, now)),
    queues: each(({ args }) => queues.list(args.after ?? '', args.limit)),
    peek: each(({ now, args }) => jobs.peek(now, args)),
    register: each(({ now, args }) => workers.register(now, args.worker, args.queue)),
    unregister: each(({ args }) => workers.unregister(args.worker, args.queue)),
    workers: each(({ args }) => workers.list(args)),
    probe: each(({ now }) => {
      writeProbe.run(now);
    }),
  };

  return {
    /** Results in the order of the requests. */
    run(requests: readonly Request[]): { result: unknown }[] {
      const replies = new Map<Request, { result: unknown }>();
      for (const run of runsOf(requests)) {
        const method = (run[0] as Request).method;
        const results = (runs[method] as (requests: readonly Request[]) => unknown[])(run);
        for (const [index, request] of run.entries()) replies.set(request, { result: results[index] });
      }
      return requests.map((request) => replies.get(request) as { result: unknown });
    },
    flush: () => queues.flush(),
    /** After a rollback. */
    reset() {
      queues.reset();
      ids.reset();
    },
  };
}

const each =
  <R, T>(work: (request: R) => T) =>
  (requests: readonly R[]): T[] =>
    requests.map(work);

/** Order is kept within a queue; requests of different queues that run at the same time have none. */
function runsOf(requests: readonly Request[]): Request[][] {
  const runs: Request[][] = [];
  const latest = new Map<string, Request[]>();
  for (const request of requests) {
    const queue = queueOf(request);
    const run = latest.get(queue);
    if (run?.[0]?.method === request.method) run.push(request);
    else {
      const started = [request];
      runs.push(started);
      latest.set(queue, started);
    }
  }
  return runs;
}

function queueOf({ args }: Request): string {
  return args && 'queue' in args && args.queue !== undefined ? args.queue : '';
}
