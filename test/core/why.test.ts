/** Why a job is not running: the sentence says what is so, and the fields say the same to programs. */

import { describe, expect, test } from 'vitest';
import type { Details, Job } from '../../dist/core/job.js';
import { whyOf } from '../../dist/core/why.js';

const now = 1_700_000_000_000;
const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const job = { id: 7, state: 'ready', createdAt: now - hour, body: '1' } as const satisfies Job;
const quiet = { now, stopped: false, ahead: 0, asked: { at: undefined, since: now - 2 * hour } };

describe('of a ready job', () => {
  test.each([
    { ahead: 0, askedAt: now - 500, why: 'it is next; a worker asked 0.5 s ago' },
    { ahead: 1, askedAt: now - 6 * minute, why: 'it is behind 1 job; no worker has asked for 6 min' },
    {
      ahead: 41,
      askedAt: undefined,
      why: 'it is behind 41 jobs; no worker has asked since the server started 2 h ago',
    },
    { ahead: 0, askedAt: now - 119 * second, why: 'it is next; no worker has asked for 119 s' },
    { ahead: 0, askedAt: now - 3 * 24 * hour, why: 'it is next; no worker has asked for 3 d' },
  ])('with $ahead ahead, asked for at $askedAt: $why', ({ ahead, askedAt, why }) => {
    expect(whyOf(job, { ...quiet, ahead, asked: { ...quiet.asked, at: askedAt } })).toEqual({
      why,
      stopped: false,
      behind: ahead,
      ...(askedAt !== undefined && { asked_at: askedAt / 1_000 }),
    });
  });

  test('in a stopped queue', () => {
    const why = { why: 'the queue is stopped', stopped: true, behind: 3 };
    expect(whyOf(job, { ...quiet, stopped: true, ahead: 3 })).toEqual(why);
  });
});

describe('of a delayed job', () => {
  const delayed = { ...job, state: 'delayed', dueAt: now + 90 * second } as const;

  test.each([
    { failures: 0, stopped: false, why: 'it is delayed, and ready in 90 s' },
    { failures: 1, stopped: false, why: 'it is delayed after 1 failure, and ready in 90 s' },
    {
      failures: 3,
      stopped: true,
      why: 'it is delayed after 3 failures, and ready in 90 s; the queue is stopped',
    },
  ])('with $failures failures, stopped $stopped: $why', ({ failures, stopped, why }) => {
    const failed = failures > 0 ? { ...delayed, details: { failures } } : delayed;
    expect(whyOf(failed, { ...quiet, stopped })).toEqual({
      why,
      run_at: (now + 90 * second) / 1_000,
      stopped,
    });
  });
});

describe('of a leased job', () => {
  const leased = { ...job, state: 'leased', dueAt: now + 30 * second } as const;
  const lease = { token: 't', since: now, ms: 30 * second };

  test('with a worker', () => {
    expect(whyOf({ ...leased, details: { lease: { ...lease, worker: 'w1' } } }, quiet)).toEqual({
      why: 'it is leased by w1, for another 30 s',
      worker: 'w1',
      expires_at: leased.dueAt / 1_000,
    });
  });

  test('without a name, asked to stop', () => {
    expect(whyOf({ ...leased, details: { lease: { ...lease, cancel: true } } }, quiet)).toEqual({
      why: 'it is leased by a worker without a name, which was asked to stop, for another 30 s',
      expires_at: leased.dueAt / 1_000,
    });
  });

  test('never shows the token', () => {
    const secret = { ...leased, details: { lease: { ...lease, token: 's3cr3t' } } };
    expect(JSON.stringify(whyOf(secret, quiet))).not.toContain('s3cr3t');
  });
});

describe('of a job that has ended', () => {
  const endedAt = now - 5 * minute;
  const attempt = { attempt: 1, startedAt: endedAt - second, endedAt, outcome: 'failed' } as const;

  test.each<{ details: Details; says: RegExp }>([
    { details: { reason: 'failed', failures: 1 }, says: /it failed 1 time$/ },
    {
      details: { reason: 'failed', failures: 25, log: [{ ...attempt, error: 'no route to host' }] },
      says: /it failed 25 times.*no route to host$/,
    },
    { details: { reason: 'crashed', crashes: 5 }, says: /5 leases of it ran out$/ },
    {
      details: { reason: 'crashed', crashes: 1, failures: 2 },
      says: /failed 2 times.*1 lease of it ran out$/,
    },
    { details: { reason: 'cancelled' }, says: /it was cancelled$/ },
    { details: { reason: 'expired' }, says: /it waited longer than its ttl$/ },
    { details: { reason: 'damaged' }, says: /its text was damaged/ },
  ])('dead because of $details: $says', ({ details, says }) => {
    const why = whyOf({ ...job, state: 'dead', dueAt: now + hour, details: { ...details, endedAt } }, quiet);
    expect(why).toEqual({
      why: expect.stringMatching(says),
      ended_at: endedAt / 1_000,
      reason: details.reason,
    });
    expect(why.why).toMatch(/^it is dead since 5 min: /);
  });

  test('done', () => {
    const log = [{ ...attempt, outcome: 'done', worker: 'w1' }] as const;
    expect(whyOf({ ...job, state: 'done', details: { endedAt, log } }, quiet)).toEqual({
      why: 'it is done by w1, 5 min ago',
      ended_at: endedAt / 1_000,
      worker: 'w1',
    });
    const nameless = whyOf({ ...job, state: 'done', details: { endedAt } }, quiet);
    expect(nameless).toEqual({ why: 'it is done, 5 min ago', ended_at: endedAt / 1_000 });
  });

  test('a long error is cut', () => {
    const log = [{ ...attempt, error: 'x'.repeat(60_000) }];
    const details = { reason: 'failed', failures: 1, log, endedAt } as const;
    expect(whyOf({ ...job, state: 'dead', details }, quiet).why.length).toBeLessThan(400);
  });
});
