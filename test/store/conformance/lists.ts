/** The ready jobs that a list shows are those that takes would give, page by page, and none of them is changed. */

import { expect } from 'vitest';
import type { List } from '../../../dist/store/calls.js';
import type { Store } from '../../../dist/store/store.js';
import {
  failureOf,
  listBodies,
  listPages,
  push,
  type StoreTest,
  T0,
  takeBodies,
  texts,
} from '../../support/store.js';

const page = { queue: 'foo', state: 'ready', limit: 9, maxBytes: 1_000 } as const;

const bodyPages = async (store: Store, list: Partial<List> = {}, now = T0) =>
  (await listPages(store, { queue: 'foo', ...list }, now)).map((jobs) => jobs.map(({ body }) => body));

export function lists(it: StoreTest) {
  it('shows the same texts in the same order as takes give, in pages of any size', async ({ store }) => {
    await push(store, 'foo', texts(130));
    for (const limit of [1, 7, 64, 65, 129, 130, 131]) {
      const pages = await bodyPages(store, { limit });
      expect(pages.flat()).toEqual(texts(130));
      expect(pages.map(({ length }) => length).slice(0, -1)).toEqual(Array(pages.length - 1).fill(limit));
      expect(pages.at(-1)).not.toEqual([]);
    }
    expect(await takeBodies(store, 'foo')).toEqual(texts(130));
  });

  it('has no next page when all is shown', async ({ store }) => {
    const ids = await push(store, 'foo', texts(2));
    const jobs = ids.map((id, index) => ({ id, state: 'ready', createdAt: T0, body: texts(2)[index] }));
    expect(await store.list(T0, { ...page, limit: 2 })).toEqual({ jobs });
    expect(await store.list(T0, { ...page, queue: 'never' })).toEqual({ jobs: [] });
  });

  it('stops before the job that would go over maxBytes, never before the first, and goes on with it', async ({
    store,
  }) => {
    await push(store, 'foo', ['"123"', '"é"', '"123456789"', '1', '2']);
    expect(await bodyPages(store, { maxBytes: 9 })).toEqual([['"123"', '"é"'], ['"123456789"'], ['1', '2']]);
  });

  it('shows what is due at its place by age, and what is delayed by its time', async (subject) => {
    const { store } = subject;
    const late = [5, 3, 5, 1, 9].map((after, index) => ({ body: `"late${index}"`, runAt: T0 + after }));
    await store.push(T0, { queue: 'foo', jobs: late });
    await push(store, 'foo', texts(3));
    expect(await listBodies(store, 'foo', 'delayed')).toEqual(
      [3, 1, 0, 2, 4].map((index) => `"late${index}"`),
    );
    expect(await listBodies(store, 'foo')).toEqual(texts(3));
    const due = [0, 1, 2, 3].map((index) => `"late${index}"`);
    for (const limit of [1, 2, 3, 4, 5, 7, 8]) {
      expect((await bodyPages(store, { limit }, T0 + 5)).flat()).toEqual([...due, ...texts(3)]);
    }
    const reopened = await subject.reopen();
    expect((await bodyPages(reopened, { limit: 2 }, T0 + 9)).flat()).toEqual([
      ...due,
      '"late4"',
      ...texts(3),
    ]);
  });

  it('takes nothing away: jobs, their unique keys and counts stay', async ({ store }) => {
    const jobs = [{ body: '"late"', runAt: T0 + 1, uniq: 'k' }, { body: '"ready"' }];
    await store.push(T0, { queue: 'foo', jobs });
    const before = await store.queue(T0, { queue: 'foo' });
    for (const state of ['ready', 'delayed', 'leased', 'done', 'dead'] as const) {
      await listBodies(store, 'foo', state);
    }
    expect(await store.queue(T0, { queue: 'foo' })).toEqual(before);
    await listBodies(store, 'foo', 'ready', T0 + 1);
    expect(await store.push(T0 + 1, { queue: 'foo', jobs: [{ body: '1', uniq: 'k' }] })).toHaveProperty(
      'exists',
    );
    expect(await takeBodies(store, 'foo', {}, T0 + 1)).toEqual(['"late"', '"ready"']);
  });

  it('goes on behind the cursor though the jobs before it are gone', async ({ store }) => {
    await push(store, 'foo', texts(6));
    const { next } = await store.list(T0, { ...page, limit: 2 });
    await takeBodies(store, 'foo', { limit: 3 });
    await push(store, 'foo', ['"new"']);
    const rest = await store.list(T0, { ...page, after: next as string });
    expect(rest.jobs.map(({ body }) => body)).toEqual([...texts(6).slice(3), '"new"']);
    expect(rest.next).toBeUndefined();
  });

  it('refuses a cursor that is none of its own', async ({ store }) => {
    await push(store, 'foo', texts(2));
    for (const after of [
      '',
      ' ',
      'x',
      '-1',
      '1-',
      '1-2-3',
      '1.2',
      '1e3-1',
      '"',
      '١-١',
      '9'.repeat(40),
      '1-1\n',
    ]) {
      for (const queue of ['foo', 'never']) {
        const failure = await failureOf(store.list(T0, { ...page, queue, after }));
        expect({ after, failure }).toEqual({ after, failure: 'invalid' });
      }
    }
  });

  it('fails nothing but the list whose cursor is refused', async ({ store }) => {
    const calls = [
      push(store, 'foo', ['1']),
      store.list(T0, { ...page, after: 'x' }),
      push(store, 'foo', ['2']),
      push(store, 'bar', ['3']),
    ];
    const failures = await Promise.all(calls.map(failureOf));
    expect(failures).toEqual(['none', 'invalid', 'none', 'none']);
    expect(await takeBodies(store, 'foo')).toEqual(['1', '2']);
    expect(await takeBodies(store, 'bar')).toEqual(['3']);
  });

  it('takes the largest numbers in a cursor without an error', async ({ store }) => {
    await push(store, 'foo', texts(2));
    for (const after of [`9-${'9'.repeat(15)}`, `${'9'.repeat(15)}-${'9'.repeat(15)}`]) {
      expect(await store.list(T0, { ...page, after })).toEqual({ jobs: [] });
    }
  });
}
