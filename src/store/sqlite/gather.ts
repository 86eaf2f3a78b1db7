/**
 * Gathers calls into entries for the thread. Plain pushes to one queue, single takes from one, and settlements in one become one
 * entry each however many there are: one statement for all of them, and little to carry from thread to thread.
 */

import { ApiError } from '../../api/errors.js';
import { chanceOf } from '../../core/retry.js';
import type { Push, Pushed, Settle, Settled, Take, Taken } from '../calls.js';
import type { Entry, Request } from './methods.js';
import { isPlain } from './pushes.js';
import { putsJobsIn } from './settlements.js';

type SettleEntry = Extract<Entry, { method: 'settle' }>;

interface Caller {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

/** An entry with those who wait for it, in the order in which they share its result. */
interface Gathered {
  readonly entry: Entry;
  readonly callers: Caller[];
}

export type Batch = readonly Gathered[];

/** Each may have `limits.answerBytes`. */
const largePerBatch = 4;
const isLarge = ({ method }: Entry) => method === 'list' || method === 'take';

export function createGatherer() {
  let gathered: Gathered[] = [];
  /**
   * The last entry of each queue, beside which there may be one of settlements: the order of a queue's calls is kept, but for takes
   * and settlements that are under way together; different queues have none.
   */
  let latest = new Map<string, Gathered>();
  let settling = new Map<string, { readonly entry: SettleEntry; readonly callers: Caller[] }>();

  function start(queue: string, entry: Entry, caller: Caller) {
    const started = { entry, callers: [caller] };
    gathered.push(started);
    latest.set(queue, started);
    settling.delete(queue);
  }

  function addSettlements(now: number, { queue, settlements, chance }: Settle, caller: Caller) {
    const chances = settlements.map((_, index) => chanceOf(chance, index));
    const entry: SettleEntry = {
      method: 'settle',
      now,
      args: { queue, settlements: [...settlements], chances },
    };
    // Who settles many at once, or needs room for follow-up jobs, has an entry to himself.
    if (settlements.length !== 1 || putsJobsIn(entry.args)) start(queue, entry, caller);
    else addSettlement(now, queue, entry, caller);
  }

  function addSettlement(now: number, queue: string, entry: SettleEntry, caller: Caller) {
    const before = settling.get(queue);
    if (before) {
      before.entry.now = now;
      before.entry.args.settlements.push(...entry.args.settlements);
      before.entry.args.chances.push(...entry.args.chances);
      before.callers.push(caller);
      return;
    }
    const started = { entry, callers: [caller] };
    gathered.push(started);
    settling.set(queue, started);
    // A take may go with those before it, anything else may not.
    if (latest.get(queue)?.entry.method !== 'takeSingles') latest.delete(queue);
  }

  function addPlainPush(now: number, queue: string, body: string, caller: Caller) {
    const last = latest.get(queue);
    if (last?.entry.method !== 'pushPlain') {
      return start(queue, { method: 'pushPlain', now, args: { queue, bodies: [body] } }, caller);
    }
    last.entry.now = now;
    last.entry.args.bodies.push(body);
    last.callers.push(caller);
  }

  function addSingleTake(now: number, { queue, worker, lease }: Take, caller: Caller) {
    const last = latest.get(queue);
    const leaseMs = lease ? lease.ms : 0;
    const taker = { worker, token: lease?.token ?? '' };
    if (last?.entry.method !== 'takeSingles' || last.entry.args.leaseMs !== leaseMs) {
      const entry: Entry = { method: 'takeSingles', now, args: { queue, leaseMs, takers: [taker] } };
      const started = { entry, callers: [caller] };
      gathered.push(started);
      latest.set(queue, started);
      return;
    }
    last.entry.now = now;
    last.entry.args.takers.push(taker);
    last.callers.push(caller);
  }

  return {
    get isEmpty() {
      return gathered.length === 0;
    },

    add(request: Request, caller: Caller) {
      const { method, now, args } = request;
      const body = method === 'push' ? plainBody(args) : undefined;
      if (method === 'push' && body !== undefined) addPlainPush(now, args.queue, body, caller);
      else if (method === 'take' && args.limit === 1) addSingleTake(now, args, caller);
      else if (method === 'settle') addSettlements(now, args, caller);
      else start(queueOf(args) ?? '', request, caller);
    },

    /** What was gathered since the last time, but no more large answers than the memory should hold at once. */
    batch(): Batch {
      let large = 0;
      const end = gathered.findIndex(({ entry }) => isLarge(entry) && ++large > largePerBatch);
      const batch = gathered.slice(0, end < 0 ? gathered.length : end);
      gathered = gathered.slice(batch.length);
      latest = new Map(gathered.map((one) => [queueOf(one.entry.args) ?? '', one]));
      settling = new Map();
      keepTime(batch);
      return batch;
    },
  };
}

/** Settlements that came later may stand before a take: no lease is to begin before its job was given back. */
function keepTime(batch: Batch) {
  const settledAt = new Map<string, number>();
  for (const { entry } of batch) {
    if (entry.method === 'settle') settledAt.set(entry.args.queue, entry.now);
    if (entry.method !== 'takeSingles') continue;
    entry.now = Math.max(entry.now, settledAt.get(entry.args.queue) ?? entry.now);
  }
}

function plainBody({ jobs, failure, once, represent }: Push): string | undefined {
  const [job] = jobs;
  if (jobs.length !== 1 || !job || failure || once || represent) return undefined;
  return isPlain(job) ? job.body : undefined;
}

const queueOf = (args: Entry['args']) => (args && 'queue' in args ? args.queue : undefined);

/** Gives every caller of an entry its part of the result. */
export function share({ entry, callers }: Gathered, result: unknown) {
  for (const [index, { resolve, reject }] of callers.entries()) {
    const part = partOf(entry, result, index, callers.length > 1);
    if (part instanceof ApiError) reject(part);
    else resolve(part as never);
  }
}

function partOf({ method }: Entry, result: unknown, index: number, isShared: boolean): unknown {
  switch (method) {
    case 'pushPlain': {
      const { first, accepted } = result as { first: number; accepted: number };
      return index < accepted ? ({ ids: [first + index] } satisfies Pushed) : new ApiError('queue_full');
    }
    case 'takeSingles': {
      const taken = result as Taken;
      const { jobs } = taken;
      return {
        ...taken,
        jobs: jobs.slice(index, index + 1),
        damaged: index === 0 ? taken.damaged : [],
        moved: index === 0 ? taken.moved : [],
        left: taken.left + Math.max(0, jobs.length - index - 1),
      } satisfies Taken;
    }
    case 'settle':
      return isShared ? [(result as Settled[])[index]] : result;
    default:
      return result;
  }
}
