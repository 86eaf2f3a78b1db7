/** The store's methods, inside a transaction. */

import type { Job } from '../../core/job.js';
import { ripenStep, type Store, type Taken } from '../store.js';
import type { Database } from './binding.js';
import { createIds } from './ids.js';
import { createJobs } from './jobs.js';
import { createPeek } from './peeks.js';
import { createQueues } from './queues.js';
import { createWorkers } from './workers.js';

/** The methods that are answered from the database, by name. */
export type Method = Exclude<keyof Store, 'durability' | 'close'>;

/** One call of a method. */
export type Request = {
  [M in Method]: { readonly method: M; readonly now: number; readonly args: Parameters<Store[M]>[1] };
}[Method];

/** What the thread is asked: a call, or many simple ones of one queue together. */
export type Entry = Request | PushPlain | TakeSingles;

/** Pushes of one job each that is nothing but its text. The result is the id of the first; the others follow it. */
interface PushPlain {
  readonly method: 'pushPlain';
  readonly args: { readonly queue: string; readonly bodies: string[] };
}

/** Takes of one job each, by these workers or by nobody. The result is the one of a take of them all. */
interface TakeSingles {
  readonly method: 'takeSingles';
  now: number;
  readonly args: { readonly queue: string; readonly workers: (string | undefined)[] };
}

export type Methods = ReturnType<typeof createMethods>;

export function createMethods(db: Database) {
  const ids = createIds(db);
  const queues = createQueues(db, ids);
  const jobs = createJobs(db, ids, queues);
  const peek = createPeek(db, queues);
  const workers = createWorkers(db);
  const writeProbe = db.prepare("UPDATE number SET value = ? WHERE name = 'probed_at'");

  function takeSingles({ now, args: { queue, workers: names } }: TakeSingles): Taken {
    // Each of them may count on what it alone would have made ready.
    const ripening = Math.max(ripenStep, names.length);
    const all = { queue, limit: names.length, maxBytes: Number.POSITIVE_INFINITY };
    const taken = jobs.take(now, all, ripening);
    const shares = new Map<string, { last: readonly Job[]; processed: number }>();
    for (const [index, name] of names.entries()) {
      if (name === undefined) continue;
      const last = taken.jobs.slice(index, index + 1);
      shares.set(name, { last, processed: (shares.get(name)?.processed ?? 0) + last.length });
    }
    for (const [name, { last, processed }] of shares) workers.took(now, name, queue, last, processed);
    return taken;
  }

  function run(entry: Entry): unknown {
    switch (entry.method) {
      case 'pushPlain':
        return jobs.pushPlain(entry.args.queue, entry.args.bodies);
      case 'takeSingles':
        return takeSingles(entry);
      case 'push': {
        const { now, args } = entry;
        const pushed = jobs.push(now, args);
        if (args.failure && 'ids' in pushed) {
          workers.failed(now, args.failure.worker, args.queue, args.jobs.length);
        }
        return pushed;
      }
      case 'take': {
        const { now, args } = entry;
        const taken = jobs.take(now, args);
        workers.took(now, args.worker, args.queue, taken.jobs, taken.jobs.length);
        return taken;
      }
      case 'restore': {
        const { args } = entry;
        return workers.untook(args.worker, args.queue, args.jobs, jobs.restore(args));
      }
      case 'purge':
        queues.purge(entry.args.queue);
        return workers.forgetCounters(entry.args.queue);
      case 'sweep':
        return { more: queues.sweep() };
      case 'setQueue':
        return queues.setStopped(entry.args.queue, entry.args.stopped);
      case 'queue':
        return queues.view(entry.args.queue, entry.now);
      case 'queues':
        return queues.list(entry.args.after ?? '', entry.args.limit);
      case 'peek':
        return peek(entry.now, entry.args);
      case 'register':
        return workers.register(entry.now, entry.args.worker, entry.args.queue);
      case 'unregister':
        return workers.unregister(entry.args.worker, entry.args.queue);
      case 'workers':
        return workers.list(entry.args);
      case 'probe':
        writeProbe.run(entry.now);
    }
    return undefined;
  }

  return {
    run,
    flush: () => queues.flush(),
    /** After a rollback. */
    reset() {
      queues.reset();
      ids.reset();
    },
  };
}
