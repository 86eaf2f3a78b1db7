/** What time does with nobody asking: leases run out, jobs become ready or have waited too long, records go. */

import { expect } from 'vitest';
import { tendStep } from '../../../dist/store/calls.js';
import type { Store } from '../../../dist/store/store.js';
import {
  jobNow,
  leaseJobs,
  leaseNew,
  listBodies,
  listPages,
  push,
  pushJobs,
  type StoreTest,
  settle,
  T0,
  tendAll,
  texts,
} from '../../support/store.js';

const states = ['ready', 'delayed', 'leased', 'done', 'dead'] as const;

/** The earliest time that any of the jobs waits for. */
async function firstTime(store: Store, queue: string, now: number) {
  const times: number[] = [];
  for (const state of states) {
    for (const { dueAt, expiresAt } of (await listPages(store, { queue, state }, now)).flat()) {
      if (dueAt !== undefined) times.push(dueAt);
      if (expiresAt !== undefined && (state === 'ready' || state === 'delayed')) times.push(expiresAt);
    }
  }
  return Math.min(...times);
}

export function passingTime(it: StoreTest) {
  it('puts a job whose lease is over back at its old place, as a crash', async (subject) => {
    const job = await leaseNew(subject.store, 'foo', { body: '"old"' }, { ms: 1_000, worker: 'w' });
    await push(subject.store, 'foo', ['"young"']);
    const store = await subject.reopen();
    expect((await tendAll(store, T0 + 999)).moved).toEqual([]);
    const { moved, ready } = await tendAll(store, T0 + 1_000);
    expect(moved).toEqual([{ queue: 'foo', id: job.id, state: 'ready', worker: 'w' }]);
    expect(ready).toEqual({ foo: 1 });
    expect(await listBodies(store, 'foo', 'ready', T0 + 1_000)).toEqual(['"old"', '"young"']);
    const now = await jobNow(store, 'foo', job.id, T0 + 1_000);
    expect(now?.details?.failures).toBeUndefined();
    expect(now).toMatchObject({ state: 'ready', details: { crashes: 1 } });
    expect(now?.details?.log).toMatchObject([
      { attempt: 1, startedAt: T0, endedAt: T0 + 1_000, outcome: 'crashed', worker: 'w' },
    ]);
    expect(await store.queue(T0 + 1_000, { queue: 'foo' })).toMatchObject({
      leased: 0,
      failed: 0,
      processed: 0,
    });
  });

  it('gives a job whose lease is over to a take, though nothing has tended it, and says so', async ({
    store,
  }) => {
    const job = await leaseNew(store, 'foo', {}, { ms: 1_000, worker: 'w' });
    const taken = await store.take(T0 + 1_000, { queue: 'foo', limit: 1, maxBytes: 99 });
    expect(taken.jobs).toMatchObject([{ id: job.id, details: { crashes: 1 } }]);
    expect(taken.moved).toEqual([{ queue: 'foo', id: job.id, state: 'ready', worker: 'w' }]);
  });

  it('makes the job dead with the last crash that the policy allows', async ({ store }) => {
    await store.setQueue(T0, { queue: 'foo', policy: { maxCrashes: 2 } });
    const { id } = await leaseNew(store, 'foo', {}, { ms: 10 });
    await tendAll(store, T0 + 10);
    await leaseJobs(store, 'foo', { ms: 10, token: 'b' }, T0 + 20);
    expect((await tendAll(store, T0 + 30)).moved).toEqual([{ queue: 'foo', id, state: 'dead' }]);
    expect(await jobNow(store, 'foo', id, T0 + 30)).toMatchObject({
      state: 'dead',
      details: { reason: 'crashed', crashes: 2, endedAt: T0 + 30 },
    });
  });

  it('allows five crashes unless the policy says otherwise, and counts crashes as attempts', async ({
    store,
  }) => {
    const [many, few] = await pushJobs(store, 'foo', [{ body: '1' }, { body: '2', attempts: 3 }]);
    for (let round = 0; round < 5; round++) {
      await leaseJobs(store, 'foo', { ms: 1, token: `t${round}` }, T0 + 10 * round);
      await tendAll(store, T0 + 10 * round + 1);
      const state = async (id: number | undefined) =>
        (await jobNow(store, 'foo', id as number, T0 + 10 * round + 1))?.state;
      expect([await state(many), await state(few)]).toEqual([
        round < 4 ? 'ready' : 'dead',
        round < 2 ? 'ready' : 'dead',
      ]);
    }
  });

  it('after a restart takes leases that are over for given back, which is no crash', async (subject) => {
    const job = await leaseNew(subject.store, 'foo', { attempts: 1 }, { ms: 1_000, worker: 'w' });
    const store = await subject.reopen();
    expect((await tendAll(store, T0 + 999, { restart: true })).moved).toEqual([]);
    const { moved } = await tendAll(store, T0 + 5_000, { restart: true });
    expect(moved).toEqual([{ queue: 'foo', id: job.id, state: 'ready', worker: 'w' }]);
    const now = await jobNow(store, 'foo', job.id, T0 + 5_000);
    expect(now?.details?.crashes).toBeUndefined();
    expect(now?.details?.log).toMatchObject([{ attempt: 1, outcome: 'released', endedAt: T0 + 1_000 }]);
    expect(await settle(store, 'foo', job, { act: 'release' }, T0 + 5_000)).toEqual({
      refused: 'lease_lost',
    });
  });

  it('makes a cancelled job dead when its lease is over', async ({ store }) => {
    const { id } = await leaseNew(store, 'foo', {}, { ms: 10 });
    await store.steer(T0, { queue: 'foo', action: 'cancel', id });
    await tendAll(store, T0 + 10);
    expect(await jobNow(store, 'foo', id, T0 + 10)).toMatchObject({
      state: 'dead',
      details: { reason: 'cancelled' },
    });
  });

  it('makes what has waited too long dead, ready or delayed, and frees its key', async (subject) => {
    const [ready, delayed] = await pushJobs(subject.store, 'foo', [
      { body: '1', ttlMs: 100, uniq: 'k' },
      { body: '2', ttlMs: 100, runAt: T0 + 500 },
      { body: '3', ttlMs: 101 },
    ]);
    const store = await subject.reopen();
    expect((await tendAll(store, T0 + 99)).moved).toEqual([]);
    const { moved } = await tendAll(store, T0 + 100);
    expect(moved.map(({ id, state }) => [id, state]).sort()).toEqual([
      [ready, 'dead'],
      [delayed, 'dead'],
    ]);
    const { jobs } = await store.list(T0 + 100, { queue: 'foo', state: 'dead', limit: 9, maxBytes: 9_999 });
    expect(jobs.map(({ details }) => details?.reason)).toEqual(['expired', 'expired']);
    expect(await listBodies(store, 'foo', 'ready', T0 + 100)).toEqual(['3']);
    expect(await store.push(T0 + 100, { queue: 'foo', jobs: [{ body: '4', uniq: 'k' }] })).toHaveProperty(
      'ids',
    );
  });

  it('gives no job that has waited too long, and lets one run that was taken in time', async ({ store }) => {
    const job = await leaseNew(store, 'foo', { ttlMs: 100 }, { ms: 1_000 });
    expect((await tendAll(store, T0 + 500)).moved).toEqual([]);
    expect(await settle(store, 'foo', job, { act: 'release' }, T0 + 500)).toEqual({ state: 'dead' });
    await store.push(T0 + 500, { queue: 'foo', jobs: [{ body: '2', ttlMs: 1 }] });
    const taken = await store.take(T0 + 501, { queue: 'foo', limit: 9, maxBytes: 99 });
    expect(taken.jobs).toEqual([]);
    expect(taken.moved).toMatchObject([{ state: 'dead' }]);
  });

  it('tells how many became ready, also when others have waited too long just then', async ({ store }) => {
    await pushJobs(store, 'foo', [
      { body: '1', ttlMs: 10 },
      { body: '2', runAt: T0 + 10 },
    ]);
    expect((await tendAll(store, T0 + 10)).ready).toEqual({ foo: 1 });
  });

  it('changes nothing for a clock that steps back', async ({ store }) => {
    await pushJobs(store, 'foo', [
      { body: '1', runAt: T0 + 10 },
      { body: '2', runAt: T0 + 20 },
    ]);
    const job = await leaseNew(store, 'bar', {}, { ms: 10 });
    await tendAll(store, T0 + 10);
    const before = await tendAll(store, T0 - 100_000);
    expect(before).toMatchObject({ moved: [], ready: {} });
    expect(await listBodies(store, 'foo', 'ready', T0 - 100_000)).toEqual(['1']);
    expect(await jobNow(store, 'bar', job.id, T0 - 100_000)).toMatchObject({ details: { crashes: 1 } });
    expect((await tendAll(store, T0 + 20)).ready).toEqual({ foo: 1 });
  });

  it('goes in bounded steps, and says when there is more to do', async ({ store }) => {
    const count = 2 * tendStep + 10;
    await push(store, 'foo', texts(count));
    await leaseJobs(store, 'foo', { ms: 10 });
    const first = await store.tend(T0 + 10, {});
    expect(first.more).toBe(true);
    expect(first.moved.length).toBeLessThanOrEqual(tendStep);
    const { moved, steps } = await tendAll(store, T0 + 10);
    expect(first.moved.length + moved.length).toBe(count);
    expect(steps).toBeGreaterThan(1);
    expect(await listBodies(store, 'foo', 'ready', T0 + 10)).toEqual(texts(count));
  });

  it('says when it has something to do next, never too late', async (subject) => {
    const { store } = subject;
    expect((await tendAll(store)).nextAt).toBeUndefined();
    await store.setQueue(T0, { queue: 'foo', policy: { backoff: [300], keepDeadMs: 900 } });
    await pushJobs(store, 'foo', [
      { body: '1', runAt: T0 + 1_000 },
      { body: '2', ttlMs: 700 },
      { body: '3', keepMs: 50 },
    ]);
    const [second, third] = await leaseJobs(store, 'foo', { ms: 500 });
    let now = T0;
    const due: number[] = [];
    for (let round = 0; round < 20; round++) {
      const { nextAt } = await tendAll(await subject.reopen(), now);
      const first = await firstTime(subject.store, 'foo', now);
      if (!Number.isFinite(first)) break;
      expect(nextAt).toBeGreaterThan(now);
      expect(nextAt).toBeLessThanOrEqual(first);
      now = first;
      due.push(now - T0);
    }
    expect([second?.body, third?.body]).toEqual(['2', '3']);
    // The leases, the time to wait of the second, the first's delay; then the record of the dead one goes.
    expect(due).toEqual([500, 700, 1_000, 1_600]);
  });
}
