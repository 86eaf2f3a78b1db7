/** Who is registered where, since when, and how many at most. */

import { expect } from 'vitest';
import { limits } from '../../../dist/api/limits.js';
import type { WorkerList } from '../../../dist/store/calls.js';
import type { Store } from '../../../dist/store/store.js';
import { push, type StoreTest, T0, take, texts } from '../../support/store.js';

const names = async (store: Store, list: Partial<WorkerList> = {}) =>
  (await store.workers(T0, { limit: 100_000, ...list })).map((worker) => worker.name);

export function registration(it: StoreTest) {
  it('lists page by page, all of them or those on a queue', async ({ store }) => {
    for (const worker of ['d', 'b', 'a', 'c']) await store.register(T0, { worker, queue: 'foo' });
    await store.register(T0, { worker: 'x', queue: 'bar' });
    expect(await names(store, { limit: 3 })).toEqual(['a', 'b', 'c']);
    expect(await names(store, { limit: 3, after: 'c' })).toEqual(['d', 'x']);
    expect(await names(store, { limit: 3, after: 'c', queue: 'foo' })).toEqual(['d']);
    expect(await names(store, { after: 'x' })).toEqual([]);
  });

  it('shows a new worker with its queue and nothing done', async (subject) => {
    expect(await subject.store.register(T0, { worker: 'w', queue: 'foo' })).toBe(true);
    const view = {
      name: 'w',
      startedAt: T0,
      lastSeenAt: T0,
      processed: 0,
      failed: 0,
      queues: [{ queue: 'foo', processed: 0, failed: 0 }],
      doing: [],
    };
    expect(await subject.store.workers(T0, { limit: 100_000 })).toEqual([view]);
    expect(await (await subject.reopen()).workers(T0, { limit: 100_000 })).toEqual([view]);
  });

  it('makes no queue of a registration', async ({ store }) => {
    await store.register(T0, { worker: 'w', queue: 'foo' });
    expect((await store.queues(T0, { limit: 10 })).total).toBe(0);
  });

  it('keeps what it did and when it started when it registers again, and refreshes lastSeenAt', async ({
    store,
  }) => {
    await store.register(T0, { worker: 'w', queue: 'foo' });
    await push(store, 'foo', texts(3));
    await take(store, 'foo', { worker: 'w' }, T0 + 1);
    expect(await store.register(T0 + 5, { worker: 'w', queue: 'foo' })).toBe(true);
    expect(await store.register(T0 + 6, { worker: 'w', queue: 'bar' })).toBe(true);
    const [worker] = await store.workers(T0, { limit: 100_000 });
    expect(worker).toMatchObject({ startedAt: T0, lastSeenAt: T0 + 6, processed: 3 });
    expect(worker?.doing).toHaveLength(3);
    expect(worker?.queues).toEqual([
      { queue: 'bar', processed: 0, failed: 0 },
      { queue: 'foo', processed: 3, failed: 0 },
    ]);
  });

  it('lists workers by name: all, one, those on a queue, one if it is on a queue', async ({ store }) => {
    const pairs = { b: ['foo'], a: ['foo', 'bar'], '!': ['bar'], __proto__x: ['foo'], B: ['foo'] };
    for (const [worker, queues] of Object.entries(pairs)) {
      for (const queue of queues) await store.register(T0, { worker, queue });
    }
    expect(await names(store)).toEqual(['!', 'B', '__proto__x', 'a', 'b']);
    expect(await names(store, { worker: 'b' })).toEqual(['b']);
    expect(await names(store, { worker: 'c' })).toEqual([]);
    expect(await names(store, { queue: 'bar' })).toEqual(['!', 'a']);
    expect(await names(store, { queue: 'none' })).toEqual([]);
    expect(await names(store, { queue: 'bar', worker: 'a' })).toEqual(['a']);
    expect(await names(store, { queue: 'bar', worker: 'b' })).toEqual([]);
    const [a] = await store.workers(T0, { limit: 100_000, queue: 'bar', worker: 'a' });
    expect(a?.queues.map((tally) => tally.queue)).toEqual(['bar', 'foo']);
  });

  it('lets a worker have the name __proto__', async ({ store }) => {
    await store.register(T0, { worker: '__proto__', queue: '__proto__' });
    expect(await names(store, { worker: '__proto__' })).toEqual(['__proto__']);
  });

  it('takes a worker off one queue, and forgets it with its last', async (subject) => {
    const { store } = subject;
    for (const queue of ['foo', 'bar']) await store.register(T0, { worker: 'w', queue });
    await push(store, 'foo', texts(2));
    await take(store, 'foo', { worker: 'w' });
    await store.unregister(T0, { worker: 'w', queue: 'foo' });
    expect(await names(store, { queue: 'foo' })).toEqual([]);
    const [worker] = await store.workers(T0, { limit: 100_000 });
    expect(worker).toMatchObject({ processed: 2, queues: [{ queue: 'bar', processed: 0, failed: 0 }] });
    await store.unregister(T0, { worker: 'w', queue: 'bar' });
    expect(await names(store)).toEqual([]);
    expect(await names(await subject.reopen())).toEqual([]);
  });

  it('takes off what is not there without a word', async ({ store }) => {
    await store.unregister(T0, { worker: 'never', queue: 'foo' });
    await store.register(T0, { worker: 'w', queue: 'foo' });
    await store.unregister(T0, { worker: 'w', queue: 'bar' });
    expect(await names(store)).toEqual(['w']);
  });

  it('counts from zero for a worker that comes back', async ({ store }) => {
    await store.register(T0, { worker: 'w', queue: 'foo' });
    await push(store, 'foo', texts(2));
    await take(store, 'foo', { worker: 'w' });
    await store.unregister(T0, { worker: 'w', queue: 'foo' });
    await store.register(T0 + 9, { worker: 'w', queue: 'foo' });
    const [worker] = await store.workers(T0, { limit: 100_000 });
    expect(worker).toMatchObject({ startedAt: T0 + 9, processed: 0, doing: [] });
    expect(worker?.queues).toEqual([{ queue: 'foo', processed: 0, failed: 0 }]);
  });

  it('refuses one queue too many, does nothing then, and lets it back on those it has', async ({ store }) => {
    const queue = (index: number) => `q${index}`;
    const registrations = Array.from({ length: limits.queuesPerWorker }, (_, index) =>
      store.register(T0, { worker: 'w', queue: queue(index) }),
    );
    expect(new Set(await Promise.all(registrations))).toEqual(new Set([true]));
    expect(await store.register(T0 + 1, { worker: 'w', queue: 'more' })).toBe(false);
    const [worker] = await store.workers(T0, { limit: 100_000 });
    expect(worker?.queues).toHaveLength(limits.queuesPerWorker);
    expect(worker?.lastSeenAt).toBe(T0);
    expect(await store.register(T0 + 2, { worker: 'w', queue: queue(7) })).toBe(true);
    await store.unregister(T0, { worker: 'w', queue: queue(7) });
    expect(await store.register(T0 + 3, { worker: 'w', queue: 'more' })).toBe(true);
    expect(await names(store, { queue: 'more' })).toEqual(['w']);
  });

  it('forgets the worker unseen for the longest, then by name, when there are too many', async ({
    store,
  }) => {
    const name = (index: number) => `w${String(index).padStart(5, '0')}`;
    // The last registered is unseen for the longest; w00100 and w00101 are equally long unseen.
    const seenAt = (index: number) => T0 + limits.workers - (index === 101 ? 100 : index);
    const registrations = Array.from({ length: limits.workers }, (_, index) =>
      store.register(seenAt(index), { worker: name(index), queue: 'foo' }),
    );
    await Promise.all(registrations);
    const later = T0 + 2 * limits.workers;
    for (let index = 102; index < limits.workers; index++) {
      // Seen again, all but the first hundred and two.
      registrations.push(store.register(later, { worker: name(index), queue: 'foo' }));
    }
    await Promise.all(registrations);
    const come = (worker: string) => store.register(later + 1, { worker, queue: 'foo' });
    await come('x1');
    await come(name(5));
    expect(await names(store, { worker: name(100) })).toEqual([]);
    expect(await names(store, { worker: name(101) })).toEqual([name(101)]);
    await come('x2');
    expect(await names(store, { worker: name(101) })).toEqual([]);
    expect(await names(store, { worker: name(99) })).toEqual([name(99)]);
    expect(await names(store, { worker: 'x1' })).toEqual(['x1']);
    expect((await store.workers(T0, { limit: 100_000, queue: 'foo' })).length).toBe(limits.workers);
  }, 120_000);
}
