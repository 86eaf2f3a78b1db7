/** Random commands for a store: few queues, workers and keys, so that they meet each other often. */

import fc from 'fast-check';

export const queueNames = ['a', 'b', '__proto__'] as const;
export const workerNames = ['w1', 'w2', 'w3'] as const;

/** `restore` and `peek` refer to what came before: one of the takes not restored yet, the last page of the queue. */
export type Command =
  | { do: 'push'; queue: string; jobs: NewJobAfter[]; failure: { worker?: string } | undefined }
  | { do: 'take'; queue: string; limit: number; maxBytes: number; worker: string | undefined }
  | { do: 'restore'; take: number; firstOnly: boolean; by: boolean }
  | { do: 'purge'; queue: string }
  | { do: 'sweep' }
  | { do: 'setQueue'; queue: string; stopped: boolean }
  | { do: 'register'; worker: string; queue: string }
  | { do: 'unregister'; worker: string; queue: string }
  | { do: 'advance'; ms: number }
  | { do: 'reopen' }
  | { do: 'probe' }
  | { do: 'queue'; queue: string }
  | { do: 'queues'; limit: number; after: string | undefined }
  | { do: 'peek'; queue: string; limit: number; maxBytes: number; goOn: boolean }
  | { do: 'workers'; worker: string | undefined; queue: string | undefined };

export interface NewJobAfter {
  readonly text: string;
  /** Milliseconds from the push on until it may be taken; may be in the past. */
  readonly after: number | undefined;
  readonly uniq: string | undefined;
  readonly priority: number | undefined;
}

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const queue = fc.constantFrom(...queueNames);
const limit = fc.constantFrom(1, 1, 2, 3, 5, 100);
const maxBytes = fc.constantFrom(1, 6, 20, 10_000);
// Half seconds make ties, and `seenStepMs` is two of them.
const step = (from: number, to: number) => fc.integer({ min: from, max: to }).map((halves) => halves * 500);

const job: fc.Arbitrary<NewJobAfter> = fc.record({
  text: fc.oneof(fc.nat(99).map(String), fc.string({ unit: 'grapheme', maxLength: 6 }).map(toJson)),
  after: fc.oneof(
    { weight: 2, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.oneof(step(-2, 6), fc.constantFrom(1, 499, 501)) },
  ),
  uniq: fc.oneof(
    { weight: 3, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom('k1', 'k2', 'k3') },
  ),
  priority: fc.oneof(
    { weight: 3, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom(0, 4, 5, 9) },
  ),
});

const failure = (worker: fc.Arbitrary<string>) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: maybe(worker).map((name) => (name === undefined ? {} : { worker: name })) },
  );

const jobs = fc
  .array(job, { minLength: 1, maxLength: 5 })
  // The keys within one push differ: that is the caller's part.
  .map((list) => list.filter(({ uniq }, index) => firstWith(list, uniq) === index || uniq === undefined));

const firstWith = (list: readonly NewJobAfter[], uniq: string | undefined) =>
  list.findIndex((other) => other.uniq === uniq);

function toJson(text: string) {
  return JSON.stringify(text);
}

const mostly = fc.constantFrom(true, true, true, false);

type Weighted = fc.WeightedArbitrary<Command>;

/** Commands on these queues, by these workers. */
function queueCommands(of: fc.Arbitrary<string>, worker: fc.Arbitrary<string>): Weighted[] {
  const command = <C extends Command>(weight: number, record: { [K in keyof C]: fc.Arbitrary<C[K]> }) => ({
    weight,
    arbitrary: fc.record(record) as unknown as fc.Arbitrary<Command>,
  });
  type Of<D extends Command['do']> = Extract<Command, { do: D }>;
  const is = <D extends Command['do']>(name: D) => fc.constant(name);
  return [
    command<Of<'push'>>(12, { do: is('push'), queue: of, jobs, failure: failure(worker) }),
    command<Of<'take'>>(10, { do: is('take'), queue: of, limit, maxBytes, worker: maybe(worker) }),
    command<Of<'purge'>>(1, { do: is('purge'), queue: of }),
    command<Of<'setQueue'>>(1, { do: is('setQueue'), queue: of, stopped: fc.boolean() }),
    command<Of<'register'>>(3, { do: is('register'), worker, queue: of }),
    command<Of<'unregister'>>(1, { do: is('unregister'), worker, queue: of }),
    command<Of<'queue'>>(3, { do: is('queue'), queue: of }),
    command<Of<'peek'>>(6, {
      do: is('peek'),
      queue: of,
      limit: fc.constantFrom(1, 2, 2, 100),
      maxBytes,
      goOn: mostly,
    }),
    command<Of<'workers'>>(2, { do: is('workers'), worker: maybe(worker), queue: of }),
  ];
}

const restore = fc.record({
  do: fc.constant('restore' as const),
  take: fc.nat(20),
  firstOnly: fc.boolean(),
  by: fc.boolean(),
});
const sweep = fc.constant({ do: 'sweep' as const });
const advance = fc.record({
  do: fc.constant('advance' as const),
  ms: fc.oneof(step(1, 4), fc.constantFrom(1, 499)),
});

const anyWorker = fc.constantFrom(...workerNames);

const anyCommand = fc.oneof(
  ...queueCommands(queue, anyWorker),
  { weight: 4, arbitrary: restore },
  { weight: 1, arbitrary: sweep },
  { weight: 5, arbitrary: advance },
  { weight: 1, arbitrary: fc.constantFrom<Command>({ do: 'reopen' }, { do: 'probe' }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('queues' as const),
      limit: fc.constantFrom(1, 2, 9),
      after: maybe(queue),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('workers' as const),
      worker: maybe(anyWorker),
      queue: fc.constant(undefined),
    }),
  },
);

export const history = fc.array(anyCommand, { minLength: 1, maxLength: 40, size: 'max' });

/**
 * Groups of commands to be given at once. Calls for different queues have no order, so each worker keeps to one queue,
 * and what looks at all queues is not in it.
 */
const ownCommands = queueNames.flatMap((name, index) =>
  queueCommands(fc.constant<string>(name), fc.constant<string>(workerNames[index] as string)),
);
const group = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.array(fc.oneof(...ownCommands), { minLength: 2, maxLength: 40, size: 'max' }),
  },
  { weight: 1, arbitrary: fc.oneof(advance, sweep, restore).map((command): Command[] => [command]) },
);

export const groupedHistory = fc.array(group, { minLength: 1, maxLength: 8, size: 'max' });
