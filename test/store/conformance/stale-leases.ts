/** A lease that is lost changes nothing; a settlement that is said again is answered as before. */

import { expect } from 'vitest';
import type { Job } from '../../../dist/core/job.js';
import {
  jobNow,
  leaseJobs,
  leaseNew,
  push,
  pushJobs,
  type Saying,
  type StoreTest,
  settle,
  T0,
  tendAll,
} from '../../support/store.js';

const lost = { refused: 'lease_lost' };
const says: readonly Saying[] = [
  { act: 'done', result: '1', push: [{ queue: 'other', job: { body: '1' } }] },
  { act: 'fail', error: 'x' },
  { act: 'release' },
  { act: 'extend', ms: 60_000, note: 'x' },
];

export function staleLeases(it: StoreTest) {
  it('refuses each settlement of a lease that is over by the clock, though nobody took the job since', async ({
    store,
  }) => {
    const job = await leaseNew(store, 'foo', {}, { ms: 1_000 });
    for (const one of says) expect(await settle(store, 'foo', job, one, T0 + 1_000)).toEqual(lost);
    expect(await jobNow(store, 'foo', job.id, T0 + 999)).toEqual(job);
    expect(await store.queue(T0 + 999, { queue: 'foo' })).toMatchObject({
      leased: 1,
      processed: 0,
      failed: 0,
    });
    expect((await store.queues(T0, { limit: 9 })).names).toEqual(['foo']);
    expect(await settle(store, 'foo', job, { act: 'done' }, T0 + 999)).toEqual({ state: 'done' });
  });

  it('refuses each settlement after the lease was over, before and after somebody has the job', async (subject) => {
    const job = await leaseNew(subject.store, 'foo', {}, { ms: 1_000 });
    await tendAll(subject.store, T0 + 1_000);
    const check = async (now: number) => {
      const store = await subject.reopen();
      const before = await jobNow(store, 'foo', job.id, now);
      for (const one of says) expect(await settle(store, 'foo', job, one, now)).toEqual(lost);
      expect(await jobNow(store, 'foo', job.id, now)).toEqual(before);
    };
    await check(T0 + 1_000);
    expect(await leaseJobs(subject.store, 'foo', { token: 'b' }, T0 + 1_001)).toHaveLength(1);
    await check(T0 + 1_001);
    // A clock that steps back does not bring a lease back.
    await check(T0 + 500);
  });

  it('refuses a token that is another job’s, or nobody’s', async ({ store }) => {
    await push(store, 'foo', ['1', '2']);
    const [a, b] = (await leaseJobs(store, 'foo')) as [Job, Job];
    for (const lease of [b.details?.lease?.token as string, '', 'token.', 'TOKEN']) {
      for (const one of says) expect(await settle(store, 'foo', a, { ...one, lease })).toEqual(lost);
    }
    expect(await jobNow(store, 'foo', a.id)).toEqual(a);
  });

  it('does not know a job of another queue, one that never was, or one of no queue', async ({ store }) => {
    const job = await leaseNew(store, 'foo');
    // Another time, so that the ids differ also where each queue has its own.
    await push(store, 'bar', ['1'], T0 + 1);
    for (const queue of ['bar', 'never']) {
      for (const one of says)
        expect(await settle(store, queue, job, one)).toEqual({ refused: 'job_unknown' });
    }
    const unknown = await settle(store, 'foo', { ...job, id: job.id + 1_000 }, { act: 'done' });
    expect(unknown).toEqual({ refused: 'job_unknown' });
    expect(await jobNow(store, 'foo', job.id)).toEqual(job);
    expect((await store.queues(T0, { limit: 9 })).names).toEqual(['bar', 'foo']);
  });

  it('refuses jobs that are not leased', async ({ store }) => {
    const [ready, delayed] = await pushJobs(store, 'foo', [{ body: '1' }, { body: '2', runAt: T0 + 5 }]);
    for (const id of [ready, delayed] as number[]) {
      const answers = await store.settle(T0, {
        queue: 'foo',
        settlements: says.map((one) => ({ ...one, id, lease: 'token' })),
        chance: 0,
      });
      expect(answers).toEqual(says.map(() => lost));
    }
  });

  it('answers the same settlement as before, also when it is said otherwise, and does nothing twice', async (subject) => {
    const job = await leaseNew(subject.store, 'foo');
    const done = { act: 'done', result: '"a"', push: [{ queue: 'bar', job: { body: '1' } }] } as const;
    const answer = await settle(subject.store, 'foo', job, done, T0 + 1);
    const store = await subject.reopen();
    const before = await jobNow(store, 'foo', job.id, T0 + 2);
    expect(await settle(store, 'foo', job, done, T0 + 2)).toEqual(answer);
    expect(await settle(store, 'foo', job, { act: 'done', result: '"b"' }, T0 + 3)).toEqual(answer);
    // Long after the lease would have been over, while the record is kept.
    expect(await settle(store, 'foo', job, done, T0 + 599_999)).toEqual(answer);
    expect(await jobNow(store, 'foo', job.id, T0 + 3)).toEqual(before);
    expect(await store.queue(T0 + 3, { queue: 'foo' })).toMatchObject({ processed: 1, done: 1 });
    expect(await store.queue(T0 + 3, { queue: 'bar' })).toMatchObject({ ready: 1 });
  });

  it('answers a failure and a release again as before, after others had the job and finished it', async (subject) => {
    const { store } = subject;
    const first = await leaseNew(store, 'foo', { backoff: [5] });
    const failure = await settle(store, 'foo', first, { act: 'fail', error: 'x' });
    expect(failure).toEqual({ state: 'delayed', runAt: T0 + 5 });
    const [second] = (await leaseJobs(store, 'foo', { token: 'b' }, T0 + 5)) as [Job];
    expect(await settle(store, 'foo', first, { act: 'fail' }, T0 + 6)).toEqual(failure);
    const release = await settle(store, 'foo', second, { act: 'release' }, T0 + 7);
    const [third] = (await leaseJobs(store, 'foo', { token: 'c' }, T0 + 8)) as [Job];
    expect(await settle(store, 'foo', second, { act: 'release', delayMs: 9 }, T0 + 9)).toEqual(release);
    await settle(store, 'foo', third, { act: 'done' }, T0 + 10);
    const reopened = await subject.reopen();
    expect(await settle(reopened, 'foo', first, { act: 'fail' }, T0 + 11)).toEqual(failure);
    expect(await settle(reopened, 'foo', second, { act: 'release' }, T0 + 11)).toEqual(release);
    expect(await reopened.queue(T0 + 11, { queue: 'foo' })).toMatchObject({
      failed: 1,
      processed: 1,
      done: 1,
    });
  });

  it('refuses another settlement than the one before', async ({ store }) => {
    for (const first of says.slice(0, 3)) {
      const job = await leaseNew(store, `after ${first.act}`, { attempts: 9 });
      await settle(store, `after ${first.act}`, job, first);
      const before = await jobNow(store, `after ${first.act}`, job.id);
      for (const other of says.filter(({ act }) => act !== first.act)) {
        expect(await settle(store, `after ${first.act}`, job, other)).toEqual(lost);
      }
      expect(await jobNow(store, `after ${first.act}`, job.id)).toEqual(before);
    }
  });

  it('does not know the job once its record is over, whether that was cleared away or not', async ({
    store,
  }) => {
    const job = await leaseNew(store, 'foo', { keepMs: 1_000 });
    await settle(store, 'foo', job, { act: 'done' });
    expect(await settle(store, 'foo', job, { act: 'done' }, T0 + 999)).toEqual({ state: 'done' });
    expect(await settle(store, 'foo', job, { act: 'done' }, T0 + 1_000)).toEqual({ refused: 'job_unknown' });
    await tendAll(store, T0 + 1_000);
    expect(await settle(store, 'foo', job, { act: 'done' }, T0 + 1_000)).toEqual({ refused: 'job_unknown' });
  });
}
