/** What a registered worker did and is doing, and when it was last seen. */

import { expect } from 'vitest';
import { seenStepMs, type WorkerView } from '../../../dist/store/calls.js';
import type { Store } from '../../../dist/store/store.js';
import { push, type StoreTest, T0, take, texts } from '../../support/store.js';

async function worker(store: Store, name = 'w'): Promise<WorkerView> {
  const [view] = await store.workers(T0, { limit: 100_000, worker: name });
  if (!view) throw new Error(`${name} is not registered`);
  return view;
}

async function fail(store: Store, queue: string, count: number, now: number) {
  const jobs = texts(count).map((body) => ({ body }));
  await store.push(now, { queue, jobs, failure: { worker: 'w' } });
}

export function tallies(it: StoreTest) {
  it('counts nothing for a worker that is not registered, and registers none', async ({ store }) => {
    await push(store, 'foo', texts(2));
    await take(store, 'foo', { worker: 'w' });
    await fail(store, 'foo', 1, T0);
    expect(await store.workers(T0, { limit: 100_000 })).toEqual([]);
    expect(await store.queue(T0, { queue: 'foo' })).toMatchObject({ processed: 2, failed: 1 });
  });

  it('counts what a registered worker takes and fails, for it and for each of its queues', async (subject) => {
    const { store } = subject;
    for (const queue of ['foo', 'bar']) {
      await store.register(T0, { worker: 'w', queue });
      await push(store, queue, texts(5));
    }
    await take(store, 'foo', { worker: 'w', limit: 2 });
    await take(store, 'bar', { worker: 'w', limit: 1 });
    await take(store, 'bar', { limit: 1 });
    await fail(store, 'foo', 3, T0);
    const view = await worker(await subject.reopen());
    expect(view).toMatchObject({ processed: 3, failed: 3 });
    expect(view.queues).toEqual([
      { queue: 'bar', processed: 1, failed: 0 },
      { queue: 'foo', processed: 2, failed: 3 },
    ]);
  });

  it('counts a take from a queue that it is not registered on for the worker alone', async ({ store }) => {
    await store.register(T0, { worker: 'w', queue: 'foo' });
    await push(store, 'bar', texts(2));
    await take(store, 'bar', { worker: 'w' });
    await fail(store, 'bar', 1, T0);
    const { processed, failed, queues } = await worker(store);
    expect({ processed, failed }).toEqual({ processed: 2, failed: 1 });
    expect(queues).toEqual([{ queue: 'foo', processed: 0, failed: 0 }]);
  });

  it('shows what it took last until it asks again', async (subject) => {
    const { store } = subject;
    await store.register(T0, { worker: 'w', queue: 'foo' });
    await push(store, 'foo', texts(3));
    const { jobs } = await take(store, 'foo', { worker: 'w', limit: 2 }, T0 + 5);
    const doing = jobs.map(({ id }) => ({ queue: 'foo', id, since: T0 + 5 }));
    expect((await worker(store)).doing).toEqual(doing);
    const reopened = await subject.reopen();
    expect((await worker(reopened)).doing).toEqual(doing);
    const next = await take(reopened, 'foo', { worker: 'w' }, T0 + 6);
    expect((await worker(reopened)).doing).toEqual([{ queue: 'foo', id: next.jobs[0]?.id, since: T0 + 6 }]);
    await take(reopened, 'foo', { worker: 'w' }, T0 + 7);
    expect(await worker(reopened)).toMatchObject({ doing: [], lastSeenAt: T0 + 7 });
  });

  it('is doing nothing after a failure or a take from an empty or unknown queue', async ({ store }) => {
    await store.register(T0, { worker: 'w', queue: 'foo' });
    for (const ends of [() => fail(store, 'bar', 1, T0 + 1), () => take(store, 'never', { worker: 'w' })]) {
      await push(store, 'foo', ['1']);
      await take(store, 'foo', { worker: 'w' });
      expect((await worker(store)).doing).toHaveLength(1);
      await ends();
      expect((await worker(store)).doing).toEqual([]);
    }
  });

  it('is seen by a take that gives something and by a failure', async ({ store }) => {
    await store.register(T0, { worker: 'w', queue: 'foo' });
    await push(store, 'foo', ['1']);
    await take(store, 'foo', { worker: 'w' }, T0 + 1);
    expect((await worker(store)).lastSeenAt).toBe(T0 + 1);
    await fail(store, 'foo', 1, T0 + 2);
    expect((await worker(store)).lastSeenAt).toBe(T0 + 2);
  });

  it('is seen by a take that gives nothing only when that is news', async ({ store }) => {
    await store.register(T0, { worker: 'w', queue: 'foo' });
    await take(store, 'foo', { worker: 'w' }, T0 + seenStepMs - 1);
    expect((await worker(store)).lastSeenAt).toBe(T0);
    await take(store, 'foo', { worker: 'w' }, T0 + seenStepMs);
    expect((await worker(store)).lastSeenAt).toBe(T0 + seenStepMs);
    await store.setQueue(T0, { queue: 'foo', stopped: true });
    await take(store, 'foo', { worker: 'w' }, T0 + 2 * seenStepMs);
    expect((await worker(store)).lastSeenAt).toBe(T0 + 2 * seenStepMs);
  });

  it('is not doing, and not credited with, what was restored', async ({ store }) => {
    await store.register(T0, { worker: 'w', queue: 'foo' });
    await push(store, 'foo', texts(3));
    const { jobs } = await take(store, 'foo', { worker: 'w' }, T0 + 1);
    await store.restore(T0 + 2, { queue: 'foo', jobs: jobs.slice(1), worker: 'w' });
    const view = await worker(store);
    expect(view).toMatchObject({ processed: 1, lastSeenAt: T0 + 1 });
    expect(view.queues).toEqual([{ queue: 'foo', processed: 1, failed: 0 }]);
    expect(view.doing).toEqual([{ queue: 'foo', id: jobs[0]?.id, since: T0 + 1 }]);
  });

  it('keeps what it does now when something older is restored', async ({ store }) => {
    await store.register(T0, { worker: 'w', queue: 'foo' });
    await push(store, 'foo', texts(2));
    const older = await take(store, 'foo', { worker: 'w', limit: 1 });
    const newer = await take(store, 'foo', { worker: 'w', limit: 1 });
    await store.restore(T0, { queue: 'foo', jobs: older.jobs, worker: 'w' });
    expect((await worker(store)).doing.map(({ id }) => id)).toEqual([newer.jobs[0]?.id]);
  });

  it('counts no less than zero when a restore follows a new registration', async ({ store }) => {
    await store.register(T0, { worker: 'w', queue: 'foo' });
    await push(store, 'foo', texts(2));
    const { jobs } = await take(store, 'foo', { worker: 'w' });
    await store.unregister(T0, { worker: 'w', queue: 'foo' });
    await store.register(T0, { worker: 'w', queue: 'foo' });
    await store.restore(T0, { queue: 'foo', jobs, worker: 'w' });
    expect(await worker(store)).toMatchObject({ processed: 0, queues: [{ processed: 0 }] });
  });

  it('counts several takes of one worker at once one after the other', async ({ store }) => {
    await store.register(T0, { worker: 'w', queue: 'foo' });
    await push(store, 'foo', texts(10));
    const takes = Array.from({ length: 10 }, () => take(store, 'foo', { worker: 'w', limit: 1 }));
    const last = (await Promise.all(takes)).at(-1)?.jobs[0];
    const view = await worker(store);
    expect(view.processed).toBe(10);
    expect(view.doing).toEqual([{ queue: 'foo', id: last?.id, since: T0 }]);
  });
}
