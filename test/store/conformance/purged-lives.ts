/** Nothing of a purged queue acts in a newer one of the same name: no lease, key, record or cursor. */

import { expect } from 'vitest';
import type { Job } from '../../../dist/core/job.js';
import {
  emptyQueue,
  jobNow,
  leaseJobs,
  leaseNew,
  listBodies,
  push,
  pushJobs,
  pushUniq,
  type StoreTest,
  settle,
  T0,
  take,
  takeBodies,
  tendAll,
} from '../../support/store.js';

const states = ['ready', 'delayed', 'leased', 'done', 'dead'] as const;

export function purgedLives(it: StoreTest) {
  it('deletes leased, done and dead jobs, policy and revision with the queue', async (subject) => {
    const { store } = subject;
    await store.setQueue(T0, { queue: 'foo', policy: { attempts: 3 }, stopped: true });
    await store.setQueue(T0, { queue: 'foo', stopped: false });
    await settle(store, 'foo', await leaseNew(store, 'foo'), { act: 'done' });
    await settle(store, 'foo', await leaseNew(store, 'foo'), { act: 'fail', dead: true });
    const leased = await leaseNew(store, 'foo', {}, { worker: 'w', ms: 10 });
    await store.purge(T0, { queue: 'foo' });
    const reopened = await subject.reopen();
    expect(await reopened.queue(T0, { queue: 'foo' })).toEqual(emptyQueue);
    for (const state of states) expect(await listBodies(reopened, 'foo', state)).toEqual([]);
    expect(await jobNow(reopened, 'foo', leased.id)).toBeUndefined();
    const { moved, ready, nextAt } = await tendAll(reopened, T0 + 10 * 86_400_000);
    expect({ moved, ready, nextAt }).toEqual({ moved: [], ready: {}, nextAt: undefined });
  });

  it('knows no old lease in the newer queue, also before anything is freed', async ({ store }) => {
    const held = await leaseNew(store, 'foo', { uniq: 'k' }, { worker: 'w' });
    const done = await leaseNew(store, 'foo', {}, { token: 'b' });
    await settle(store, 'foo', done, { act: 'done' });
    await store.register(T0, { worker: 'w', queue: 'foo' });
    await store.purge(T0, { queue: 'foo' });
    await push(store, 'foo', ['"new"']);
    for (const job of [held, done]) {
      for (const act of ['done', 'fail', 'release', 'extend'] as const) {
        expect(await settle(store, 'foo', job, { act, lease: 'token' })).toEqual({ refused: 'job_unknown' });
      }
      for (const action of ['retry', 'cancel', 'delete'] as const) {
        expect((await store.steer(T0, { queue: 'foo', action, id: job.id })).refused).toEqual({
          why: 'job_unknown',
        });
      }
    }
    await store.restore(T0, { queue: 'foo', jobs: [held], worker: 'w' });
    expect(await store.workers(T0, { limit: 9 })).toMatchObject([{ processed: 0, failed: 0, doing: [] }]);
    expect(await takeBodies(store, 'foo')).toEqual(['"new"']);
  });

  it('frees unique and idempotency keys, held by jobs of any state', async (subject) => {
    const { store } = subject;
    const once = { key: 'o', print: 'old', until: T0 + 9_000 };
    await store.push(T0, { queue: 'foo', jobs: [{ body: '1' }], once });
    await leaseJobs(store, 'foo');
    await leaseNew(store, 'foo', { uniq: 'k' });
    const dead = await leaseNew(store, 'foo', { uniq: 'd' }, { token: 'd' });
    await settle(store, 'foo', dead, { act: 'fail', dead: true });
    await store.purge(T0, { queue: 'foo' });
    const again = await store.push(T0, {
      queue: 'foo',
      jobs: [{ body: '2' }],
      once: { ...once, print: 'new' },
    });
    expect(Object.keys(again)).toEqual(['ids']);
    const reopened = await subject.reopen();
    for (const key of ['k', 'd']) expect(await pushUniq(reopened, 'foo', key)).toHaveProperty('id');
    await tendAll(reopened, T0 + 1);
    const replay = await reopened.push(T0 + 1, {
      queue: 'foo',
      jobs: [{ body: '2' }],
      once: { ...once, print: 'new' },
    });
    expect(replay).toEqual({ ...again, replayed: true });
  });

  it('brings no job back that was taken for good, with a record or without', async ({ store }) => {
    await pushJobs(store, 'foo', [{ body: '"old"' }, { body: '"kept"', keepMs: 9_000 }]);
    const { jobs } = await take(store, 'foo');
    await store.purge(T0, { queue: 'foo' });
    await push(store, 'foo', ['"new"']);
    await store.restore(T0, { queue: 'foo', jobs });
    expect(await listBodies(store, 'foo')).toEqual(['"new"']);
    expect(await store.queue(T0, { queue: 'foo' })).toMatchObject({ ready: 1, done: 0, processed: 0 });
  });

  it('lets the old queue’s times come and go without touching the newer one', async (subject) => {
    const { store } = subject;
    await leaseNew(store, 'foo', { ttlMs: 50 }, { ms: 10 });
    await pushJobs(store, 'foo', [
      { body: '1', runAt: T0 + 20 },
      { body: '2', ttlMs: 30 },
    ]);
    await store.purge(T0, { queue: 'foo' });
    const young = (await leaseNew(store, 'foo', { body: '"new"' }, { ms: 100 })) as Job;
    const reopened = await subject.reopen();
    expect(await tendAll(reopened, T0 + 60)).toMatchObject({ moved: [], ready: {}, nextAt: T0 + 100 });
    expect(await jobNow(reopened, 'foo', young.id, T0 + 60)).toEqual(young);
  });
}
