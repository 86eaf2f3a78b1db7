/**
 * Gathers calls into entries for the thread. Plain pushes to one queue, and single takes from one, become one entry
 * each however many there are: one statement for all of them, and little to carry from thread to thread.
 */

import type { Push, Pushed, Take, Taken } from '../store.js';
import type { Entry, Request } from './methods.js';

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
const isLarge = ({ method }: Entry) => method === 'peek' || method === 'take';

export function createGatherer() {
  let gathered: Gathered[] = [];
  /** The last entry of each queue: the order of a queue's calls is kept, different queues have none. */
  let latest = new Map<string, Gathered>();

  function start(queue: string, entry: Entry, caller: Caller) {
    const started = { entry, callers: [caller] };
    gathered.push(started);
    latest.set(queue, started);
  }

  function addPlainPush(queue: string, body: string, caller: Caller) {
    const last = latest.get(queue);
    if (last?.entry.method !== 'pushPlain') {
      return start(queue, { method: 'pushPlain', args: { queue, bodies: [body] } }, caller);
    }
    last.entry.args.bodies.push(body);
    last.callers.push(caller);
  }

  function addSingleTake(now: number, { queue, worker }: Take, caller: Caller) {
    const last = latest.get(queue);
    if (last?.entry.method !== 'takeSingles') {
      return start(queue, { method: 'takeSingles', now, args: { queue, workers: [worker] } }, caller);
    }
    last.entry.now = now;
    last.entry.args.workers.push(worker);
    last.callers.push(caller);
  }

  return {
    get isEmpty() {
      return gathered.length === 0;
    },

    add(request: Request, caller: Caller) {
      const { method, now, args } = request;
      const body = method === 'push' ? plainBody(args) : undefined;
      if (method === 'push' && body !== undefined) addPlainPush(args.queue, body, caller);
      else if (method === 'take' && args.limit === 1) addSingleTake(now, args, caller);
      else start(queueOf(args) ?? '', request, caller);
    },

    /** What was gathered since the last time, but no more large answers than the memory should hold at once. */
    batch(): Batch {
      let large = 0;
      const end = gathered.findIndex(({ entry }) => isLarge(entry) && ++large > largePerBatch);
      const batch = gathered.slice(0, end < 0 ? gathered.length : end);
      gathered = gathered.slice(batch.length);
      latest = new Map(gathered.map((one) => [queueOf(one.entry.args) ?? '', one]));
      return batch;
    },
  };
}

function plainBody({ jobs, failure }: Push): string | undefined {
  const [job] = jobs;
  if (jobs.length !== 1 || !job || failure) return undefined;
  const { body, runAt, uniq, priority } = job;
  return runAt === undefined && uniq === undefined && priority === undefined ? body : undefined;
}

const queueOf = (args: Entry['args']) => (args && 'queue' in args ? args.queue : undefined);

/** Gives every caller of an entry its part of the result. */
export function share({ entry, callers }: Gathered, result: unknown) {
  for (const [index, { resolve }] of callers.entries()) {
    resolve(partOf(entry, result, index) as never);
  }
}

function partOf({ method }: Entry, result: unknown, index: number): unknown {
  switch (method) {
    case 'pushPlain':
      return { ids: [(result as number) + index] } satisfies Pushed;
    case 'takeSingles': {
      const taken = result as Taken;
      const { jobs } = taken;
      return {
        ...taken,
        jobs: jobs.slice(index, index + 1),
        damaged: index === 0 ? taken.damaged : [],
        left: taken.left + Math.max(0, jobs.length - index - 1),
      } satisfies Taken;
    }
    default:
      return result;
  }
}
