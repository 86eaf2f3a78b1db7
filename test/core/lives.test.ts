/** What is always so, whatever happens to a job in whatever order: the transitions as pure functions. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Attempt, attemptsKept, type Life, type NewJob, type Settlement } from '../../dist/core/job.js';
import { born, cancelled, leased, passed, retried, taken, untaken } from '../../dist/core/life.js';
import { attemptOf, type Moment } from '../../dist/core/moves.js';
import { defaultPolicy, type Policy } from '../../dist/core/policy.js';
import { isHeldBy, settled } from '../../dist/core/settlement.js';

const start = 1_700_000_000_000;
const ms = fc.integer({ min: 1, max: 20_000 });
const counts = fc.integer({ min: 1, max: 4 });

const policies: fc.Arbitrary<Policy> = fc.record(
  { attempts: counts, maxCrashes: counts, backoff: fc.array(ms, { minLength: 1, maxLength: 3 }), ttlMs: ms },
  { requiredKeys: [] },
);
const news: fc.Arbitrary<NewJob> = fc.record(
  {
    body: fc.constant('1'),
    runAt: ms.map((later) => start + later),
    uniq: fc.constant('key'),
    uniqUntil: fc.constantFrom('taken', 'done'),
    priority: fc.integer({ min: 0, max: 9 }),
    ttlMs: ms,
    attempts: counts,
    keepMs: ms,
    tags: fc.constant(['tag']),
  },
  { requiredKeys: ['body'] },
);
const step = fc.oneof(
  fc.record({ do: fc.constant('wait' as const), ms }),
  fc.record({ do: fc.constant('lease' as const), ms }),
  fc.record({ do: fc.constantFrom('take', 'cancel', 'retry', 'undo', 'restart') }),
  fc.record({ do: fc.constantFrom('done', 'release', 'extend'), stale: fc.boolean() }),
  fc.record({ do: fc.constant('fail' as const), stale: fc.boolean(), dead: fc.boolean() }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Nobody may change what it was given. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
}

function settlementOf(step: Step, lease: string): Settlement {
  const { do: act, dead = false } = step as { do: 'done' | 'release' | 'extend' | 'fail'; dead?: boolean };
  return { id: 1, lease, act, ...(act === 'fail' && dead && { dead }) } as Settlement;
}

function expectSound(job: Life, first: Life, { policy, now }: Moment) {
  const { state, dueAt, details = {}, uniq } = job;
  expect(details.lease !== undefined).toBe(state === 'leased');
  expect(dueAt === undefined).toBe(state === 'ready');
  expect(details.reason !== undefined).toBe(state === 'dead');
  expect(details.endedAt !== undefined).toBe(state === 'done' || state === 'dead');
  expect([job.id, job.createdAt, job.priority]).toEqual([first.id, first.createdAt, first.priority]);
  expect([undefined, first.expiresAt]).toContain(job.expiresAt);
  // The key is held or freed, never lost, and free in the end.
  expect(uniq ?? details.freed).toBe(first.uniq);
  if (state === 'done' || state === 'dead') expect(uniq).toBeUndefined();
  if (state === 'ready' || state === 'delayed') expect(uniq).toBe(first.uniq);
  const log = details.log ?? [];
  expect(log.length).toBeLessThanOrEqual(attemptsKept);
  expectOrdered(log, now);
  const { failures, crashes } = spentOf(job);
  expect(failures).toBeGreaterThanOrEqual(0);
  expect(crashes).toBeGreaterThanOrEqual(0);
  if (state !== 'dead' && state !== 'done') {
    const most = first.details?.attempts ?? policy.attempts ?? defaultPolicy.attempts;
    expect(failures + crashes).toBeLessThan(most);
    expect(crashes).toBeLessThan(policy.maxCrashes ?? defaultPolicy.maxCrashes);
  }
  expect(JSON.parse(JSON.stringify(job))).toEqual(job);
}

/** Failures and crashes since the last retry. */
function spentOf({ details = {} }: Life) {
  const { failures = 0, crashes = 0, forgiven = { failures: 0, crashes: 0 } } = details;
  return { failures: failures - forgiven.failures, crashes: crashes - forgiven.crashes };
}

function expectOrdered(log: readonly Attempt[], now: number) {
  for (const [index, one] of log.entries()) {
    const before = log[index - 1];
    expect(one.startedAt).toBeLessThanOrEqual(one.endedAt);
    expect(one.endedAt).toBeLessThanOrEqual(now);
    if (!before) continue;
    expect(one.startedAt).toBeGreaterThanOrEqual(before.endedAt);
    // Failures and crashes raise the number, a release does not.
    const raised = before.outcome === 'failed' || before.outcome === 'crashed' ? 1 : 0;
    expect(one.attempt).toBe(before.attempt + raised);
  }
}

