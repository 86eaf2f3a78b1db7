/** Jobs come out whole, in the order they went in, and no more of them than was asked for. */

import { expect } from 'vitest';
import { nothingTaken, push, type StoreTest, T0, take, takeBodies, texts } from '../../support/store.js';

/** Bodies that something on the way might change, all of them JSON texts. */
const oddBodies = [
  'null',
  '""',
  '[]',
  '{}',
  ' { "a" : 1 } ',
  '1e400',
  '12345678901234567890.12345678901234567890',
  '"\\u0000\\ud83d\\ude00"',
  '"😀 𝕒𝕓𝕔 é e\u0301 \u2028 \ufeff"',
  '"\'); DROP TABLE job; --"',
  '{"__proto__":{"x":1},"__proto__":2}',
  '{"a":1,"a":2}',
];

const oddNames = [
  '__proto__',
  'constructor',
  'processed',
  'toString',
  'queue',
  'a:b@c.d-e_f',
  'x'.repeat(128),
];

export function order(it: StoreTest) {
  it('gives jobs in the order they were pushed, over several pushes and takes', async ({ store }) => {
    await push(store, 'foo', texts(3, 'a'));
    await push(store, 'foo', texts(40, 'b'));
    await push(store, 'foo', ['"c"']);
    expect(await takeBodies(store, 'foo', { limit: 2 })).toEqual(['"a0"', '"a1"']);
    await push(store, 'foo', ['"d"']);
    expect(await takeBodies(store, 'foo')).toEqual(['"a2"', ...texts(40, 'b'), '"c"', '"d"']);
    expect(await takeBodies(store, 'foo')).toEqual([]);
  });

  it('gives ids in the order of the jobs of a push, growing with every push', async ({ store }) => {
    const first = await push(store, 'foo', texts(50));
    const second = await push(store, 'foo', texts(2));
    const ids = [...first, ...second];
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    expect(new Set(ids).size).toBe(52);
    expect((await take(store, 'foo')).jobs.map((job) => job.id)).toEqual(ids);
  });

  it('gives as many jobs as there are when more are asked for, and none of a queue that is not there', async ({
    store,
  }) => {
    await push(store, 'foo', texts(3));
    expect(await takeBodies(store, 'foo', { limit: 1_000 })).toHaveLength(3);
    expect(await take(store, 'never')).toEqual(nothingTaken);
    expect((await store.queues(T0, { limit: 10 })).names).toEqual(['foo']);
  });

  it('takes thousands of jobs at once in order', async ({ store }) => {
    await push(store, 'foo', texts(5_000));
    expect(await takeBodies(store, 'foo', { limit: 4_321 })).toEqual(texts(5_000).slice(0, 4_321));
    expect(await takeBodies(store, 'foo', { limit: 4_321 })).toEqual(texts(5_000).slice(4_321));
  });

  it('stops before the job that would go over maxBytes, counted in UTF-8', async ({ store }) => {
    await push(store, 'foo', ['"123"', '"é"', '"😀"', '1']);
    expect(await takeBodies(store, 'foo', { maxBytes: 14 })).toEqual(['"123"', '"é"']);
    expect(await takeBodies(store, 'foo', { maxBytes: 7 })).toEqual(['"😀"', '1']);
  });

  it('gives the first job even when it alone goes over maxBytes, and nothing with it', async ({ store }) => {
    await push(store, 'foo', ['"123456789"', '1', '2']);
    expect(await takeBodies(store, 'foo', { maxBytes: 1 })).toEqual(['"123456789"']);
    expect(await takeBodies(store, 'foo', { maxBytes: 2 })).toEqual(['1', '2']);
  });

  it('keeps to maxBytes over more jobs than are read at a time', async ({ store }) => {
    await push(store, 'foo', texts(300, 'abcdef'));
    const bodies = await takeBodies(store, 'foo', { maxBytes: 2_000 });
    const size = bodies.reduce((sum, body) => sum + body.length, 0);
    expect(size).toBeLessThanOrEqual(2_000);
    expect(size).toBeGreaterThan(2_000 - '"abcdef300"'.length);
    expect(await takeBodies(store, 'foo')).toEqual(texts(300, 'abcdef').slice(bodies.length));
  });

  it('counts maxBytes anew for each of several takes at once', async ({ store }) => {
    await push(store, 'foo', texts(6));
    const takes = Array.from({ length: 3 }, () => takeBodies(store, 'foo', { limit: 2, maxBytes: 6 }));
    expect(await Promise.all(takes)).toEqual([texts(2), texts(4).slice(2), texts(6).slice(4)]);
  });

  it('gives every text byte for byte', async (subject) => {
    await push(subject.store, 'foo', oddBodies);
    const store = await subject.reopen();
    expect(await takeBodies(store, 'foo')).toEqual(oddBodies);
  });

  it('gives large jobs whole', async (subject) => {
    const large = ['a', 'é', '😀'].map((letter) => JSON.stringify(letter.repeat(1_048_576 / 4)));
    large.push(JSON.stringify('x'.repeat(1_048_574)));
    await push(subject.store, 'foo', large);
    const store = await subject.reopen();
    const got = await takeBodies(store, 'foo');
    expect(got.map((body) => body.length)).toEqual(large.map((body) => body.length));
    expect(got.every((body, index) => body === large[index])).toBe(true);
  });

  it('keeps queues with odd names apart', async (subject) => {
    for (const name of oddNames) await push(subject.store, name, [JSON.stringify(name)]);
    const store = await subject.reopen();
    for (const name of oddNames) {
      expect(await takeBodies(store, name)).toEqual([JSON.stringify(name)]);
      expect(await store.queue(T0, { queue: name })).toMatchObject({ ready: 0, processed: 1 });
    }
  });

  it('keeps what was pushed and what is left over a reopening, in order', async (subject) => {
    await push(subject.store, 'foo', texts(5));
    await takeBodies(subject.store, 'foo', { limit: 2 });
    const store = await subject.reopen();
    await push(store, 'foo', ['"new"']);
    expect(await takeBodies(store, 'foo')).toEqual([...texts(5).slice(2), '"new"']);
  });

  it('answers a probe', async ({ store }) => {
    expect(await store.probe(T0)).toBeUndefined();
  });

  it('makes a queue of a push of no jobs', async ({ store }) => {
    expect(await store.push(T0, { queue: 'foo', jobs: [] })).toEqual({ ids: [] });
    expect((await store.queues(T0, { limit: 10 })).names).toEqual(['foo']);
  });
}
