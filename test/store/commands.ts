/** Random commands for a store: few queues, workers and keys, so that they meet each other often. */

import fc from 'fast-check';
import type { State } from '../../dist/core/job.js';
import type { PolicyChange } from '../../dist/core/policy.js';
import { type JobAfter, jobs, policy, step } from './options.js';
import { type Saying, settlements } from './sayings.js';

export const queueNames = ['a', 'b', '__proto__'] as const;
export const workerNames = ['w1', 'w2', 'w3'] as const;

/** A list's cursor from the last page of the same list goes on with `goOn`. */
interface Page {
  queue: string;
  state: State;
  limit: number;
  contains: string | undefined;
  goOn: boolean;
}

/**
 * What refers to something that came before does it by a number: `restore` to a take not restored yet, settlements to a
 * lease, `job` and `steer` to a job of the queue.
 */
export type Command =
  | {
      do: 'push';
      queue: string;
      jobs: JobAfter[];
      failure: { worker?: string } | undefined;
      once: { key: string; print: string; after: number } | undefined;
      represent: boolean;
    }
  | {
      do: 'take';
      queue: string;
      limit: number;
      maxBytes: number;
      worker: string | undefined;
      lease: number | 'policy' | 'none';
    }
  | { do: 'restore'; take: number; firstOnly: boolean; by: boolean }
  | { do: 'settle'; queue: string; says: Saying[]; chance: number }
  | { do: 'steer'; queue: string; action: 'retry' | 'cancel' | 'delete'; job: number }
  | ({ do: 'bulk'; action: 'retry' | 'delete' } & Page)
  | { do: 'job'; queue: string; job: number; ahead: boolean }
  | ({ do: 'list'; maxBytes: number } & Page)
  | { do: 'purge'; queue: string }
  | { do: 'tend'; restart: boolean }
  | {
      do: 'setQueue';
      queue: string;
      stopped: boolean | undefined;
      policy: PolicyChange | undefined;
      ifRevision: 'latest' | 'older' | undefined;
    }
  | { do: 'register'; worker: string; queue: string }
  | { do: 'unregister'; worker: string; queue: string }
  | { do: 'advance'; ms: number }
  | { do: 'reopen' }
  | { do: 'probe' }
  | { do: 'queue'; queue: string }
  | { do: 'queues'; limit: number; after: string | undefined }
  | { do: 'workers'; worker: string | undefined; queue: string | undefined };

type Weighted = fc.WeightedArbitrary<Command> & { do: Command['do'] };
type Of<D extends Command['do']> = Extract<Command, { do: D }>;

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const seldom = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 5 });
const anyQueue = fc.constantFrom<string>('a', 'a', 'a', ...queueNames);
const anyWorker = fc.constantFrom<string>(...workerNames);
const limit = fc.constantFrom(1, 1, 2, 3, 5, 100);
/** What is known about a job weighs a little more or less in each store: no bound is near what a job with attempts weighs. */
const maxBytes = fc.constantFrom(1, 6, 20, 60, 10_000);
const mostly = fc.constantFrom(true, true, true, false);
const seldomTrue = fc.constantFrom(false, false, false, true);
const state = fc.constantFrom<State>('ready', 'delayed', 'leased', 'done', 'dead');

function command<D extends Command['do']>(
  weight: number,
  name: D,
  record: { [K in Exclude<keyof Of<D>, 'do'>]: fc.Arbitrary<Of<D>[K]> },
): Weighted {
  const all = fc.record({ do: fc.constant(name), ...record });
  return { do: name, weight, arbitrary: all as unknown as fc.Arbitrary<Command> };
}

const once = fc.record({
  key: fc.constantFrom('o1', 'o2'),
  print: fc.constantFrom('p', 'p', 'q'),
  after: step(1, 6),
});
const failure = (worker: fc.Arbitrary<string>) =>
  seldom(maybe(worker).map((name) => (name === undefined ? {} : { worker: name })));

