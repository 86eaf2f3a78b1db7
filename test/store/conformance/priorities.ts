/** Jobs of a higher priority come first; within one priority age counts. */

import { expect } from 'vitest';
import { drain, listPages, type push, type StoreTest, T0, take, takeBodies } from '../../support/store.js';

export function priorities(it: StoreTest) {
  const pushWith = async (store: Parameters<typeof push>[0], jobs: [body: string, priority?: number][]) => {
    const list = jobs.map(([body, priority]) => ({ body, ...(priority !== undefined && { priority }) }));
    await store.push(T0, { queue: 'foo', jobs: list });
  };

  it('gives 9 before 5 before 0, and 5 to who names none, each by age', async ({ store }) => {
    await pushWith(store, [
      ['"a0"', 0],
      ['"b9"', 9],
      ['"c"'],
      ['"d5"', 5],
      ['"e0"', 0],
      ['"f9"', 9],
      ['"g"'],
    ]);
    const order = ['"b9"', '"f9"', '"c"', '"d5"', '"g"', '"a0"', '"e0"'];
    expect(await takeBodies(store, 'foo', { limit: 3 })).toEqual(order.slice(0, 3));
    expect(await drain(store, 'foo')).toEqual(order.slice(3));
  });

  it('lets a younger job of a higher priority go first', async ({ store }) => {
    await pushWith(store, [['"old"'], ['"new"']]);
    await pushWith(store, [['"urgent"', 9]]);
    expect(await drain(store, 'foo')).toEqual(['"urgent"', '"old"', '"new"']);
  });

  it('keeps the priority through a delay, a restore and a reopening', async (subject) => {
    const jobs = [
      { body: '"late, urgent"', priority: 8, runAt: T0 + 5 },
      { body: '"idle"', priority: 1 },
      { body: '"plain"' },
    ];
    await subject.store.push(T0, { queue: 'foo', jobs });
    const taken = await take(subject.store, 'foo', { limit: 3 }, T0 + 5);
    expect(taken.jobs.map(({ body }) => body)).toEqual(['"late, urgent"', '"plain"', '"idle"']);
    await subject.store.restore(T0 + 5, { queue: 'foo', jobs: taken.jobs.toReversed() });
    const store = await subject.reopen();
    expect(await drain(store, 'foo')).toEqual(['"late, urgent"', '"plain"', '"idle"']);
  });

  it('shows them page by page in the order in which they are taken', async ({ store }) => {
    await pushWith(store, [['1', 0], ['2', 9], ['3'], ['4', 9], ['5', 0], ['6', 3]]);
    const pages = await listPages(store, { queue: 'foo', limit: 2 });
    const shown = pages.flat().map(({ body }) => body);
    expect(shown).toEqual(['2', '4', '3', '6', '1', '5']);
    expect(await drain(store, 'foo')).toEqual(shown);
  });
}
