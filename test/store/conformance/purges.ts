/** A purge leaves nothing of the queue behind, nothing else touched, and its space to `tend`. */

import { expect } from 'vitest';
import type { Store } from '../../../dist/store/store.js';
import {
  drain,
  emptyQueue,
  listPages,
  push,
  type StoreTest,
  T0,
  takeBodies,
  tendAll,
  texts,
} from '../../support/store.js';

export function purges(it: StoreTest) {
  it('deletes jobs, counters, switch and name at once', async (subject) => {
    const { store } = subject;
    await push(store, 'foo', texts(3));
    await takeBodies(store, 'foo', { limit: 1 });
    await store.push(T0, { queue: 'foo', jobs: [{ body: '1', runAt: T0 + 10 }], failure: {} });
    await store.setQueue(T0, { queue: 'foo', stopped: true });
    await store.purge(T0, { queue: 'foo' });
    const later = T0 + 10;
    const check = async (opened: Store) => {
      expect(await opened.queue(later, { queue: 'foo' })).toEqual(emptyQueue);
      expect(await opened.queues(later, { limit: 10 })).toEqual({ names: [], total: 0 });
      expect(await takeBodies(opened, 'foo', {}, later)).toEqual([]);
      expect(await listPages(opened, { queue: 'foo' }, later)).toEqual([[]]);
    };
    await check(store);
    await check(await subject.reopen());
  });

  it('deletes a queue that is not there without a word', async ({ store }) => {
    expect(await store.purge(T0, { queue: 'never' })).toBeUndefined();
    expect(await store.queues(T0, { limit: 10 })).toEqual({ names: [], total: 0 });
    expect((await tendAll(store)).steps).toBeLessThanOrEqual(2);
  });

  it('leaves other queues as they are, through its freeing too', async (subject) => {
    for (const queue of ['a', 'foo', 'z']) await push(subject.store, queue, texts(50, queue));
    await subject.store.push(T0, { queue: 'a', jobs: [{ body: '"late"', runAt: T0 + 1, uniq: 'k' }] });
    await subject.store.purge(T0, { queue: 'foo' });
    await tendAll(subject.store);
    const store = await subject.reopen();
    expect(await store.queues(T0, { limit: 10 })).toEqual({ names: ['a', 'z'], total: 2 });
    expect(await drain(store, 'a', T0 + 1)).toEqual([...texts(50, 'a'), '"late"']);
    expect(await drain(store, 'z')).toEqual(texts(50, 'z'));
  });

  it('makes way for a new queue of the same name before and while it is freed', async ({ store }) => {
    await push(store, 'foo', texts(5_000, 'old'));
    await store.purge(T0, { queue: 'foo' });
    await push(store, 'foo', ['"first"']);
    await store.tend(T0, {});
    await push(store, 'foo', ['"second"']);
    await tendAll(store);
    expect(await store.queue(T0, { queue: 'foo' })).toMatchObject({ ready: 2, processed: 0 });
    expect(await drain(store, 'foo')).toEqual(['"first"', '"second"']);
  });

  it('never gives an id again after a purge, its freeing or a reopening', async (subject) => {
    const seen = { foo: [] as number[], bar: [] as number[] };
    let { store } = subject;
    for (const again of ['purged', 'freed', 'reopened', 'last']) {
      seen.foo.push(...(await push(store, 'foo', texts(3))));
      seen.bar.push(...(await push(store, 'bar', texts(2))));
      await store.purge(T0, { queue: 'foo' });
      if (again === 'freed') await tendAll(store);
      if (again === 'reopened') store = await subject.reopen();
    }
    for (const ids of [seen.foo, seen.bar]) {
      expect(ids).toEqual([...ids].sort((a, b) => a - b));
      expect(new Set(ids).size).toBe(ids.length);
    }
  });

  it('never gives an id again after a reopening, though all its jobs were taken', async (subject) => {
    const [last] = (await push(subject.store, 'foo', texts(3))).slice(-1);
    await drain(subject.store, 'foo');
    const store = await subject.reopen();
    const [next] = await push(store, 'foo', ['1']);
    expect(next).toBeGreaterThan(last as number);
  });

  it('frees in steps, also of many purges and of one queue purged again and again', async (subject) => {
    let { store } = subject;
    for (let round = 0; round < 5; round++) {
      await push(store, 'foo', texts(300));
      await push(store, `bar${round}`, texts(10));
      await store.purge(T0, { queue: 'foo' });
      await store.purge(T0, { queue: `bar${round}` });
    }
    await push(store, 'foo', ['"left"']);
    store = await subject.reopen();
    await tendAll(store, T0, { mostSteps: 100 });
    expect((await store.tend(T0, {})).more).toBe(false);
    expect(await drain(store, 'foo')).toEqual(['"left"']);
  });

  it('answers others between the steps of freeing', async ({ store }) => {
    await push(store, 'foo', texts(10_000));
    await store.purge(T0, { queue: 'foo' });
    const freeing = tendAll(store);
    await push(store, 'bar', ['1']);
    expect(await takeBodies(store, 'bar')).toEqual(['1']);
    await freeing;
  });

  it('keeps workers registered on the queue, counting from zero', async (subject) => {
    const { store } = subject;
    await store.register(T0, { worker: 'w', queue: 'foo' });
    await store.register(T0, { worker: 'w', queue: 'bar' });
    await push(store, 'foo', texts(2));
    await push(store, 'bar', texts(2));
    await takeBodies(store, 'foo', { worker: 'w' });
    await takeBodies(store, 'bar', { worker: 'w', limit: 1 });
    await store.push(T0, { queue: 'foo', jobs: [{ body: '1' }], failure: { worker: 'w' } });
    await store.purge(T0, { queue: 'foo' });
    const [worker] = await (await subject.reopen()).workers(T0, { limit: 100_000, queue: 'foo' });
    expect(worker).toMatchObject({ name: 'w', processed: 3, failed: 1 });
    expect(worker?.queues).toEqual([
      { queue: 'bar', processed: 1, failed: 0 },
      { queue: 'foo', processed: 0, failed: 0 },
    ]);
  });
}