/** What a step makes of the job; itself when the step does not apply. */
function walk(job: Life, step: Step, moment: Moment, tokens: string[]): Life | undefined {
  switch (step.do) {
    case 'wait':
      return passed(job, moment);
    case 'restart':
      return passed(job, { ...moment, restart: true });
    case 'lease':
      if (job.state !== 'ready') return job;
      tokens.push(`t${tokens.length}`);
      return leased(job, { token: tokens.at(-1) ?? '', since: moment.now, ms: (step as { ms: number }).ms });
    case 'take':
      return job.state === 'ready' ? taken(job, moment) : job;
    case 'undo':
      return job.state === 'leased' ? untaken(job, moment) : job;
    case 'cancel':
      return cancelled(job, moment) ?? job;
    case 'retry':
      return retried(job, moment) ?? job;
    default:
      return settle(job, step, moment, tokens);
  }
}

function settle(job: Life, step: Step, moment: Moment, tokens: readonly string[]): Life | undefined {
  const { stale } = step as { stale: boolean };
  const token = tokens.at(stale ? -2 : -1) ?? 'none';
  const settlement = settlementOf(step, token);
  const came = settled(job, settlement, { ...moment, chance: 0.5 });
  if (!isHeldBy(job, token, moment.now)) {
    // Refused, or told again what it was told before; nothing changes.
    if (came) expect(came.job).toBe(job);
    return job;
  }
  expect(came).toBeDefined();
  if (came?.job && settlement.act !== 'extend') {
    const again = settled(frozen(came.job), settlement, { ...moment, chance: 0.9 });
    expect(again).toEqual({ job: came.job, answer: came.answer });
    const other = settlement.act === 'done' ? 'release' : 'done';
    expect(settled(came.job, { id: 1, lease: token, act: other }, { ...moment, chance: 0 })).toBeUndefined();
  }
  return came?.job;
}

test('a life is sound at every moment', () => {
  const steps = fc.array(step, { maxLength: 40, size: 'max' });
  let longest = 0;
  fc.assert(
    fc.property(news, policies, steps, (pushed, policy, walked) => {
      let now = start;
      const first = frozen(born(pushed, 1, { now, policy }));
      const tokens: string[] = [];
      let job: Life | undefined = first;
      for (const [index, one] of walked.entries()) {
        if (one.do === 'wait') now += (one as { ms: number }).ms;
        job = frozen(walk(job, one, { now, policy }, tokens));
        if (!job) break;
        longest = Math.max(longest, index);
        expectSound(job, first, { now, policy });
      }
    }),
    { numRuns: 300 },
  );
  expect(longest).toBeGreaterThan(20);
});

test('a take undone leaves no trace', () => {
  fc.assert(
    fc.property(news, policies, ms, (pushed, policy, lease) => {
      const { runAt: _, ...ready } = pushed;
      const job = frozen(born(ready, 1, { now: start, policy }));
      const held = leased(job, { token: 't', since: start, ms: lease, worker: 'w' });
      expect(untaken(frozen(held), { now: start, policy })).toEqual(job);
      const record = taken(job, { now: start + 5, policy }, 'w');
      if (record) expect(untaken(frozen(record), { now: start + 5, policy })).toEqual(job);
    }),
  );
});

test('time does nothing before it has come', () => {
  fc.assert(
    fc.property(news, ms, (pushed, lease) => {
      const job = born(pushed, 1, { now: start, policy: {} });
      const held = leased(job, { token: 't', since: start, ms: lease });
      for (const one of [job, held]) {
        const ends = [one.dueAt, one.state === 'leased' ? undefined : one.expiresAt].filter(
          (at) => at !== undefined,
        );
        const moment = { now: Math.min(...ends, start + 60_000) - 1, policy: {} };
        expect(passed(one, moment)).toBe(one);
        if (ends.length > 0) expect(passed(one, { ...moment, now: moment.now + 1 })).not.toBe(one);
      }
    }),
  );
});

test('the number of an attempt grows by one with every failure and crash, over retries too', () => {
  const policy = { attempts: 2, backoff: [0] };
  let job: Life = born({ body: '1' }, 1, { now: start, policy });
  const numbers: number[] = [];
  for (let n = 0; n < 6; n++) {
    if (job.state === 'dead') job = retried(job, { now: start + n, policy }) as Life;
    job = leased(job, { token: `t${n}`, since: start + n, ms: 1_000 });
    numbers.push(attemptOf(job));
    const failed = settled(
      job,
      { id: 1, lease: `t${n}`, act: 'fail' },
      { now: start + n, policy, chance: 0 },
    );
    job = failed?.job as Life;
  }
  expect(numbers).toEqual([1, 2, 3, 4, 5, 6]);
  expect(job).toMatchObject({ state: 'dead', details: { reason: 'failed', failures: 6 } });
});
