/** A push under an idempotency key happens once, however often it is said. */

import { expect } from 'vitest';
import type { NewJob } from '../../../dist/core/job.js';
import type { Store } from '../../../dist/store/store.js';
import {
  failureOf,
  listBodies,
  push,
  pushUniq,
  type StoreTest,
  T0,
  takeBodies,
  tendAll,
  texts,
} from '../../support/store.js';

const hour = 3_600_000;

function pushOnce(
  store: Store,
  {
    key = 'k',
    print = 'p',
    until = T0 + hour,
    queue = 'foo',
    now = T0,
    jobs = [{ body: '1' }] as readonly NewJob[],
  } = {},
) {
  return store.push(now, { queue, jobs, once: { key, print, until } });
}

export function once(it: StoreTest) {
  it('gives the same ids again and pushes nothing, also when the jobs are gone', async (subject) => {
    const jobs = texts(3).map((body) => ({ body }));
    const first = await pushOnce(subject.store, { jobs });
    expect(first).not.toHaveProperty('replayed');
    expect(await pushOnce(subject.store, { jobs, now: T0 + 1 })).toEqual({ ...first, replayed: true });
    expect(await takeBodies(subject.store, 'foo')).toEqual(texts(3));
    const store = await subject.reopen();
    expect(await pushOnce(store, { jobs, now: T0 + hour - 1 })).toEqual({ ...first, replayed: true });
    expect(await store.queue(T0, { queue: 'foo' })).toMatchObject({ ready: 0, processed: 3 });
  });

  it('refuses another print under the key, and pushes nothing', async (subject) => {
    await pushOnce(subject.store);
    const store = await subject.reopen();
    expect(await pushOnce(store, { print: 'q', jobs: [{ body: '2' }] })).toEqual({ differs: true });
    expect(await listBodies(store, 'foo')).toEqual(['1']);
  });

  it('forgets the key at its time, tended or not', async ({ store }) => {
    const [first, second, third] = [
      await pushOnce(store),
      await pushOnce(store, { now: T0 + hour, until: T0 + 2 * hour, print: 'q' }),
      (await tendAll(store, T0 + 2 * hour)) &&
        (await pushOnce(store, { now: T0 + 2 * hour, until: T0 + 3 * hour })),
    ];
    for (const one of [first, second, third]) expect(Object.keys(one)).toEqual(['ids']);
    expect(await pushOnce(store, { now: T0 + 2 * hour })).toEqual({ ...third, replayed: true });
  });

  it('frees keys in bounded steps, and says when the next one is over', async ({ store }) => {
    const at = [3, 1, 2];
    for (const hours of at) await pushOnce(store, { key: `${hours}`, until: T0 + hours * hour });
    await takeBodies(store, 'foo');
    for (const hours of [1, 2, 3]) {
      const { nextAt } = await tendAll(store, T0 + (hours - 1) * hour);
      expect(nextAt).toBeGreaterThan(T0 + (hours - 1) * hour);
      expect(nextAt).toBeLessThanOrEqual(T0 + hours * hour);
    }
    expect((await tendAll(store, T0 + 3 * hour)).nextAt).toBeUndefined();
  });

  it('has keys for each queue by itself, told apart exactly', async ({ store }) => {
    for (const key of ['k', 'K', 'k ', '__proto__', '😀', 'x'.repeat(255)]) {
      for (const queue of ['foo', 'bar', '__proto__']) {
        expect(await pushOnce(store, { key, queue })).not.toHaveProperty('replayed');
        expect(await pushOnce(store, { key, queue })).toHaveProperty('replayed', true);
      }
    }
  });

  it('remembers nothing of a push that was refused', async ({ store }) => {
    const { id } = await pushUniq(store, 'foo', 'u');
    expect(await pushOnce(store, { jobs: [{ body: '1', uniq: 'u' }] })).toEqual({ exists: id });
    await store.setQueue(T0, { queue: 'foo', policy: { maxSize: 1 } });
    expect(await failureOf(pushOnce(store))).toBe('queue_full');
    await takeBodies(store, 'foo');
    const pushed = await pushOnce(store, { jobs: [{ body: '1', uniq: 'u' }] });
    expect(pushed).not.toHaveProperty('replayed');
    // The answer of a replay comes before every reason to refuse.
    expect(await pushOnce(store, { jobs: [{ body: '1', uniq: 'u' }] })).toEqual({
      ...pushed,
      replayed: true,
    });
  });

  it('counts a failure once', async ({ store }) => {
    await store.register(T0, { worker: 'w', queue: 'foo' });
    const failing = { queue: 'foo', jobs: [{ body: '1' }], failure: { worker: 'w' } };
    const key = { once: { key: 'k', print: 'p', until: T0 + hour } };
    for (let time = 0; time < 3; time++) await store.push(T0, { ...failing, ...key });
    expect(await store.queue(T0, { queue: 'foo' })).toMatchObject({ ready: 1, failed: 1 });
    expect(await store.workers(T0, { limit: 9 })).toMatchObject([{ failed: 1 }]);
  });

  it('lets one of many pushes with the same key at once through, among others', async ({ store }) => {
    const pushes = Array.from({ length: 50 }, () => pushOnce(store));
    await push(store, 'foo', ['"other"']);
    const answers = await Promise.all(pushes);
    expect(answers.filter((one) => !('replayed' in one))).toHaveLength(1);
    expect(new Set(answers.map((one) => 'ids' in one && one.ids[0])).size).toBe(1);
    expect(await takeBodies(store, 'foo')).toEqual(['1', '"other"']);
  });

  it('tells the jobs as they are when that is asked for', async (subject) => {
    const { store } = subject;
    await store.setQueue(T0, { queue: 'foo', policy: { ttlMs: 50 } });
    const pushed = await store.push(T0, {
      queue: 'foo',
      represent: true,
      jobs: [{ body: '1' }, { body: '2', priority: 9, runAt: T0 + 5, uniq: 'u', tags: ['t'] }],
    });
    const ids = 'ids' in pushed ? pushed.ids : [];
    const jobs = await Promise.all(ids.map(async (id) => (await store.job(T0, { queue: 'foo', id }))?.job));
    expect(pushed).toEqual({ ids, jobs });
    expect(jobs).toMatchObject([{ expiresAt: T0 + 50 }, { priority: 9, uniq: 'u', dueAt: T0 + 5 }]);
    const plain = await store.push(T0, { queue: 'foo', represent: true, jobs: [{ body: '3' }] });
    expect(plain).toMatchObject({ jobs: [{ body: '3', state: 'ready', expiresAt: T0 + 50 }] });
  });
}
