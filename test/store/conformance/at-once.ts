/** Calls that are made at once lose nothing, double nothing, and keep the order of a queue. */

import { expect } from 'vitest';
import {
  drain,
  leaseJobs,
  leaseNew,
  push,
  type StoreTest,
  settle,
  T0,
  take,
  takeBodies,
  texts,
} from '../../support/store.js';

export function atOnce(it: StoreTest) {
  it('loses and doubles nothing in 500 pushes and takes at once', async (subject) => {
    const { store } = subject;
    const pushed: string[] = [];
    const taken: string[] = [];
    const calls = Array.from({ length: 500 }, async (_, index) => {
      const queue = `q${index % 3}`;
      if (index % 2 === 0) {
        const bodies = texts(1 + (index % 4), `${index}.`);
        pushed.push(...bodies);
        await push(store, queue, bodies);
      } else taken.push(...(await takeBodies(store, queue, { limit: 1 + (index % 5) })));
    });
    await Promise.all(calls);
    const reopened = await subject.reopen();
    for (const queue of ['q0', 'q1', 'q2']) taken.push(...(await drain(reopened, queue)));
    expect(taken.sort()).toEqual(pushed.sort());
  });

  it('gives each of 500 jobs to one of 500 takes at once, in the order they were asked', async ({
    store,
  }) => {
    await push(store, 'foo', texts(500));
    const takes = Array.from({ length: 500 }, () => takeBodies(store, 'foo', { limit: 1 }));
    expect((await Promise.all(takes)).flat()).toEqual(texts(500));
    expect(await store.queue(T0, { queue: 'foo' })).toMatchObject({ ready: 0, processed: 500 });
  });

  it('keeps the order of 500 pushes at once', async ({ store }) => {
    const ids = await Promise.all(texts(500).map((body) => push(store, 'foo', [body])));
    expect((await take(store, 'foo')).jobs.map((job) => job.id)).toEqual(ids.flat());
    expect(ids.flat()).toEqual([...ids.flat()].sort((a, b) => a - b));
  });

  it('does what is asked of one queue at once in the order it is asked', async ({ store }) => {
    const answers = await Promise.all([
      push(store, 'foo', ['1', '2']),
      take(store, 'foo', { limit: 1 }),
      store.queue(T0, { queue: 'foo' }),
      store.purge(T0, { queue: 'foo' }),
      push(store, 'foo', ['3']),
      store.setQueue(T0, { queue: 'foo', stopped: true }),
      take(store, 'foo'),
      store.setQueue(T0, { queue: 'foo', stopped: false }),
      take(store, 'foo'),
    ]);
    expect(answers[1].jobs.map((job) => job.body)).toEqual(['1']);
    expect(answers[2]).toMatchObject({ ready: 1, processed: 1 });
    expect(answers[6]).toMatchObject({ jobs: [], stopped: true });
    expect(answers[8].jobs.map((job) => job.body)).toEqual(['3']);
  });

  it('begins no lease before its job was given back, in whichever order both are done', async ({ store }) => {
    const one = await leaseNew(store, 'foo');
    const other = await leaseNew(store, 'foo');
    const [, , again] = await Promise.all([
      store.queue(T0, { queue: 'foo' }),
      settle(store, 'foo', one, { act: 'done' }, T0 + 1),
      leaseJobs(store, 'foo', { limit: 1, token: 'again' }, T0 + 2),
      settle(store, 'foo', other, { act: 'release' }, T0 + 10),
    ]);
    for (const { details } of again) expect(details?.lease?.since).toBe(T0 + 10);
  });

  it('finishes what was begun before it closes', async (subject) => {
    const { store } = subject;
    const pushes = Promise.all(texts(300).map((body) => push(store, 'foo', [body])));
    const reopening = subject.reopen();
    await pushes;
    expect(await drain(await reopening, 'foo')).toEqual(texts(300));
  });

  it('gives one take what is there when many purges and pushes run at once', async ({ store }) => {
    const calls = Array.from({ length: 200 }, async (_, index) => {
      if (index % 7 === 0) await store.purge(T0, { queue: 'foo' });
      else if (index % 3 === 0) await store.tend(T0, {});
      else await push(store, 'foo', [`${index}`]);
    });
    await Promise.all(calls);
    // 196 is the last number that is purged at; 198 only tends.
    expect(await drain(store, 'foo')).toEqual(['197', '199']);
  });

  it('answers many takes and lists of several jobs, in the order in which they were asked', async ({
    store,
  }) => {
    await push(store, 'foo', texts(100));
    const takes = Array.from({ length: 20 }, () => takeBodies(store, 'foo', { limit: 3 }));
    const shown = store.list(T0, { queue: 'foo', state: 'ready', limit: 2, maxBytes: 1_000 });
    const last = takeBodies(store, 'foo', { limit: 1 });
    expect((await Promise.all(takes)).flat()).toEqual(texts(100).slice(0, 60));
    expect((await shown).jobs.map(({ body }) => body)).toEqual(texts(100).slice(60, 62));
    expect(await last).toEqual(texts(100).slice(60, 61));
  });

  it('counts single takes of several workers for each of them, and shows what each took last', async ({
    store,
  }) => {
    for (const worker of ['w1', 'w2']) await store.register(T0, { worker, queue: 'foo' });
    const ids = await push(store, 'foo', texts(5));
    const by = ['w1', 'w2', undefined, 'w1', 'stranger', 'w2'];
    const takes = by.map((worker) =>
      take(store, 'foo', { limit: 1, ...(worker !== undefined && { worker }) }),
    );
    const taken = (await Promise.all(takes)).map(({ jobs }) => jobs[0]?.id);
    expect(taken).toEqual([...ids, undefined]);
    const workers = await store.workers(T0, { limit: 10 });
    const tally = (processed: number) => ({
      processed,
      failed: 0,
      queues: [{ queue: 'foo', processed, failed: 0 }],
    });
    expect(workers).toMatchObject([
      { name: 'w1', ...tally(2), doing: [{ queue: 'foo', id: ids[3], since: T0 }] },
      { name: 'w2', ...tally(1), doing: [] },
    ]);
  });
}
