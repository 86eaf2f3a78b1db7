/** Random jobs and policies for the random commands: every option, but most of the time few of them. */

import fc from 'fast-check';
import type { NewJob } from '../../dist/core/job.js';
import type { PolicyChange } from '../../dist/core/policy.js';

/** A job with its time counted from the push on. */
export interface JobAfter extends Omit<NewJob, 'runAt'> {
  /** Milliseconds from the push on until it may be taken; may be in the past. */
  readonly after?: number;
}

export function newJob({ after, ...job }: JobAfter, now: number): NewJob {
  return { ...job, ...(after !== undefined && { runAt: now + after }) };
}

/** Half seconds make ties, and `seenStepMs` is two of them. */
export const step = (from: number, to: number) =>
  fc.integer({ min: from, max: to }).map((halves) => halves * 500);

const body = fc.oneof(
  fc.nat(99).map(String),
  fc.string({ unit: 'grapheme', maxLength: 6 }).map((text) => JSON.stringify(text)),
);
const backoff = fc.constantFrom<NonNullable<NewJob['backoff']>>('exponential', [500], [500, 2_000], [1, 0]);
const keepMs = fc.constantFrom(0, 500, 2_000, 60_000);

/** Some of these members, each with this frequency: 1 in so many. */
function sometimes<T extends object>(members: { [K in keyof T]-?: [number, fc.Arbitrary<T[K]>] }) {
  const absent = Symbol('absent');
  const record = Object.fromEntries(
    Object.entries<[number, fc.Arbitrary<unknown>]>(members).map(([name, [oneIn, arbitrary]]) => [
      name,
      fc.oneof({ weight: oneIn - 1, arbitrary: fc.constant(absent) }, { weight: 1, arbitrary }),
    ]),
  );
  return fc
    .record(record)
    .map(
      (all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== absent)) as Partial<T>,
    );
}

const options = sometimes<Omit<JobAfter, 'body'>>({
  after: [3, fc.oneof(step(-2, 6), fc.constantFrom(1, 499, 501))],
  delayMs: [5, step(1, 6)],
  uniq: [3, fc.constantFrom('k1', 'k2', 'k3')],
  uniqUntil: [3, fc.constantFrom('taken' as const, 'done' as const)],
  priority: [4, fc.constantFrom(0, 4, 5, 9)],
  ttlMs: [5, step(1, 8)],
  attempts: [4, fc.constantFrom(1, 2, 3)],
  backoff: [4, backoff],
  keepMs: [5, keepMs],
  tags: [8, fc.constantFrom(['t'], ['t', 'u'])],
  traceparent: [8, fc.constant('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01')],
});

export const job: fc.Arbitrary<JobAfter> = fc.oneof(
  body.map((text) => ({ body: text })),
  fc.tuple(body, options).map(([text, more]) => ({ body: text, ...more })),
);

const firstWith = (list: readonly JobAfter[], uniq: string | undefined) =>
  list.findIndex((other) => other.uniq === uniq);

export const jobs = fc
  .array(job, { minLength: 1, maxLength: 5 })
  // The keys within one push differ: that is the caller's part.
  .map((list) => list.filter(({ uniq }, index) => firstWith(list, uniq) === index || uniq === undefined));

const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null, freq: 4 });

export const policy = sometimes<PolicyChange>({
  leaseMs: [3, orNull(fc.constantFrom(0, 1_000, 3_000))],
  attempts: [4, orNull(fc.constantFrom(1, 2, 3))],
  maxCrashes: [4, orNull(fc.constantFrom(1, 2))],
  backoff: [4, orNull(backoff)],
  keepDoneMs: [3, orNull(keepMs)],
  keepDoneCount: [4, orNull(fc.constantFrom(0, 1, 2))],
  keepDeadMs: [4, orNull(keepMs)],
  keepDeadCount: [4, orNull(fc.constantFrom(0, 1, 2))],
  maxSize: [5, orNull(fc.constantFrom(0, 2, 4))],
  ttlMs: [5, orNull(step(1, 8))],
});
