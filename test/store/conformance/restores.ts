/** A restored job stands where it stood, as if it had never been taken. */

import { expect } from 'vitest';
import {
  emptyQueue,
  listBodies,
  push,
  pushUniq,
  type StoreTest,
  T0,
  take,
  takeBodies,
  texts,
} from '../../support/store.js';

export function restores(it: StoreTest) {
  it('puts jobs back into their places and uncounts them', async (subject) => {
    await push(subject.store, 'foo', texts(6));
    const first = await take(subject.store, 'foo', { limit: 2 });
    const second = await take(subject.store, 'foo', { limit: 2 });
    await subject.store.restore(T0, { queue: 'foo', jobs: second.jobs });
    await subject.store.restore(T0, { queue: 'foo', jobs: first.jobs.slice(1) });
    const store = await subject.reopen();
    const view = { ...emptyQueue, ready: 5, processed: 1, oldestAt: T0 };
    expect(await store.queue(T0, { queue: 'foo' })).toEqual(view);
    expect(await takeBodies(store, 'foo')).toEqual(texts(6).slice(1));
  });

  it('gives the same jobs again after a restore: id, text and key', async ({ store }) => {
    await pushUniq(store, 'foo', 'k', '"é😀"');
    const { jobs } = await take(store, 'foo');
    await store.restore(T0, { queue: 'foo', jobs });
    expect((await take(store, 'foo')).jobs).toEqual(jobs);
  });

  it('makes what was delayed ready, not delayed again', async ({ store }) => {
    await store.push(T0, { queue: 'foo', jobs: [{ body: '1', runAt: T0 + 10 }] });
    const { jobs } = await take(store, 'foo', {}, T0 + 10);
    await store.restore(T0 + 10, { queue: 'foo', jobs });
    expect(await store.queue(T0, { queue: 'foo' })).toMatchObject({ ready: 1, delayed: 0 });
    expect(await takeBodies(store, 'foo', {}, T0)).toEqual(['1']);
  });

  it('gives the unique key back when it is free', async ({ store }) => {
    const { id } = await pushUniq(store, 'foo', 'k');
    const { jobs } = await take(store, 'foo');
    await store.restore(T0, { queue: 'foo', jobs });
    expect(await pushUniq(store, 'foo', 'k')).toEqual({ exists: id });
  });

  it('leaves the unique key to whom has it by now, and brings the job back without', async ({ store }) => {
    const { id: old } = await pushUniq(store, 'foo', 'k', '"old"');
    const { jobs } = await take(store, 'foo');
    const { id } = await pushUniq(store, 'foo', 'k', '"new"');
    await store.restore(T0, { queue: 'foo', jobs });
    expect(await pushUniq(store, 'foo', 'k')).toEqual({ exists: id });
    const again = (await take(store, 'foo')).jobs;
    expect(again.map((job) => [job.id, job.body, job.uniq])).toEqual([
      [old, '"old"', undefined],
      [id, '"new"', 'k'],
    ]);
    expect(await pushUniq(store, 'foo', 'k')).toHaveProperty('id');
  });

  it('gives a key that two of the restored jobs had to the first', async ({ store }) => {
    const { id } = await pushUniq(store, 'foo', 'k', '1');
    const first = await take(store, 'foo');
    await pushUniq(store, 'foo', 'k', '2');
    const second = await take(store, 'foo');
    await store.restore(T0, { queue: 'foo', jobs: [...first.jobs, ...second.jobs] });
    expect(await pushUniq(store, 'foo', 'k')).toEqual({ exists: id });
    expect((await take(store, 'foo')).jobs.map((job) => job.uniq)).toEqual(['k', undefined]);
  });

  it('brings nothing back to a queue that was deleted since', async ({ store }) => {
    await push(store, 'foo', ['1']);
    const { jobs } = await take(store, 'foo');
    await store.purge(T0, { queue: 'foo' });
    await store.restore(T0, { queue: 'foo', jobs });
    expect(await store.queues(T0, { limit: 10 })).toEqual({ names: [], total: 0 });
    expect(await takeBodies(store, 'foo')).toEqual([]);
  });

  it('brings nothing back to a newer queue of the same name, and takes no key there', async ({ store }) => {
    await pushUniq(store, 'foo', 'k', '"old"');
    const { jobs } = await take(store, 'foo');
    await store.purge(T0, { queue: 'foo' });
    await push(store, 'foo', ['"new"']);
    await store.restore(T0, { queue: 'foo', jobs });
    expect(await store.queue(T0, { queue: 'foo' })).toMatchObject({ ready: 1, processed: 0 });
    expect(await pushUniq(store, 'foo', 'k', '"free"')).toHaveProperty('id');
    expect(await takeBodies(store, 'foo')).toEqual(['"new"', '"free"']);
  });

  it('brings back those of the newer queue only, when both are restored together', async ({ store }) => {
    await push(store, 'foo', ['"old"']);
    const old = await take(store, 'foo');
    await store.purge(T0, { queue: 'foo' });
    await store.setQueue(T0, { queue: 'foo', stopped: false });
    await push(store, 'foo', ['"new"']);
    const young = await take(store, 'foo');
    await store.restore(T0, { queue: 'foo', jobs: [...old.jobs, ...young.jobs] });
    expect(await store.queue(T0, { queue: 'foo' })).toMatchObject({ ready: 1, processed: 0 });
    expect(await takeBodies(store, 'foo')).toEqual(['"new"']);
  });

  it('restores into a stopped queue, where the jobs wait', async ({ store }) => {
    await push(store, 'foo', texts(2));
    const { jobs } = await take(store, 'foo', { limit: 1 });
    await store.setQueue(T0, { queue: 'foo', stopped: true });
    await store.restore(T0, { queue: 'foo', jobs });
    expect(await listBodies(store, 'foo')).toEqual(texts(2));
    await store.setQueue(T0, { queue: 'foo', stopped: false });
    expect(await takeBodies(store, 'foo')).toEqual(texts(2));
  });

  it('restores many jobs at once, among others that were pushed meanwhile', async ({ store }) => {
    await push(store, 'foo', texts(500));
    const { jobs } = await take(store, 'foo');
    await push(store, 'foo', ['"new"']);
    await store.restore(T0, { queue: 'foo', jobs: [...jobs].reverse() });
    expect(await takeBodies(store, 'foo')).toEqual([...texts(500), '"new"']);
  });
}
