/** How long done and dead jobs stay, and how many of them. */

import { expect } from 'vitest';
import type { NewJob } from '../../../dist/core/job.js';
import type { Policy } from '../../../dist/core/policy.js';
import type { Store } from '../../../dist/store/store.js';
import {
  jobNow,
  leaseNew,
  listBodies,
  push,
  pushJobs,
  type StoreTest,
  settle,
  T0,
  take,
  tendAll,
} from '../../support/store.js';

const dayMs = 86_400_000;

/** Leases a new job and says that it is done, or dead; its id. */
async function end(store: Store, act: 'done' | 'dead', job: Partial<NewJob> = {}, now = T0) {
  const leased = await leaseNew(store, 'foo', job, {}, now);
  await settle(store, 'foo', leased, act === 'done' ? { act } : { act: 'fail', dead: true }, now);
  return leased.id;
}

const policy = (store: Store, change: Policy) => store.setQueue(T0, { queue: 'foo', policy: change });

export function records(it: StoreTest) {
  it('keeps a done job for ten minutes and a dead one for seven days, unless it is told otherwise', async (subject) => {
    const done = await end(subject.store, 'done');
    const dead = await end(subject.store, 'dead');
    const store = await subject.reopen();
    expect(await jobNow(store, 'foo', done, T0 + 599_999)).toMatchObject({ state: 'done' });
    expect(await jobNow(store, 'foo', done, T0 + 600_000)).toBeUndefined();
    expect(await jobNow(store, 'foo', dead, T0 + 7 * dayMs - 1)).toMatchObject({ state: 'dead' });
    expect(await jobNow(store, 'foo', dead, T0 + 7 * dayMs)).toBeUndefined();
  });

  it('keeps as the policy says, a done job as it says itself before that, a dead one as long as either says', async ({
    store,
  }) => {
    await policy(store, { keepDoneMs: 100, keepDeadMs: 200 });
    await end(store, 'done', { body: '"policy"' });
    await end(store, 'done', { body: '"own"', keepMs: 300 });
    await end(store, 'dead', { body: '"dead"', keepMs: 900 });
    const kept = async (now: number) => {
      await tendAll(store, now);
      return [await listBodies(store, 'foo', 'done', now), await listBodies(store, 'foo', 'dead', now)];
    };
    expect(await kept(T0 + 99)).toEqual([['"own"', '"policy"'], ['"dead"']]);
    expect(await kept(T0 + 100)).toEqual([['"own"'], ['"dead"']]);
    expect(await kept(T0 + 200)).toEqual([['"own"'], ['"dead"']]);
    expect(await kept(T0 + 300)).toEqual([[], ['"dead"']]);
    expect(await kept(T0 + 900)).toEqual([[], []]);
    expect(await store.queue(T0 + 900, { queue: 'foo' })).toMatchObject({
      done: 0,
      dead: 0,
      processed: 2,
      failed: 1,
    });
  });

  it('keeps only the latest done and dead jobs beyond the counts', async (subject) => {
    const { store } = subject;
    await policy(store, { keepDoneCount: 2, keepDeadCount: 1 });
    for (let index = 0; index < 4; index++) {
      await end(store, 'done', { body: `"done${index}"` }, T0 + index);
      await end(store, 'dead', { body: `"dead${index}"` }, T0 + index);
    }
    await tendAll(store, T0 + 9);
    const reopened = await subject.reopen();
    expect(await listBodies(reopened, 'foo', 'done', T0 + 9)).toEqual(['"done3"', '"done2"']);
    expect(await listBodies(reopened, 'foo', 'dead', T0 + 9)).toEqual(['"dead3"']);
    expect(await reopened.queue(T0 + 9, { queue: 'foo' })).toMatchObject({ done: 2, dead: 1, processed: 4 });
  });

  it('trims what is there when a count is lowered', async ({ store }) => {
    for (let index = 0; index < 20; index++) await end(store, 'dead', { body: `${index}` }, T0 + index);
    await policy(store, { keepDeadCount: 3 });
    const { nextAt } = await tendAll(store, T0 + 20);
    expect(nextAt).toBeGreaterThan(T0 + 20);
    expect(await listBodies(store, 'foo', 'dead', T0 + 20)).toEqual(['19', '18', '17']);
  });

  it('keeps none with a count of zero', async ({ store }) => {
    await policy(store, { keepDoneCount: 0, keepDeadCount: 0 });
    for (const act of ['done', 'dead'] as const) {
      expect(await jobNow(store, 'foo', await end(store, act))).toBeUndefined();
    }
    expect(await store.queue(T0, { queue: 'foo' })).toMatchObject({
      done: 0,
      dead: 0,
      processed: 1,
      failed: 1,
    });
  });

  it('leaves a record of a job taken for good only where one was asked for', async (subject) => {
    const { store } = subject;
    const [none, own] = await pushJobs(store, 'foo', [{ body: '1' }, { body: '2', keepMs: 500 }]);
    const taken = await take(store, 'foo', { worker: 'w' });
    expect(taken.jobs.map(({ id }) => id)).toEqual([none, own]);
    await policy(store, { keepDoneMs: 900 });
    const [policied] = await push(store, 'foo', ['3']);
    await take(store, 'foo', {}, T0 + 1);
    const reopened = await subject.reopen();
    expect(await jobNow(reopened, 'foo', none as number)).toBeUndefined();
    expect(await jobNow(reopened, 'foo', own as number)).toMatchObject({
      state: 'done',
      body: '2',
      dueAt: T0 + 500,
      details: { endedAt: T0, log: [{ attempt: 1, outcome: 'done', worker: 'w', startedAt: T0 }] },
    });
    expect(await jobNow(reopened, 'foo', policied as number)).toMatchObject({ dueAt: T0 + 901 });
    expect(await reopened.queue(T0 + 1, { queue: 'foo' })).toMatchObject({ done: 2, processed: 3 });
  });

  it('leaves records out of what is ready, waits and is taken', async ({ store }) => {
    await policy(store, { maxSize: 1 });
    await end(store, 'done');
    await end(store, 'dead');
    expect(await take(store, 'foo')).toMatchObject({ jobs: [], left: 0 });
    expect(await push(store, 'foo', ['"fits"'])).toHaveLength(1);
  });
}
