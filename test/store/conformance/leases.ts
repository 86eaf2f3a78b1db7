/** A take under a lease: the job is held for a time, by a token of its own, and can be given back unseen. */

import { expect } from 'vitest';
import {
  jobNow,
  leaseJobs,
  leaseNew,
  push,
  pushJobs,
  pushUniq,
  type StoreTest,
  settle,
  T0,
  take,
  takeBodies,
  texts,
  tokenOf,
} from '../../support/store.js';

export function leases(it: StoreTest) {
  it('gives the job with its lease, and to nobody else', async (subject) => {
    const [id] = await push(subject.store, 'foo', ['{"é":1e400}']);
    const { jobs, left, nextAt } = await take(subject.store, 'foo', {
      lease: { token: 'abc', ms: 5_000 },
      worker: 'w',
    });
    const lease = { token: 'abc', since: T0, ms: 5_000, worker: 'w' };
    const leased = {
      id,
      state: 'leased',
      createdAt: T0,
      dueAt: T0 + 5_000,
      body: '{"é":1e400}',
      details: { lease },
    };
    expect({ jobs, left, nextAt }).toEqual({ jobs: [leased], left: 0, nextAt: T0 + 5_000 });
    const store = await subject.reopen();
    expect(await takeBodies(store, 'foo', {}, T0 + 4_999)).toEqual([]);
    expect(await jobNow(store, 'foo', id as number)).toEqual(leased);
  });

  it('counts leased jobs apart, and none of them as processed', async ({ store }) => {
    await push(store, 'foo', texts(3));
    await store.register(T0, { worker: 'w', queue: 'foo' });
    await leaseJobs(store, 'foo', { limit: 2, worker: 'w' });
    expect(await store.queue(T0, { queue: 'foo' })).toMatchObject({ ready: 1, leased: 2, processed: 0 });
    expect(await store.workers(T0, { limit: 9 })).toMatchObject([{ processed: 0 }]);
  });

  it('gives each job of a take a token of its own', async ({ store }) => {
    await push(store, 'foo', texts(50));
    const tokens = (await leaseJobs(store, 'foo')).map(tokenOf);
    expect(new Set(tokens).size).toBe(50);
    expect(tokens).not.toContain('no lease');
  });

  it('gives each of many single takes at once its own token and worker', async ({ store }) => {
    await push(store, 'foo', texts(20));
    const takes = Array.from({ length: 20 }, (_, index) =>
      leaseJobs(store, 'foo', { limit: 1, token: `t${index}`, worker: `w${index}` }),
    );
    const leased = (await Promise.all(takes)).flat();
    expect(leased.map(({ body }) => body)).toEqual(texts(20));
    expect(leased.map(tokenOf)).toEqual(leased.map((_, index) => `t${index}`));
    expect(leased.map(({ details }) => details?.lease?.worker)).toEqual(
      leased.map((_, index) => `w${index}`),
    );
  });

  it('leases for as long as the policy says, unless the take says something else', async ({ store }) => {
    await store.setQueue(T0, { queue: 'foo', policy: { leaseMs: 7_000 } });
    await push(store, 'foo', texts(4));
    const one = (lease?: { token: string; ms?: number }) =>
      take(store, 'foo', { limit: 1, ...(lease && { lease }) });
    expect((await one({ token: 'a' })).jobs[0]?.dueAt).toBe(T0 + 7_000);
    expect((await one({ token: 'b', ms: 1_000 })).jobs[0]?.dueAt).toBe(T0 + 1_000);
    expect((await one({ token: 'c', ms: 0 })).jobs[0]?.details).toBeUndefined();
    expect((await one()).jobs[0]?.details).toBeUndefined();
    expect(await store.queue(T0, { queue: 'foo' })).toMatchObject({ leased: 2, processed: 2 });
  });

  it('takes for good when neither the policy nor the take says how long', async ({ store }) => {
    await push(store, 'foo', ['1']);
    expect((await take(store, 'foo', { lease: { token: 'a' } })).jobs[0]?.state).toBe('ready');
    expect(await store.queue(T0, { queue: 'foo' })).toMatchObject({ leased: 0, processed: 1 });
  });

  it('keeps limits, priorities and maxBytes under leases', async ({ store }) => {
    await pushJobs(store, 'foo', [{ body: '"aaa"' }, { body: '"bbb"' }, { body: '"ccc"', priority: 9 }]);
    expect((await leaseJobs(store, 'foo', { maxBytes: 10 })).map(({ body }) => body)).toEqual([
      '"ccc"',
      '"aaa"',
    ]);
    expect((await leaseJobs(store, 'foo', { maxBytes: 1 })).map(({ body }) => body)).toEqual(['"bbb"']);
  });

  it('gives nothing of a stopped queue, and lets what is leased be settled there', async ({ store }) => {
    const job = await leaseNew(store, 'foo');
    await push(store, 'foo', ['2']);
    await store.setQueue(T0, { queue: 'foo', stopped: true });
    expect(await leaseJobs(store, 'foo')).toEqual([]);
    expect(await settle(store, 'foo', job, { act: 'done' })).toEqual({ state: 'done' });
  });

  it('shows a worker what it has under leases, by queue and id, before what it took for good', async (subject) => {
    const { store } = subject;
    await store.register(T0, { worker: 'w', queue: 'foo' });
    const b = await leaseNew(store, 'b', {}, { worker: 'w' }, T0 + 1);
    const a = await leaseNew(store, 'a', {}, { worker: 'w' }, T0 + 2);
    const [id] = await push(store, 'foo', ['1']);
    await take(store, 'foo', { worker: 'w' }, T0 + 3);
    await store.steer(T0 + 4, { queue: 'b', action: 'cancel', id: b.id });
    const reopened = await subject.reopen();
    const [worker] = await reopened.workers(T0, { limit: 9, worker: 'w' });
    expect(worker?.doing).toEqual([
      { queue: 'a', id: a.id, since: T0 + 2 },
      { queue: 'b', id: b.id, since: T0 + 1, cancel: true },
      { queue: 'foo', id, since: T0 + 3 },
    ]);
    await settle(reopened, 'a', a, { act: 'done' }, T0 + 5);
    const [later] = await reopened.workers(T0, { limit: 9, worker: 'w' });
    expect(later?.doing.map(({ queue }) => queue)).toEqual(['b', 'foo']);
  });

  it('puts leased jobs back unseen with a restore, and their leases are lost', async (subject) => {
    const before = await pushJobs(subject.store, 'foo', [
      { body: '1', uniq: 'k', uniqUntil: 'taken' },
      { body: '2' },
    ]);
    const jobs = await leaseJobs(subject.store, 'foo', { limit: 1 });
    await subject.store.restore(T0 + 1, { queue: 'foo', jobs });
    const store = await subject.reopen();
    expect(await settle(store, 'foo', jobs[0] as (typeof jobs)[0], { act: 'done' })).toEqual({
      refused: 'lease_lost',
    });
    expect(await pushUniq(store, 'foo', 'k')).toEqual({ exists: before[0] });
    const again = await leaseJobs(store, 'foo', { token: 'b' }, T0 + 2);
    expect(again.map(({ id }) => id)).toEqual(before);
    expect(again.map(({ details }) => details?.log)).toEqual([undefined, undefined]);
    expect(await store.queue(T0, { queue: 'foo' })).toMatchObject({ leased: 2, processed: 0 });
  });

  it('leaves what was settled, is over, or was leased again as it is, when it is restored', async ({
    store,
  }) => {
    await push(store, 'foo', texts(3));
    const jobs = await leaseJobs(store, 'foo', { ms: 1_000 });
    const [first, second] = jobs as [(typeof jobs)[0], (typeof jobs)[0]];
    await settle(store, 'foo', first, { act: 'done' });
    await settle(store, 'foo', second, { act: 'release' });
    const [again] = await leaseJobs(store, 'foo', { token: 'b', ms: 9_000 });
    await store.restore(T0 + 1_000, { queue: 'foo', jobs });
    expect(await jobNow(store, 'foo', first.id, T0 + 1_000)).toMatchObject({ state: 'done' });
    expect(await jobNow(store, 'foo', second.id, T0 + 1_000)).toMatchObject({
      state: 'leased',
      dueAt: again?.dueAt,
    });
    expect(await jobNow(store, 'foo', jobs[2]?.id as number, T0 + 1_000)).toMatchObject({
      details: { crashes: 1 },
    });
  });

  it('takes a record back with a restore: the job is ready, as it was, and uncounted', async (subject) => {
    await subject.store.setQueue(T0, { queue: 'foo', policy: { keepDoneMs: 5_000 } });
    await pushJobs(subject.store, 'foo', [{ body: '1', uniq: 'k' }, { body: '2' }]);
    const { jobs } = await take(subject.store, 'foo', { worker: 'w' }, T0 + 1);
    expect(jobs).toMatchObject([{ state: 'done', dueAt: T0 + 5_001 }, { state: 'done' }]);
    const store = await subject.reopen();
    expect(await store.queue(T0 + 1, { queue: 'foo' })).toMatchObject({ done: 2, processed: 2 });
    await store.restore(T0 + 2, { queue: 'foo', jobs, worker: 'w' });
    expect(await store.queue(T0 + 2, { queue: 'foo' })).toMatchObject({ ready: 2, done: 0, processed: 0 });
    expect(await store.list(T0 + 2, { queue: 'foo', state: 'ready', limit: 9, maxBytes: 9_999 })).toEqual({
      jobs: jobs.map(({ id, body }, index) => ({
        id,
        body,
        state: 'ready',
        createdAt: T0,
        ...(index === 0 && { uniq: 'k' }),
      })),
    });
  });

  it('restores jobs taken for good also where their records were trimmed at once', async ({ store }) => {
    await store.setQueue(T0, { queue: 'foo', policy: { keepDoneMs: 5_000, keepDoneCount: 1 } });
    const ids = await push(store, 'foo', texts(3));
    const { jobs } = await take(store, 'foo');
    expect(jobs.map(({ id }) => id)).toEqual(ids);
    await store.restore(T0, { queue: 'foo', jobs });
    expect(await store.queue(T0, { queue: 'foo' })).toMatchObject({ ready: 3, done: 0, processed: 0 });
    expect(await takeBodies(store, 'foo')).toEqual(texts(3));
  });
}
