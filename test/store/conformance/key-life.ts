/** Who holds a unique key through a job's life: leases, ends, retries. */

import { expect } from 'vitest';
import type { Job } from '../../../dist/core/job.js';
import {
  jobNow,
  leaseJobs,
  leaseNew,
  pushUniq,
  type StoreTest,
  settle,
  T0,
  take,
  tendAll,
} from '../../support/store.js';

const retry = { queue: 'foo', action: 'retry' } as const;

export function keyLife(it: StoreTest) {
  it('holds the key under a lease until it is done, unless the job says until taken', async (subject) => {
    const held = await leaseNew(subject.store, 'foo', { uniq: 'k' });
    await leaseNew(subject.store, 'foo', { uniq: 't', uniqUntil: 'taken' });
    const store = await subject.reopen();
    expect(await pushUniq(store, 'foo', 'k')).toEqual({ exists: held.id });
    expect(await pushUniq(store, 'foo', 't')).toHaveProperty('id');
    await settle(store, 'foo', held, { act: 'done' });
    expect(await pushUniq(store, 'foo', 'k')).toHaveProperty('id');
  });

  it('frees the key with a take for good, though a record stays and though it says until done', async ({
    store,
  }) => {
    await store.push(T0, {
      queue: 'foo',
      jobs: [{ body: '1', uniq: 'k', uniqUntil: 'done', keepMs: 9_000 }],
    });
    await take(store, 'foo');
    expect(await pushUniq(store, 'foo', 'k')).toHaveProperty('id');
  });

  it('takes the key again with a failure, release or crash when it is free by then', async ({ store }) => {
    for (const back of ['fail', 'release', 'crash'] as const) {
      const job = await leaseNew(store, back, { uniq: 'k', uniqUntil: 'taken' }, { ms: 10 });
      expect((await jobNow(store, back, job.id))?.uniq).toBeUndefined();
      if (back !== 'crash') await settle(store, back, job, { act: back });
      await tendAll(store, T0 + 10);
      expect(await pushUniq(store, back, 'k')).toEqual({ exists: job.id });
    }
  });

  it('comes back without the key when somebody else has it by then', async ({ store }) => {
    const job = await leaseNew(store, 'foo', { uniq: 'k', uniqUntil: 'taken' });
    const { id } = await pushUniq(store, 'foo', 'k');
    expect(await settle(store, 'foo', job, { act: 'release' })).toEqual({ state: 'ready' });
    expect((await jobNow(store, 'foo', job.id))?.uniq).toBeUndefined();
    expect(await pushUniq(store, 'foo', 'k')).toEqual({ exists: id });
  });

  it('frees the key of a dead, cancelled or deleted job', async ({ store }) => {
    const dead = await leaseNew(store, 'foo', { uniq: 'a' });
    await settle(store, 'foo', dead, { act: 'fail', dead: true });
    expect(await pushUniq(store, 'foo', 'a')).toHaveProperty('id');
    for (const action of ['cancel', 'delete'] as const) {
      const { id } = await pushUniq(store, 'foo', action);
      await store.steer(T0, { queue: 'foo', action, id: id as number });
      expect(await pushUniq(store, 'foo', action)).toHaveProperty('id');
    }
  });

  it('refuses to retry a dead job whose key somebody holds, and lets it when that one is gone', async (subject) => {
    const dead = await leaseNew(subject.store, 'foo', { uniq: 'k' });
    await settle(subject.store, 'foo', dead, { act: 'fail', dead: true });
    const { id } = await pushUniq(subject.store, 'foo', 'k');
    const store = await subject.reopen();
    const before = await jobNow(store, 'foo', dead.id);
    expect(await store.steer(T0, { ...retry, id: dead.id })).toEqual({
      changed: [],
      refused: { why: 'key_held' },
    });
    expect(await jobNow(store, 'foo', dead.id)).toEqual(before);
    await store.steer(T0, { queue: 'foo', action: 'delete', id: id as number });
    expect(await store.steer(T0, { ...retry, id: dead.id })).toEqual({
      changed: [{ id: dead.id, state: 'ready' }],
    });
    expect(await pushUniq(store, 'foo', 'k')).toEqual({ exists: dead.id });
  });

  it('retries of several dead jobs with the same key the first only', async ({ store }) => {
    const ids: number[] = [];
    for (const body of ['1', '2']) {
      const job = await leaseNew(store, 'foo', { body, uniq: 'k' });
      await settle(store, 'foo', job, { act: 'fail', dead: true });
      ids.push(job.id);
    }
    const { changed } = await store.steer(T0, { ...retry, state: 'dead', limit: 100 });
    expect(changed).toEqual([{ id: ids[0], state: 'ready' }]);
    expect(await jobNow(store, 'foo', ids[1] as number)).toMatchObject({ state: 'dead' });
  });

  it('retries a delayed job that holds its key itself', async ({ store }) => {
    const { id } = await pushUniq(store, 'foo', 'k', '1', T0 + 99);
    expect(await store.steer(T0, { ...retry, id: id as number })).toEqual({
      changed: [{ id, state: 'ready' }],
    });
    expect(await pushUniq(store, 'foo', 'k')).toEqual({ exists: id });
    const [job] = (await leaseJobs(store, 'foo')) as [Job];
    expect(job.uniq).toBe('k');
  });
}
