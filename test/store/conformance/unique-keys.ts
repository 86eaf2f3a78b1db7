/** At most one job of a queue has a unique key, from its push until it is taken. */

import { expect } from 'vitest';
import { push, pushUniq, type StoreTest, T0, take, takeBodies, tendAll } from '../../support/store.js';

export function uniqueKeys(it: StoreTest) {
  it('pushes nothing while a job has the key, and names that job', async (subject) => {
    const { id } = await pushUniq(subject.store, 'foo', 'k', '1');
    expect(await pushUniq(subject.store, 'foo', 'k', '2')).toEqual({ exists: id });
    const store = await subject.reopen();
    expect(await pushUniq(store, 'foo', 'k', '3')).toEqual({ exists: id });
    expect(await takeBodies(store, 'foo')).toEqual(['1']);
  });

  it('gives the key out with the job', async ({ store }) => {
    const { id } = await pushUniq(store, 'foo', 'k', '1');
    expect((await take(store, 'foo')).jobs).toMatchObject([{ id, body: '1', uniq: 'k' }]);
  });

  it('pushes none of several jobs when one of their keys is held, and makes no queue of it', async ({
    store,
  }) => {
    const { id } = await pushUniq(store, 'foo', 'k');
    const jobs = [{ body: '1' }, { body: '2', uniq: 'free' }, { body: '3', uniq: 'k' }];
    expect(await store.push(T0, { queue: 'foo', jobs })).toEqual({ exists: id });
    expect(await store.queue(T0, { queue: 'foo' })).toMatchObject({ ready: 1 });
    expect(await pushUniq(store, 'foo', 'free')).toHaveProperty('id');
  });

  it('names the holder of the first key that is held', async ({ store }) => {
    const { id: first } = await pushUniq(store, 'foo', 'a');
    const { id: second } = await pushUniq(store, 'foo', 'b');
    const jobs = [
      { body: '1', uniq: 'b' },
      { body: '2', uniq: 'a' },
    ];
    expect(await store.push(T0, { queue: 'foo', jobs })).toEqual({ exists: second });
    expect(first).not.toBe(second);
  });

  it('frees the key when the job is taken', async ({ store }) => {
    await pushUniq(store, 'foo', 'k', '1');
    await take(store, 'foo');
    expect(await pushUniq(store, 'foo', 'k', '2')).toHaveProperty('id');
    expect(await takeBodies(store, 'foo')).toEqual(['2']);
  });

  it('lets a delayed job hold the key, also when it has become due, until it is taken', async ({ store }) => {
    const { id } = await pushUniq(store, 'foo', 'k', '1', T0 + 10);
    expect(await pushUniq(store, 'foo', 'k', '2')).toEqual({ exists: id });
    await push(store, 'foo', ['"ripens the first"']);
    await take(store, 'foo', { limit: 1 }, T0 + 10);
    expect(await pushUniq(store, 'foo', 'k', '2')).toHaveProperty('id');
  });

  it('frees the keys of ready and delayed jobs with a purge, before anything is freed', async ({ store }) => {
    await pushUniq(store, 'foo', 'a');
    await pushUniq(store, 'foo', 'b', '1', T0 + 10);
    await store.purge(T0, { queue: 'foo' });
    expect(await pushUniq(store, 'foo', 'a', '"new a"')).toHaveProperty('id');
    expect(await pushUniq(store, 'foo', 'b', '"new b"')).toHaveProperty('id');
    await tendAll(store);
    expect(await pushUniq(store, 'foo', 'a')).toHaveProperty('exists');
    expect(await takeBodies(store, 'foo')).toEqual(['"new a"', '"new b"']);
  });

  it('has keys for each queue by itself', async ({ store }) => {
    await pushUniq(store, 'foo', 'k');
    expect(await pushUniq(store, 'bar', 'k')).toHaveProperty('id');
  });

  it('tells keys apart exactly: case, spaces, composition, length', async ({ store }) => {
    const keys = ['k', 'K', 'k ', ' k', 'é', 'e\u0301', '😀', '__proto__', 'x'.repeat(256), 'x'.repeat(255)];
    for (const key of keys) expect(await pushUniq(store, 'foo', key)).toHaveProperty('id');
    for (const key of keys) expect(await pushUniq(store, 'foo', key)).toHaveProperty('exists');
    expect((await take(store, 'foo')).jobs.map((job) => job.uniq)).toEqual(keys);
  });

  it('lets one of many pushes with the same key at once through', async ({ store }) => {
    const pushes = Array.from({ length: 100 }, (_, index) => pushUniq(store, 'foo', 'k', `${index}`));
    const answers = await Promise.all(pushes);
    const ids = answers.flatMap((answer) => (answer.id === undefined ? [] : [answer.id]));
    expect(ids).toHaveLength(1);
    expect(answers.filter((answer) => answer.exists === ids[0])).toHaveLength(99);
    expect(await takeBodies(store, 'foo')).toHaveLength(1);
  });

  it('counts no failure for a push that finds its key held', async ({ store }) => {
    await pushUniq(store, 'foo', 'k');
    await store.register(T0, { worker: 'w', queue: 'foo' });
    await store.push(T0 + 1, { queue: 'foo', jobs: [{ body: '1', uniq: 'k' }], failure: { worker: 'w' } });
    expect(await store.queue(T0, { queue: 'foo' })).toMatchObject({ failed: 0, ready: 1 });
    expect(await store.workers(T0, { limit: 100_000, worker: 'w' })).toMatchObject([
      { failed: 0, lastSeenAt: T0 },
    ]);
  });
}
