/** Random settlements for the random commands, of leases that are held, over, settled before, or of another queue. */

import fc from 'fast-check';
import { type JobAfter, job, step } from './options.js';

/** What is said about the lease with this number, counted back from the latest one. */
export type Saying = {
  lease: number;
  /** The lease is one of any queue, or its token is not right. */
  wrong: 'queue' | 'token' | undefined;
} & (
  | { act: 'done'; result?: string; push?: { queue: string; job: JobAfter }[] }
  | { act: 'fail'; error?: string; delayMs?: number; dead?: boolean }
  | { act: 'release'; delayMs?: number }
  | { act: 'extend'; ms?: number; progress?: number; note?: string }
);

const rarely = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });

/** The members that have a value. */
const known = <T extends object>(record: T) =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));

const delayMs = rarely(fc.oneof(step(0, 4), fc.constant(1)));

const act = (queue: fc.Arbitrary<string>) =>
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        act: fc.constant('done' as const),
        result: rarely(fc.constantFrom('null', ' {"a" : 1e400} ', '"😀"')),
        push: rarely(fc.array(fc.record({ queue, job }), { maxLength: 2 })),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        act: fc.constant('fail' as const),
        error: rarely(fc.constantFrom('', 'no luck')),
        delayMs,
        dead: fc.constantFrom(undefined, undefined, false, true),
      }),
    },
    { weight: 2, arbitrary: fc.record({ act: fc.constant('release' as const), delayMs }) },
    {
      weight: 2,
      arbitrary: fc.record({
        act: fc.constant('extend' as const),
        ms: rarely(step(1, 6)),
        progress: rarely(fc.constantFrom(0, 0.5, 1)),
        note: rarely(fc.constant('half way')),
      }),
    },
  );

export const settlements = (queue: fc.Arbitrary<string>): fc.Arbitrary<Saying[]> => {
  const which = fc.record({
    lease: fc.oneof(fc.constantFrom(0, 0, 1), fc.nat(20)),
    wrong: fc.oneof(
      { weight: 9, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.constantFrom('queue' as const, 'token' as const) },
    ),
  });
  const saying = fc.tuple(which, act(queue)).map(([lease, says]) => ({ ...lease, ...known(says) }) as Saying);
  return fc.array(saying, { minLength: 1, maxLength: 3 });
};
