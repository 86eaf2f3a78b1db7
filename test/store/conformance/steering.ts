/** What operators do to one job: retry, cancel, delete. */

import { expect } from 'vitest';
import type { Job } from '../../../dist/core/job.js';
import type { Store } from '../../../dist/store/store.js';
import {
  jobNow,
  leaseJobs,
  leaseNew,
  listBodies,
  pushJobs,
  type StoreTest,
  settle,
  T0,
  tendAll,
} from '../../support/store.js';

type Action = 'retry' | 'cancel' | 'delete';

const steer = (store: Store, action: Action, id: number, now = T0) =>
  store.steer(now, { queue: 'foo', action, id });

/** A job of each state, by name. */
async function jobOfEach(store: Store) {
  const one = async (uniq: string, says?: 'done' | 'dead') => {
    const job = await leaseNew(store, 'foo', { body: `"${uniq}"` }, { token: uniq, worker: 'w' });
    if (says)
      await settle(store, 'foo', job, says === 'done' ? { act: 'done' } : { act: 'fail', dead: true });
    return job.id;
  };
  const done = await one('done', 'done');
  const dead = await one('dead', 'dead');
  const leased = await one('leased');
  const [ready, delayed] = await pushJobs(store, 'foo', [
    { body: '"ready"' },
    { body: '"delayed"', runAt: T0 + 99 },
  ]);
  return { ready: ready as number, delayed: delayed as number, leased, done, dead };
}

