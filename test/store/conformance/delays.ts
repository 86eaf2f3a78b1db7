/** Delayed jobs are not there before their time, and there at their time. */

import { expect } from 'vitest';
import { ripenStep } from '../../../dist/store/calls.js';
import { drain, push, type StoreTest, T0, take, takeBodies, texts } from '../../support/store.js';

export function delays(it: StoreTest) {
  it('never gives a job before its time, and gives it at its time', async ({ store }) => {
    await store.push(T0, { queue: 'foo', jobs: [{ body: '1', runAt: T0 + 5 }] });
    expect(await takeBodies(store, 'foo', {}, T0)).toEqual([]);
    expect(await takeBodies(store, 'foo', {}, T0 + 4)).toEqual([]);
    expect(await takeBodies(store, 'foo', {}, T0 + 5)).toEqual(['1']);
    expect(await takeBodies(store, 'foo', {}, T0 + 6)).toEqual([]);
  });

  it('takes a time that is now or in the past for no delay', async ({ store }) => {
    const jobs = [T0 - 1, 0, T0].map((runAt, index) => ({ body: `${index}`, runAt }));
    await store.push(T0, { queue: 'foo', jobs });
    expect(await store.queue(T0, { queue: 'foo' })).toMatchObject({ ready: 3, delayed: 0 });
    expect(await takeBodies(store, 'foo')).toEqual(['0', '1', '2']);
  });

  it('gives a job that has become due its place by age, before younger ones', async ({ store }) => {
    await store.push(T0, { queue: 'foo', jobs: [{ body: '"late"', runAt: T0 + 9 }, { body: '"early"' }] });
    await store.push(T0, { queue: 'foo', jobs: [{ body: '"soon"', runAt: T0 + 1 }, { body: '"last"' }] });
    expect(await takeBodies(store, 'foo', { limit: 1 }, T0)).toEqual(['"early"']);
    expect(await takeBodies(store, 'foo', {}, T0 + 9)).toEqual(['"late"', '"soon"', '"last"']);
  });

  it('keeps a time far ahead and one of the year 5138', async (subject) => {
    const runAt = 99_999_999_999_000;
    await subject.store.push(T0, { queue: 'foo', jobs: [{ body: '1', runAt }] });
    const store = await subject.reopen();
    expect(await takeBodies(store, 'foo', {}, runAt - 1)).toEqual([]);
    expect(await takeBodies(store, 'foo', {}, runAt)).toEqual(['1']);
  });

  it('keeps delays over a reopening', async (subject) => {
    await subject.store.push(T0, { queue: 'foo', jobs: [{ body: '1', runAt: T0 + 10 }, { body: '2' }] });
    const store = await subject.reopen();
    expect(await takeBodies(store, 'foo', {}, T0)).toEqual(['2']);
    expect(await takeBodies(store, 'foo', {}, T0 + 10)).toEqual(['1']);
  });

  it('makes ready a bounded number of due jobs in one take, the earliest first', async ({ store }) => {
    const count = 2 * ripenStep + 500;
    // The last pushed is the first due.
    const jobs = texts(count).map((body, index) => ({ body, runAt: T0 + count - index }));
    await store.push(T0, { queue: 'foo', jobs });
    const later = T0 + count;
    const bodies = jobs.map((job) => job.body);
    const first = await takeBodies(store, 'foo', {}, later);
    expect(first).toEqual(bodies.slice(-ripenStep));
    expect(await takeBodies(store, 'foo', {}, later)).toEqual(bodies.slice(500, 500 + ripenStep));
    expect(await takeBodies(store, 'foo', {}, later)).toEqual(bodies.slice(0, 500));
    expect(await takeBodies(store, 'foo', {}, later)).toEqual([]);
  });

  it('counts as ready what is due, also beyond what one look makes ready', async ({ store }) => {
    const count = 2 * ripenStep + 500;
    const jobs = texts(count).map((body) => ({ body, runAt: T0 + 1 }));
    await store.push(T0, { queue: 'foo', jobs: [...jobs, { body: '"late"', runAt: T0 + 2 }] });
    for (let look = 0; look < 4; look++) {
      expect(await store.queue(T0 + 1, { queue: 'foo' })).toMatchObject({ ready: count, delayed: 1 });
    }
  });

  it('gives all due jobs to takes of one job at once, though more are due than one take makes ready', async ({
    store,
  }) => {
    const count = ripenStep + 200;
    await store.push(T0, { queue: 'foo', jobs: texts(count).map((body) => ({ body, runAt: T0 + 1 })) });
    const takes = Array.from({ length: count }, () => takeBodies(store, 'foo', { limit: 1 }, T0 + 1));
    expect((await Promise.all(takes)).flat()).toHaveLength(count);
  });

  it('gives all due jobs to takes of many jobs at once, though more are due than one take makes ready', async ({
    store,
  }) => {
    const count = 2 * ripenStep;
    await store.push(T0, { queue: 'foo', jobs: texts(count).map((body) => ({ body, runAt: T0 + 1 })) });
    const takes = Array.from({ length: 2 }, () => takeBodies(store, 'foo', { limit: ripenStep }, T0 + 1));
    expect((await Promise.all(takes)).map((bodies) => bodies.length)).toEqual([ripenStep, ripenStep]);
  });

  it('keeps the same id through the delay', async ({ store }) => {
    const pushed = await store.push(T0, { queue: 'foo', jobs: [{ body: '1', runAt: T0 + 5 }] });
    const [job] = (await take(store, 'foo', {}, T0 + 5)).jobs;
    expect(pushed).toEqual({ ids: [job?.id] });
    expect(job).toEqual({ id: job?.id, state: 'ready', createdAt: T0, body: '1' });
  });

  it('gives ready jobs while others are delayed, and counts both apart', async ({ store }) => {
    await store.push(T0, { queue: 'foo', jobs: texts(3).map((body) => ({ body, runAt: T0 + 100 })) });
    await push(store, 'foo', texts(4));
    expect(await store.queue(T0, { queue: 'foo' })).toMatchObject({ ready: 4, delayed: 3 });
    expect(await drain(store, 'foo')).toHaveLength(4);
    expect(await store.queue(T0, { queue: 'foo' })).toMatchObject({ ready: 0, delayed: 3 });
  });
}
