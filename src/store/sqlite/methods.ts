/** The store's methods, inside a transaction. */

import { type Job, leaseToken } from '../../core/job.js';
import { ripenStep, singlesBytes, type Take, type Taken } from '../calls.js';
import type { Store } from '../store.js';
import { createUntold } from '../untold.js';
import { type ArchiveRequest, createArchive } from './archive.js';
import type { Database } from './binding.js';
import { createIds } from './ids.js';
import { createLooks } from './looks.js';
import { createOnceKeys } from './once.js';
import { createPassing } from './passing.js';
import { createPushes } from './pushes.js';
import { createQueues } from './queues.js';
import { createRows } from './rows.js';
import { createSettlements, type Settlements } from './settlements.js';
import { createTakes } from './takes.js';
import { createTend } from './tend.js';
import { createWorkers } from './workers.js';

/** The methods that are answered from the database, by name. */
export type Method = Exclude<
  keyof Store,
  'durability' | 'replicas' | 'isShared' | 'about' | 'look' | 'close'
>;

/** One call of a method. */
export type Request =
  | {
      [M in Method]: { readonly method: M; readonly now: number; readonly args: Parameters<Store[M]>[1] };
    }[Method]
  | ArchiveRequest;

/** What the thread is asked: a call, or many simple ones of one queue together. */
export type Entry = Exclude<Request, { method: 'settle' }> | PushPlain | TakeSingles | SettleAll;

/** Settlements of one caller, or of many. */
interface SettleAll {
  readonly method: 'settle';
  now: number;
  readonly args: Settlements;
}

/** Pushes of one job each that is nothing but its text. The result is the id of the first; the others follow it, so many were accepted. */
interface PushPlain {
  readonly method: 'pushPlain';
  now: number;
  readonly args: { readonly queue: string; readonly bodies: string[] };
}

interface Taker {
  readonly worker?: string | undefined;
  readonly token: string;
}

/** Takes of one job each, by these workers or by nobody, for the same time. The result is the one of a take of them all. */
interface TakeSingles {
  readonly method: 'takeSingles';
  now: number;
  readonly args: { readonly queue: string; readonly leaseMs: number | undefined; readonly takers: Taker[] };
}

export type Methods = ReturnType<typeof createMethods>;

export function createMethods(db: Database) {
  const ids = createIds(db);
  const queues = createQueues(db, ids);
  const rows = createRows(db);
  const passing = createPassing(db, rows);
  const once = createOnceKeys(db);
  const pushes = createPushes(db, ids, queues, rows, once);
  const takes = createTakes(db, queues, rows, passing);
  const workers = createWorkers(db);
  const settle = createSettlements(queues, rows, pushes, workers);
  const untold = createUntold();
  const looks = createLooks(db, queues, rows, passing, untold);
  const tend = createTend(queues, rows, passing, once, untold);
  const archive = createArchive(db, ids, queues, once, workers);
  const writeProbe = db.prepare("UPDATE number SET value = ? WHERE name = 'probed_at'");

  function takeSingles({ now, args: { queue, leaseMs, takers } }: TakeSingles): Taken {
    const taken = takes.take(now, {
      queue,
      leaseMs,
      limit: takers.length,
      maxBytes: singlesBytes,
      takerOf: (index) => takers[index] as Taker,
      // Each of them may count on what it alone would have made ready.
      ripening: Math.max(ripenStep, takers.length),
    });
    const shares = new Map<string, { last: readonly Job[]; processed: number }>();
    for (const [index, { worker }] of takers.entries()) {
      if (worker === undefined) continue;
      const last = takenForGood(taken.jobs.slice(index, index + 1));
      shares.set(worker, { last, processed: (shares.get(worker)?.processed ?? 0) + last.length });
    }
    for (const [name, { last, processed }] of shares) workers.took(now, name, queue, last, processed);
    return taken;
  }

  function take(now: number, { queue, limit, maxBytes, worker, lease }: Take): Taken {
    const taken = takes.take(now, {
      queue,
      limit,
      maxBytes,
      leaseMs: lease ? lease.ms : 0,
      takerOf: (index) => ({ worker, token: leaseToken(lease?.token ?? '', index) }),
      ripening: ripenStep,
    });
    const forGood = takenForGood(taken.jobs);
    workers.took(now, worker, queue, forGood, forGood.length);
    return taken;
  }

  function run(entry: Entry): unknown {
    switch (entry.method) {
      case 'pushPlain':
        return pushes.pushPlain(entry.now, entry.args.queue, entry.args.bodies);
      case 'takeSingles':
        return takeSingles(entry);
      case 'push': {
        const { now, args } = entry;
        const pushed = pushes.push(now, args);
        if (args.failure && 'ids' in pushed && !pushed.replayed) {
          workers.failed(now, args.failure.worker, args.queue, args.jobs.length);
        }
        return pushed;
      }
      case 'take':
        return take(entry.now, entry.args);
      case 'restore': {
        const { now, args } = entry;
        return workers.untook(args.worker, args.queue, args.jobs, takes.restore(now, args));
      }
      case 'settle':
        return settle(entry.now, entry.args);
      case 'steer':
        return looks.steer(entry.now, entry.args);
      case 'job':
        return looks.job(entry.now, entry.args);
      case 'list':
        return looks.list(entry.now, entry.args);
      case 'purge':
        queues.purge(entry.args.queue);
        return workers.forgetCounters(entry.args.queue);
      case 'tend':
        return tend(entry.now, entry.args.restart);
      case 'setQueue':
        return queues.set(entry.args);
      case 'queue':
        return { ...looks.view(entry.now, entry.args.queue), workers: workers.countOn(entry.args.queue) };
      case 'queues':
        return queues.list(entry.args.after ?? '', entry.args.limit);
      case 'register':
        return workers.register(entry.now, entry.args.worker, entry.args.queue);
      case 'unregister':
        return workers.unregister(entry.args.worker, entry.args.queue);
      case 'workers':
        return workers.list(entry.args);
      case 'probe':
        return void writeProbe.run(entry.now);
      default:
        return archive[entry.method](entry.args as never);
    }
  }

  return {
    run,
    flush() {
      queues.flush();
      workers.flush();
    },
    /** After a rollback. */
    reset() {
      queues.reset();
      workers.reset();
      ids.reset();
    },
  };
}

const takenForGood = (jobs: readonly Job[]) => jobs.filter(({ details }) => details?.lease === undefined);