export function steering(it: StoreTest) {
  it('retries what is dead or delayed, at its old place, and leaves what is ready so', async (subject) => {
    const { dead, delayed, ready } = await jobOfEach(subject.store);
    for (const id of [delayed, dead, ready]) {
      expect(await steer(subject.store, 'retry', id, T0 + 1)).toEqual({ changed: [{ id, state: 'ready' }] });
    }
    const store = await subject.reopen();
    expect(await listBodies(store, 'foo')).toEqual(['"dead"', '"ready"', '"delayed"']);
    const retried = await jobNow(store, 'foo', dead);
    expect(retried?.dueAt).toBeUndefined();
    expect(retried?.details?.reason).toBeUndefined();
    expect(retried?.details).toMatchObject({ failures: 1 });
    expect(await store.queue(T0, { queue: 'foo' })).toMatchObject({ ready: 3, delayed: 0, dead: 0 });
  });

  it('refuses to retry what is leased or done, to cancel what is done or dead otherwise, and changes nothing', async ({
    store,
  }) => {
    const { leased, done, dead } = await jobOfEach(store);
    const refusals = [
      ['retry', leased, 'leased'],
      ['retry', done, 'done'],
      ['cancel', done, 'done'],
      ['cancel', dead, 'dead'],
    ] as const;
    for (const [action, id, state] of refusals) {
      const before = await jobNow(store, 'foo', id);
      const refused = { why: 'job_state', state };
      expect(await steer(store, action, id)).toEqual({ changed: [], refused });
      expect(await jobNow(store, 'foo', id)).toEqual(before);
    }
  });

  it('drops a waiting job with a cancel, once and again', async (subject) => {
    const { ready, delayed } = await jobOfEach(subject.store);
    for (const id of [ready, delayed]) {
      for (let time = 0; time < 2; time++) {
        expect(await steer(subject.store, 'cancel', id, T0 + time)).toEqual({
          changed: [{ id, state: 'dead' }],
        });
      }
    }
    const store = await subject.reopen();
    for (const id of [ready, delayed]) {
      expect(await jobNow(store, 'foo', id)).toMatchObject({
        state: 'dead',
        details: { reason: 'cancelled', endedAt: T0 },
      });
    }
    expect(await listBodies(store, 'foo')).toEqual([]);
  });

  it('asks the worker of a leased job to stop, who hears of it with its next extension', async (subject) => {
    const job = await leaseNew(subject.store, 'foo', {}, { worker: 'w' });
    expect(await steer(subject.store, 'cancel', job.id)).toEqual({
      changed: [{ id: job.id, state: 'leased', worker: 'w' }],
    });
    const store = await subject.reopen();
    const answer = await settle(store, 'foo', job, { act: 'extend' }, T0 + 1);
    expect(answer).toEqual({ state: 'leased', expiresAt: T0 + 60_001, cancel: true });
    expect(await settle(store, 'foo', job, { act: 'done' }, T0 + 2)).toEqual({ state: 'done' });
  });

  it('makes a cancelled job dead when it is released or fails', async ({ store }) => {
    for (const act of ['release', 'fail'] as const) {
      const job = await leaseNew(store, 'foo', {}, { token: act });
      await steer(store, 'cancel', job.id);
      expect(await settle(store, 'foo', job, { act })).toEqual({ state: 'dead' });
      expect((await jobNow(store, 'foo', job.id))?.details?.reason).toBe('cancelled');
    }
  });

  it('forgets a cancel with the lease when the job is restored', async ({ store }) => {
    const job = await leaseNew(store, 'foo');
    await steer(store, 'cancel', job.id);
    await store.restore(T0, { queue: 'foo', jobs: [job] });
    const [again] = (await leaseJobs(store, 'foo', { token: 'b' })) as [Job];
    expect(again.details?.lease).toEqual({ token: 'b', since: T0, ms: 60_000 });
  });

  it('deletes jobs of each state, and their leases and records with them', async (subject) => {
    const ids = await jobOfEach(subject.store);
    const lease = (await jobNow(subject.store, 'foo', ids.leased)) as Job;
    const done = (await jobNow(subject.store, 'foo', ids.done)) as Job;
    for (const [state, id] of Object.entries(ids)) {
      const told = state === 'leased' ? { id, worker: 'w' } : { id };
      expect(await steer(subject.store, 'delete', id)).toEqual({ changed: [told] });
    }
    const store = await subject.reopen();
    const counts = { ready: 0, delayed: 0, leased: 0, done: 0, dead: 0, processed: 1, failed: 1 };
    expect(await store.queue(T0, { queue: 'foo' })).toMatchObject(counts);
    const refused = { refused: 'job_unknown' };
    expect(await settle(store, 'foo', lease, { act: 'done' })).toEqual(refused);
    expect(await settle(store, 'foo', done, { act: 'done', lease: 'done' })).toEqual(refused);
    expect((await tendAll(store, T0 + 10 * 86_400_000)).moved).toEqual([]);
  });

  it('does not know a job that is gone, of another queue or of none', async ({ store }) => {
    const [id] = await pushJobs(store, 'foo', [{ body: '1' }]);
    const unknown = { changed: [], refused: { why: 'job_unknown' } };
    for (const action of ['retry', 'cancel', 'delete'] as const) {
      expect(await steer(store, action, (id as number) + 1_000)).toEqual(unknown);
      expect(await store.steer(T0, { queue: 'bar', action, id: id as number })).toEqual(unknown);
    }
    expect((await store.queues(T0, { limit: 9 })).names).toEqual(['foo']);
  });

  it('lets time pass for the job first', async ({ store }) => {
    const job = await leaseNew(store, 'foo', {}, { ms: 10 });
    expect(await steer(store, 'cancel', job.id, T0 + 10)).toEqual({
      changed: [{ id: job.id, state: 'dead' }],
    });
    const over = await leaseNew(store, 'foo', { keepMs: 10 });
    await settle(store, 'foo', over, { act: 'done' });
    expect((await steer(store, 'delete', over.id, T0 + 10)).refused).toEqual({ why: 'job_unknown' });
  });

  it('gives a retried job that had waited too long all the time it needs', async ({ store }) => {
    const [id] = (await pushJobs(store, 'foo', [{ body: '1', ttlMs: 10 }])) as [number];
    await tendAll(store, T0 + 10);
    await steer(store, 'retry', id, T0 + 20);
    expect((await tendAll(store, T0 + 86_400_000)).moved).toEqual([]);
    expect(await jobNow(store, 'foo', id, T0 + 86_400_000)).toMatchObject({ state: 'ready' });
  });
}