/** Commands on these queues, by these workers; settlements push to `others`. */
function queueCommands(
  queue: fc.Arbitrary<string>,
  worker: fc.Arbitrary<string>,
  others: fc.Arbitrary<string>,
): Weighted[] {
  const page = { queue, state, contains: seldom(fc.constantFrom('"', '1', 'x')), goOn: mostly };
  return [
    command(14, 'push', { queue, jobs, failure: failure(worker), once: seldom(once), represent: seldomTrue }),
    command(14, 'take', {
      queue,
      limit,
      maxBytes,
      worker: maybe(worker),
      lease: fc.constantFrom<Of<'take'>['lease']>('none', 'policy', 0, 500, 1_000, 2_000, 5_000),
    }),
    command(14, 'settle', { queue, says: settlements(others), chance: fc.constantFrom(0, 0.5, 1) }),
    command(5, 'steer', {
      queue,
      action: fc.constantFrom('retry' as const, 'cancel' as const, 'delete' as const),
      job: fc.nat(30),
    }),
    command(2, 'bulk', {
      ...page,
      action: fc.constantFrom('retry' as const, 'delete' as const),
      limit: fc.constantFrom(1, 2, 100),
    }),
    command(4, 'job', { queue, job: fc.nat(30), ahead: fc.boolean() }),
    command(6, 'list', { ...page, limit: fc.constantFrom(1, 2, 2, 100), maxBytes }),
    command(1, 'purge', { queue }),
    command(4, 'setQueue', {
      queue,
      stopped: fc.constantFrom(undefined, undefined, false, false, true),
      policy: maybe(policy),
      ifRevision: seldom(fc.constantFrom('latest' as const, 'older' as const)),
    }),
    command(3, 'register', { worker, queue }),
    command(1, 'unregister', { worker, queue }),
    command(3, 'queue', { queue }),
    command(2, 'workers', { worker: maybe(worker), queue }),
  ];
}

const restore = command(4, 'restore', { take: fc.nat(20), firstOnly: fc.boolean(), by: fc.boolean() });
const tend = command(4, 'tend', { restart: seldomTrue });
const advance = command(7, 'advance', {
  ms: fc.oneof(
    { weight: 5, arbitrary: step(1, 5) },
    { weight: 2, arbitrary: fc.constantFrom(1, 499, 30_000) },
    { weight: 1, arbitrary: step(-5, -1) },
  ),
});

const anyCommand = fc.oneof(
  ...queueCommands(anyQueue, anyWorker, anyQueue),
  restore,
  tend,
  advance,
  command(1, 'reopen', {}),
  command(1, 'probe', {}),
  command(2, 'queues', { limit: fc.constantFrom(1, 2, 9), after: maybe(anyQueue) }),
  command(2, 'workers', { worker: maybe(anyWorker), queue: fc.constant(undefined) }),
);

export const history = fc.array(anyCommand, { minLength: 1, maxLength: 100, size: 'max' });

/**
 * Groups of commands to be given at once. Calls for different queues have no order, so each worker keeps to one queue,
 * and what looks at all queues is not in it. Takes and settlements have none either: a group has one kind of them.
 */
const ownCommands = queueNames.flatMap((name, index) => {
  const own = fc.constant<string>(name);
  return queueCommands(own, fc.constant<string>(workerNames[index] as string), own);
});
const without = (name: Command['do']) =>
  fc.array(fc.oneof(...ownCommands.filter((one) => one.do !== name)), {
    minLength: 2,
    maxLength: 40,
    size: 'max',
  });
const group = fc.oneof(
  { weight: 5, arbitrary: without('settle') },
  { weight: 3, arbitrary: without('take') },
  { weight: 2, arbitrary: fc.oneof(advance, tend, restore).map((one): Command[] => [one]) },
);

export const groupedHistory = fc.array(group, { minLength: 1, maxLength: 12, size: 'max' });
