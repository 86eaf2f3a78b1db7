/** What a settlement makes of a leased job, and what it is answered. */

import { expect } from 'vitest';
import type { Job } from '../../../dist/core/job.js';
import {
  jobNow,
  leaseJobs,
  leaseNew,
  listBodies,
  push,
  pushUniq,
  type StoreTest,
  settle,
  T0,
  take,
  tokenOf,
} from '../../support/store.js';

export function settlements(it: StoreTest) {
  it('makes a done job a record with its result, byte for byte', async (subject) => {
    const results = [undefined, 'null', ' {"a" : 1e400, "a":2} ', '"😀 \\u0000 \u2028"', '{"__proto__":1}'];
    const ids: number[] = [];
    for (const result of results) {
      const job = await leaseNew(subject.store, 'foo', { body: ' [1e999] ' }, { worker: 'w' });
      const says = { act: 'done', ...(result !== undefined && { result }) } as const;
      expect(await settle(subject.store, 'foo', job, says, T0 + 5)).toEqual({ state: 'done' });
      ids.push(job.id);
    }
    const store = await subject.reopen();
    for (const [index, id] of ids.entries()) {
      const job = (await jobNow(store, 'foo', id, T0 + 6)) as Job;
      expect(job).toMatchObject({ state: 'done', body: ' [1e999] ', dueAt: T0 + 5 + 600_000 });
      expect(job.result).toBe(results[index]);
      expect(job.details?.endedAt).toBe(T0 + 5);
      expect(job.details?.log).toMatchObject([
        { attempt: 1, startedAt: T0, endedAt: T0 + 5, outcome: 'done', worker: 'w' },
      ]);
    }
    const shown = await store.list(T0 + 6, { queue: 'foo', state: 'done', limit: 9, maxBytes: 9_999 });
    expect(shown.jobs.map(({ result }) => result)).toEqual(results.toReversed());
  });

  it('makes a failed job delayed by the backoff, and says until when', async (subject) => {
    const job = await leaseNew(subject.store, 'foo', { backoff: [2_000] }, { worker: 'w' });
    const answer = await settle(subject.store, 'foo', job, { act: 'fail', error: 'no luck' }, T0 + 1);
    expect(answer).toEqual({ state: 'delayed', runAt: T0 + 2_001 });
    const store = await subject.reopen();
    const now = await jobNow(store, 'foo', job.id, T0 + 2);
    expect(now).toMatchObject({ state: 'delayed', dueAt: T0 + 2_001, details: { failures: 1 } });
    expect(now?.details?.lease).toBeUndefined();
    expect(now?.details?.log).toMatchObject([
      { attempt: 1, startedAt: T0, endedAt: T0 + 1, outcome: 'failed', worker: 'w', error: 'no luck' },
    ]);
    const [again] = await leaseJobs(store, 'foo', { token: 'b' }, T0 + 2_001);
    expect(again?.details).toMatchObject({ failures: 1, lease: { token: 'b' } });
  });

  it('lets a failure say when, or that the job is dead', async ({ store }) => {
    const soon = await leaseNew(store, 'foo', {}, { token: 'a' });
    expect(await settle(store, 'foo', soon, { act: 'fail', delayMs: 7 })).toEqual({
      state: 'delayed',
      runAt: T0 + 7,
    });
    const now = await leaseNew(store, 'foo', {}, { token: 'b' });
    expect(await settle(store, 'foo', now, { act: 'fail', delayMs: 0 })).toEqual({ state: 'ready' });
    const [never] = (await leaseJobs(store, 'foo', { token: 'c' })) as [Job];
    expect(await settle(store, 'foo', never, { act: 'fail', dead: true })).toEqual({ state: 'dead' });
    expect(await jobNow(store, 'foo', never.id)).toMatchObject({
      state: 'dead',
      dueAt: T0 + 7 * 86_400_000,
      details: { reason: 'failed', failures: 2, endedAt: T0 },
    });
  });

  it('puts a released job back at its old place, no attempt spent, or for later', async ({ store }) => {
    const first = await leaseNew(store, 'foo', { body: '"first"' });
    await push(store, 'foo', ['"second"']);
    expect(await settle(store, 'foo', first, { act: 'release' })).toEqual({ state: 'ready' });
    expect(await listBodies(store, 'foo')).toEqual(['"first"', '"second"']);
    const [again] = (await leaseJobs(store, 'foo', { limit: 1, token: 'b' })) as [Job];
    expect(again.details?.failures).toBeUndefined();
    expect(again.details?.log).toMatchObject([{ attempt: 1, outcome: 'released' }]);
    const later = await settle(store, 'foo', again, { act: 'release', delayMs: 9 });
    expect(later).toEqual({ state: 'delayed', runAt: T0 + 9 });
  });

  it('extends a lease from now on, by as long as it was granted or as is asked', async (subject) => {
    const { store } = subject;
    const job = await leaseNew(store, 'foo', {}, { ms: 10_000 });
    const answer = (expiresAt: number) => ({ state: 'leased', expiresAt, cancel: false });
    expect(await settle(store, 'foo', job, { act: 'extend' }, T0 + 4_000)).toEqual(answer(T0 + 14_000));
    const says = { act: 'extend', ms: 2_000, progress: 0.4, note: 'half' } as const;
    expect(await settle(store, 'foo', job, says, T0 + 5_000)).toEqual(answer(T0 + 7_000));
    const reopened = await subject.reopen();
    const now = await jobNow(reopened, 'foo', job.id, T0 + 5_000);
    expect(now).toMatchObject({
      state: 'leased',
      dueAt: T0 + 7_000,
      details: { progress: 0.4, note: 'half' },
    });
    expect(await settle(reopened, 'foo', job, { act: 'extend' }, T0 + 6_999)).toEqual(answer(T0 + 16_999));
    expect(await jobNow(reopened, 'foo', job.id, T0 + 7_000)).toMatchObject({ details: { progress: 0.4 } });
  });

  it('counts done and failed for the queue, and for the worker of the lease', async (subject) => {
    const { store } = subject;
    for (const queue of ['foo', 'bar']) await store.register(T0, { worker: 'w', queue });
    for (const act of ['done', 'done', 'fail', 'release'] as const) {
      const job = await leaseNew(store, 'foo', { backoff: [60_000] }, { worker: 'w' }, T0);
      await settle(store, 'foo', job, { act }, T0 + 7);
      // The released one would come first again.
      if (act === 'release') await store.steer(T0, { queue: 'foo', action: 'delete', id: job.id });
    }
    await settle(store, 'foo', await leaseNew(store, 'foo', {}, { worker: 'stranger' }), { act: 'done' });
    const reopened = await subject.reopen();
    expect(await reopened.queue(T0, { queue: 'foo' })).toMatchObject({ processed: 3, failed: 1, workers: 1 });
    const [worker] = await reopened.workers(T0, { limit: 9 });
    expect(worker).toMatchObject({ processed: 2, failed: 1, lastSeenAt: T0 + 7, doing: [] });
    expect(worker?.queues).toEqual([
      { queue: 'bar', processed: 0, failed: 0 },
      { queue: 'foo', processed: 2, failed: 1 },
    ]);
  });

  it('settles many in one call, each by itself and in order', async ({ store }) => {
    await push(store, 'foo', ['1', '2', '3']);
    const jobs = await leaseJobs(store, 'foo', { limit: 2 });
    const [a, b] = jobs as [Job, Job];
    const answers = await store.settle(T0, {
      queue: 'foo',
      chance: 0,
      settlements: [
        { id: a.id, lease: 'wrong', act: 'done' },
        { id: 999_999, lease: tokenOf(a), act: 'done' },
        { id: a.id, lease: tokenOf(a), act: 'extend', ms: 5 },
        { id: a.id, lease: tokenOf(a), act: 'done' },
        { id: a.id, lease: tokenOf(a), act: 'release' },
        { id: b.id, lease: tokenOf(b), act: 'release' },
      ],
    });
    expect(answers).toEqual([
      { refused: 'lease_lost' },
      { refused: 'job_unknown' },
      { state: 'leased', expiresAt: T0 + 5, cancel: false },
      { state: 'done' },
      { refused: 'lease_lost' },
      { state: 'ready' },
    ]);
  });

  it('frees a unique key with the end of the job, not before', async ({ store }) => {
    const job = await leaseNew(store, 'foo', { uniq: 'k' });
    expect(await pushUniq(store, 'foo', 'k')).toEqual({ exists: job.id });
    await settle(store, 'foo', job, { act: 'release' });
    expect(await pushUniq(store, 'foo', 'k')).toEqual({ exists: job.id });
    const [again] = (await leaseJobs(store, 'foo', { token: 'b' })) as [Job];
    await settle(store, 'foo', again, { act: 'done' });
    expect(await pushUniq(store, 'foo', 'k')).toHaveProperty('id');
  });

  it('leaves no record of a done job that is kept for no time', async ({ store }) => {
    const job = await leaseNew(store, 'foo', { keepMs: 0 });
    expect(await settle(store, 'foo', job, { act: 'done' })).toEqual({ state: 'done' });
    expect(await jobNow(store, 'foo', job.id)).toBeUndefined();
    expect(await store.queue(T0, { queue: 'foo' })).toMatchObject({ done: 0, processed: 1 });
    expect(await settle(store, 'foo', job, { act: 'done' })).toEqual({ refused: 'job_unknown' });
  });

  it('settles each of many at once by itself, and a take among them gets one of those or none', async ({
    store,
  }) => {
    await push(store, 'foo', ['1', '2', '3', '4']);
    const jobs = await leaseJobs(store, 'foo');
    const calls = jobs.map((job, index) =>
      settle(store, 'foo', job, index % 2 ? { act: 'release' } : { act: 'done', result: `${index}` }),
    );
    const taken = take(store, 'foo', { limit: 1 });
    const lost = settle(store, 'foo', jobs[0] as Job, { act: 'done', lease: 'wrong' });
    const states = ['done', 'ready', 'done', 'ready'].map((state) => ({ state }));
    expect(await Promise.all(calls)).toEqual(states);
    expect(await lost).toEqual({ refused: 'lease_lost' });
    expect([[], ['2']]).toContainEqual((await taken).jobs.map(({ body }) => body));
    expect((await jobNow(store, 'foo', jobs[2]?.id as number))?.result).toBe('2');
    expect(await store.settle(T0, { queue: 'foo', settlements: [], chance: 0 })).toEqual([]);
  });

  it('spreads jobs that fail at once each by its own chance', async ({ store }) => {
    await push(store, 'foo', ['1', '2', '3']);
    const jobs = await leaseJobs(store, 'foo');
    const chances = [0, 0.5, 0.9];
    const answers = await Promise.all(
      jobs.map((job, index) => settle(store, 'foo', job, { act: 'fail' }, T0, chances[index])),
    );
    const seconds = answers.map((answer) => 'runAt' in answer && ((answer.runAt as number) - T0) / 1_000);
    expect(seconds).toEqual([16, 21, 25]);
  });
}
