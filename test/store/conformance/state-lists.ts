/** Lists of every state: their order, their bounds, what they tell of a job. */

import { expect } from 'vitest';
import type { Job } from '../../../dist/core/job.js';
import { scanStep } from '../../../dist/store/calls.js';
import type { Store } from '../../../dist/store/store.js';
import {
  jobNow,
  leaseJobs,
  leaseNew,
  listPages,
  push,
  pushJobs,
  type StoreTest,
  settle,
  T0,
  texts,
} from '../../support/store.js';

const states = ['ready', 'delayed', 'leased', 'done', 'dead'] as const;

/** Some jobs of each state, whose order in the list is not the one in which they were pushed. */
async function fill(store: Store) {
  for (const [index, at] of [4, 1, 3, 1, 2].entries()) {
    const lease = async (body: string) =>
      leaseNew(store, 'foo', { body, priority: 9 }, { ms: 60_000 + at, token: body });
    await settle(store, 'foo', await lease(`"done${index}"`), { act: 'done', result: `[${index}]` }, T0 + at);
    await settle(store, 'foo', await lease(`"dead${index}"`), { act: 'fail', dead: true }, T0 + at);
    await lease(`"leased${index}"`);
    await pushJobs(store, 'foo', [
      { body: `"delayed${index}"`, runAt: T0 + 60_000 + at },
      { body: `"ready${index}"`, priority: at },
    ]);
  }
}

/** By time and age; ready ones by priority. */
const ascending = [1, 3, 4, 2, 0];
const orders = {
  ready: [0, 2, 4, 1, 3],
  delayed: ascending,
  leased: ascending,
  done: ascending.toReversed(),
  dead: ascending.toReversed(),
};

export function stateLists(it: StoreTest) {
  it('shows ready jobs by place, waiting and leased ones by time, records the latest first', async (subject) => {
    await fill(subject.store);
    const store = await subject.reopen();
    for (const state of states) {
      const bodies = orders[state].map((index) => `"${state}${index}"`);
      for (const limit of [1, 2, 3, 5, 6]) {
        const pages = await listPages(store, { queue: 'foo', state, limit }, T0 + 5);
        expect(pages.flat().map(({ body }) => body)).toEqual(bodies);
        expect(pages).toHaveLength(Math.ceil(5 / limit));
        expect(pages.flat().every((job) => job.state === state)).toBe(true);
      }
    }
  });

  it('tells of each job what a look at it alone tells', async ({ store }) => {
    await fill(store);
    for (const state of states) {
      const [jobs = []] = await listPages(store, { queue: 'foo', state }, T0 + 5);
      for (const job of jobs) expect(await jobNow(store, 'foo', job.id, T0 + 5)).toEqual(job);
      expect(jobs.map(({ result }) => result)).toEqual(
        orders[state].map((index) => (state === 'done' ? `[${index}]` : undefined)),
      );
    }
  });

  it('shows those whose text contains something, in every state, letter by letter', async ({ store }) => {
    await fill(store);
    for (const state of states) {
      const shown = async (contains: string) =>
        (await listPages(store, { queue: 'foo', state, contains, limit: 1 }, T0 + 5))
          .flat()
          .map(({ body }) => body);
      expect(await shown(`${state}3`)).toEqual([`"${state}3"`]);
      expect(await shown(state)).toHaveLength(5);
      expect(await shown(state.toUpperCase())).toEqual([]);
      expect(await shown('%')).toEqual([]);
    }
  });

  it('counts results and what else is known against maxBytes, and never gives nothing', async ({ store }) => {
    for (let index = 0; index < 3; index++) {
      const job = await leaseNew(store, 'foo', {}, {}, T0 + index);
      await settle(store, 'foo', job, { act: 'done', result: `"${'x'.repeat(1_000)}"` }, T0 + index);
    }
    const pages = await listPages(store, { queue: 'foo', state: 'done', maxBytes: 2_600 }, T0 + 9);
    expect(pages.map(({ length }) => length)).toEqual([2, 1]);
    const small = await listPages(store, { queue: 'foo', state: 'done', maxBytes: 1 }, T0 + 9);
    expect(small.map(({ length }) => length)).toEqual([1, 1, 1]);
  });

  it('looks at a bounded number of jobs at a time, and finds the last one in the end', async ({ store }) => {
    await push(store, 'foo', [...texts(2 * scanStep), '"needle"']);
    const first = await store.list(T0, {
      queue: 'foo',
      state: 'ready',
      limit: 9,
      maxBytes: 99,
      contains: 'needle',
    });
    expect(first.jobs).toEqual([]);
    expect(first.next).toBeDefined();
    const pages = await listPages(store, { queue: 'foo', contains: 'needle' });
    expect(pages.flat().map(({ body }) => body)).toEqual(['"needle"']);
  });

  it('goes on by time where the job of the cursor has moved to another state', async ({ store }) => {
    await pushJobs(
      store,
      'foo',
      texts(4).map((body, index) => ({ body, runAt: T0 + 10 + index })),
    );
    const page = { queue: 'foo', state: 'delayed', limit: 2, maxBytes: 999 } as const;
    const { jobs, next } = await store.list(T0, page);
    for (const { id } of jobs) await store.steer(T0, { queue: 'foo', action: 'delete', id });
    const rest = await store.list(T0, { ...page, after: next as string });
    expect(rest.jobs.map(({ body }) => body)).toEqual(texts(4).slice(2));
  });

  it('counts how many stand before a ready job, up to a bound', async ({ store }) => {
    await push(store, 'foo', texts(scanStep + 2));
    const [urgent] = (await pushJobs(store, 'foo', [{ body: '1', priority: 9 }])) as [number];
    const last = (await push(store, 'foo', ['"last"']))[0] as number;
    const ahead = async (id: number) => (await store.job(T0, { queue: 'foo', id, ahead: true }))?.ahead;
    expect(await ahead(urgent)).toBe(0);
    expect(await ahead(last)).toBe(scanStep);
    const [leased] = (await leaseJobs(store, 'foo', { limit: 1 })) as [Job];
    expect(await ahead(leased.id)).toBeUndefined();
    expect(await store.job(T0, { queue: 'foo', id: last })).not.toHaveProperty('ahead');
  });

  it('knows no job that is not in the queue', async ({ store }) => {
    const [id] = (await push(store, 'foo', ['1'])) as [number];
    expect(await store.job(T0, { queue: 'foo', id: id + 1_000 })).toBeUndefined();
    expect(await store.job(T0, { queue: 'bar', id })).toBeUndefined();
  });
}
