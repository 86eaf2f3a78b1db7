/** What is said about a queue and about all of them, and what its switch does. */

import { expect } from 'vitest';
import {
  emptyQueue,
  listBodies,
  nothingTaken,
  push,
  type StoreTest,
  T0,
  take,
  takeBodies,
  texts,
} from '../../support/store.js';

const delayed = (count: number, runAt: number) => texts(count, 'late').map((body) => ({ body, runAt }));

export function queues(it: StoreTest) {
  it('shows a queue that is not there as an open, empty one, and makes none of it', async ({ store }) => {
    expect(await store.queue(T0, { queue: 'foo' })).toEqual(emptyQueue);
    expect(await store.queues(T0, { limit: 10 })).toEqual({ names: [], total: 0 });
  });

  it('counts what is ready, delayed, processed and failed, over a reopening too', async (subject) => {
    const { store } = subject;
    await push(store, 'foo', texts(5));
    await takeBodies(store, 'foo', { limit: 2 });
    await store.push(T0, { queue: 'foo', jobs: delayed(4, T0 + 10) });
    await store.push(T0, { queue: 'foo', jobs: [{ body: '1' }, { body: '2' }], failure: {} });
    const view = { ...emptyQueue, ready: 5, delayed: 4, processed: 2, failed: 2, oldestAt: T0 };
    expect(await store.queue(T0, { queue: 'foo' })).toEqual(view);
    expect(await (await subject.reopen()).queue(T0, { queue: 'foo' })).toEqual(view);
  });

  it('counts due jobs as ready at their time, though nobody has asked for them', async ({ store }) => {
    await store.push(T0, { queue: 'foo', jobs: [...delayed(2, T0 + 10), ...delayed(3, T0 + 20)] });
    const counts = async (now: number) => {
      const { ready, delayed } = await store.queue(now, { queue: 'foo' });
      return [ready, delayed];
    };
    expect(await counts(T0)).toEqual([0, 5]);
    expect(await counts(T0 + 9)).toEqual([0, 5]);
    expect(await counts(T0 + 10)).toEqual([2, 3]);
    await takeBodies(store, 'foo', { limit: 1 }, T0 + 10);
    expect(await counts(T0 + 10)).toEqual([1, 3]);
    expect(await counts(T0 + 20)).toEqual([4, 0]);
  });

  it('counts a delayed failure as delayed and as failed', async ({ store }) => {
    await store.push(T0, { queue: 'foo', jobs: delayed(1, T0 + 10), failure: { worker: 'unknown' } });
    expect(await store.queue(T0, { queue: 'foo' })).toMatchObject({ ready: 0, delayed: 1, failed: 1 });
  });

  it('gives no job of a stopped queue, and takes jobs in', async (subject) => {
    await push(subject.store, 'foo', texts(2));
    await subject.store.setQueue(T0, { queue: 'foo', stopped: true });
    const store = await subject.reopen();
    await push(store, 'foo', ['"more"']);
    expect(await take(store, 'foo')).toEqual({ ...nothingTaken, stopped: true });
    const view = { stopped: true, ready: 3, delayed: 0, processed: 0, failed: 0 };
    expect(await store.queue(T0, { queue: 'foo' })).toMatchObject(view);
    await store.setQueue(T0, { queue: 'foo', stopped: false });
    expect(await takeBodies(store, 'foo')).toEqual([...texts(2), '"more"']);
  });

  it('counts and shows what becomes due in a stopped queue', async ({ store }) => {
    await store.setQueue(T0, { queue: 'foo', stopped: true });
    await store.push(T0, { queue: 'foo', jobs: delayed(2, T0 + 10) });
    await take(store, 'foo', {}, T0 + 10);
    expect(await store.queue(T0 + 10, { queue: 'foo' })).toMatchObject({ ready: 2, delayed: 0 });
    expect(await listBodies(store, 'foo', 'ready', T0 + 10)).toEqual(texts(2, 'late'));
  });

  it('stops one queue only', async ({ store }) => {
    await push(store, 'bar', texts(1));
    await store.setQueue(T0, { queue: 'foo', stopped: true });
    expect(await takeBodies(store, 'bar')).toEqual(texts(1));
  });

  it('makes the queue that it stops or opens', async (subject) => {
    await subject.store.setQueue(T0, { queue: 'stopped', stopped: true });
    await subject.store.setQueue(T0, { queue: 'open', stopped: false });
    const store = await subject.reopen();
    expect(await store.queues(T0, { limit: 10 })).toEqual({ names: ['open', 'stopped'], total: 2 });
    expect(await store.queue(T0, { queue: 'stopped' })).toMatchObject({ stopped: true, ready: 0 });
  });

  it('keeps the name of a queue that has become empty', async ({ store }) => {
    await push(store, 'foo', ['1']);
    await takeBodies(store, 'foo');
    expect(await store.queues(T0, { limit: 10 })).toEqual({ names: ['foo'], total: 1 });
  });

  it('lists names in ascending code point order, page by page, with the total of all', async (subject) => {
    const names = ['B', 'Z', '_', 'a', 'a-', 'a.', 'a:', 'aa', 'b', '0', '10', '9', '-', '@', '__proto__'];
    for (const name of names) await push(subject.store, name, ['1']);
    const store = await subject.reopen();
    const sorted = [...names].sort();
    expect(await store.queues(T0, { limit: 100 })).toEqual({ names: sorted, total: 15 });
    const listed: string[] = [];
    for (let after: string | undefined; ; after = listed.at(-1)) {
      const page = await store.queues(T0, { limit: 4, ...(after !== undefined && { after }) });
      expect(page.total).toBe(15);
      expect(page.names.length).toBeLessThanOrEqual(4);
      if (page.names.length === 0) break;
      listed.push(...page.names);
    }
    expect(listed).toEqual(sorted);
  });

  it('goes on after a name that is not there', async ({ store }) => {
    for (const name of ['a', 'c', 'e']) await push(store, name, ['1']);
    expect(await store.queues(T0, { limit: 1, after: 'b' })).toEqual({ names: ['c'], total: 3 });
    expect(await store.queues(T0, { limit: 9, after: 'e' })).toEqual({ names: [], total: 3 });
  });
}
