/** A peek shows what takes would give, page by page, and changes nothing. */

import { expect } from 'vitest';
import { failureOf, peekPages, push, type StoreTest, T0, takeBodies, texts } from '../../support/store.js';

export function peeks(it: StoreTest) {
  it('shows the same texts in the same order as takes give, in pages of any size', async ({ store }) => {
    await push(store, 'foo', texts(130));
    for (const limit of [1, 7, 64, 65, 129, 130, 131]) {
      const pages = await peekPages(store, { queue: 'foo', limit });
      expect(pages.flat()).toEqual(texts(130));
      expect(pages.map((page) => page.length).slice(0, -1)).toEqual(Array(pages.length - 1).fill(limit));
      expect(pages.at(-1)).not.toEqual([]);
    }
    expect(await takeBodies(store, 'foo')).toEqual(texts(130));
  });

  it('has no next page when all is shown', async ({ store }) => {
    await push(store, 'foo', texts(2));
    const all = { queue: 'foo', limit: 2, maxBytes: 1_000 };
    expect(await store.peek(T0, all)).toEqual({ bodies: texts(2) });
    expect(await store.peek(T0, { ...all, queue: 'never' })).toEqual({ bodies: [] });
  });

  it('stops before the job that would go over maxBytes, never before the first, and goes on with it', async ({
    store,
  }) => {
    await push(store, 'foo', ['"123"', '"é"', '"123456789"', '1', '2']);
    const pages = await peekPages(store, { queue: 'foo', maxBytes: 9 });
    expect(pages).toEqual([['"123"', '"é"'], ['"123456789"'], ['1', '2']]);
  });

  it('shows ready jobs by place, then due ones by time and age, over pages', async (subject) => {
    const { store } = subject;
    const late = [5, 3, 5, 1, 9].map((after, index) => ({ body: `"late${index}"`, runAt: T0 + after }));
    await store.push(T0, { queue: 'foo', jobs: late });
    await push(store, 'foo', texts(3));
    const shown = [...texts(3), '"late3"', '"late1"', '"late0"', '"late2"'];
    for (const limit of [1, 2, 3, 4, 5, 7, 8]) {
      expect((await peekPages(store, { queue: 'foo', limit }, T0 + 5)).flat()).toEqual(shown);
    }
    expect((await peekPages(store, { queue: 'foo' }, T0)).flat()).toEqual(texts(3));
    const reopened = await subject.reopen();
    expect((await peekPages(reopened, { queue: 'foo', limit: 2 }, T0 + 9)).flat()).toEqual([
      ...shown,
      '"late4"',
    ]);
  });

  it('shows due jobs alone when none is ready', async ({ store }) => {
    const jobs = texts(5).map((body) => ({ body, runAt: T0 + 1 }));
    await store.push(T0, { queue: 'foo', jobs });
    expect(await peekPages(store, { queue: 'foo', limit: 2 }, T0)).toEqual([[]]);
    const pages = [texts(2), texts(4).slice(2), texts(5).slice(4)];
    expect(await peekPages(store, { queue: 'foo', limit: 2 }, T0 + 1)).toEqual(pages);
  });

  it('changes nothing, not even what is due', async ({ store }) => {
    const jobs = [{ body: '"late"', runAt: T0 + 1, uniq: 'k' }, { body: '"ready"' }];
    await store.push(T0, { queue: 'foo', jobs });
    await peekPages(store, { queue: 'foo' }, T0 + 1);
    const view = { stopped: false, ready: 1, delayed: 1, processed: 0, failed: 0 };
    expect(await store.queue(T0, { queue: 'foo' })).toEqual(view);
    expect(await takeBodies(store, 'foo', {}, T0 + 1)).toEqual(['"late"', '"ready"']);
  });

  it('goes on behind the cursor though the jobs before it are gone', async ({ store }) => {
    await push(store, 'foo', texts(6));
    const { next } = await store.peek(T0, { queue: 'foo', limit: 2, maxBytes: 1_000 });
    await takeBodies(store, 'foo', { limit: 3 });
    await push(store, 'foo', ['"new"']);
    const rest = await store.peek(T0, { queue: 'foo', limit: 9, maxBytes: 1_000, after: next as string });
    expect(rest).toEqual({ bodies: [...texts(6).slice(3), '"new"'] });
  });

  it('refuses a cursor that is none of its own', async ({ store }) => {
    await push(store, 'foo', texts(2));
    for (const after of ['', ' ', 'x', '-1', '1.', '.1', '1.2.3', '1e3', '"', '١', '9'.repeat(40), '1\n']) {
      const page = { queue: 'foo', limit: 1, maxBytes: 1_000, after };
      expect({ after, failure: await failureOf(store.peek(T0, page)) }).toEqual({
        after,
        failure: 'invalid',
      });
      const elsewhere = store.peek(T0, { ...page, queue: 'never' });
      expect(await failureOf(elsewhere)).toBe('invalid');
    }
  });

  it('fails nothing but the peek whose cursor is refused', async ({ store }) => {
    const page = { queue: 'foo', limit: 1, maxBytes: 1_000, after: 'x' };
    const calls = [
      push(store, 'foo', ['1']),
      store.peek(T0, page),
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
    for (const after of [`9-${'9'.repeat(16)}`, `${'9'.repeat(15)}.${'9'.repeat(16)}`]) {
      const page = { queue: 'foo', limit: 1, maxBytes: 1_000, after };
      expect(await store.peek(T0, page)).toEqual({ bodies: [] });
    }
  });
}
