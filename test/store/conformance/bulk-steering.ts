/** What operators do to all jobs of a state at once, in bounded steps. */

import { expect } from 'vitest';
import type { Steer } from '../../../dist/store/calls.js';
import { tendStep } from '../../../dist/store/calls.js';
import type { Store } from '../../../dist/store/store.js';
import {
  failureOf,
  leaseNew,
  listBodies,
  pushJobs,
  type StoreTest,
  settle,
  T0,
  texts,
  unlimited,
} from '../../support/store.js';

type Bulk = Extract<Steer, { limit: number }>;

/** Step after step; how many jobs each of them changed. */
async function steerAll(store: Store, bulk: Omit<Bulk, 'queue' | 'limit'> & { limit?: number }) {
  const steps: number[] = [];
  let after: string | undefined;
  do {
    const step = { queue: 'foo', limit: unlimited, ...bulk, ...(after !== undefined && { after }) };
    const { changed, next } = await store.steer(T0, step as Bulk);
    steps.push(changed.length);
    after = next;
    if (steps.length > 1_000) throw new Error('the steps have no end');
  } while (after !== undefined);
  return steps;
}

export function bulkSteering(it: StoreTest) {
  it('deletes all jobs of a state and no others', async (subject) => {
    const { store } = subject;
    const late = texts(7, 'late').map((body) => ({ body, runAt: T0 + 9 }));
    await pushJobs(store, 'foo', [...texts(5).map((body) => ({ body })), ...late]);
    expect(await steerAll(store, { action: 'delete', state: 'delayed', limit: 3 })).toEqual([3, 3, 1]);
    const reopened = await subject.reopen();
    expect(await listBodies(reopened, 'foo', 'delayed')).toEqual([]);
    expect(await listBodies(reopened, 'foo')).toEqual(texts(5));
    expect(await reopened.queue(T0, { queue: 'foo' })).toMatchObject({ ready: 5, delayed: 0 });
  });

  it('retries delayed jobs whose text contains something', async ({ store }) => {
    const bodies = ['"needle 1"', '"hay"', '"NEEDLE"', '"a needle"', '"%eedle"', '"needl_"'];
    await pushJobs(
      store,
      'foo',
      bodies.map((body) => ({ body, runAt: T0 + 9 })),
    );
    expect(await steerAll(store, { action: 'retry', state: 'delayed', contains: 'needle' })).toEqual([2]);
    expect(await listBodies(store, 'foo')).toEqual(['"needle 1"', '"a needle"']);
    expect(await steerAll(store, { action: 'delete', state: 'delayed', contains: '%' })).toEqual([1]);
  });

  it('says what became of each, the oldest first', async ({ store }) => {
    const ids: number[] = [];
    for (let index = 0; index < 3; index++) {
      const job = await leaseNew(store, 'foo', {}, {}, T0 + index);
      await settle(store, 'foo', job, { act: 'fail', dead: true }, T0 + index);
      ids.push(job.id);
    }
    const { changed, next } = await store.steer(T0 + 9, {
      queue: 'foo',
      action: 'retry',
      state: 'dead',
      limit: 2,
    });
    expect(changed).toEqual(ids.slice(0, 2).map((id) => ({ id, state: 'ready' })));
    expect(next).toBeDefined();
  });

  it('acts on nothing where there is nothing, or where nothing can be done', async ({ store }) => {
    expect(await store.steer(T0, { queue: 'never', action: 'retry', state: 'dead', limit: 9 })).toEqual({
      changed: [],
    });
    await leaseNew(store, 'foo');
    expect(await steerAll(store, { action: 'retry', state: 'leased' })).toEqual([0]);
    expect(await store.queue(T0, { queue: 'foo' })).toMatchObject({ leased: 1 });
  });

  it('takes bounded steps, however many are asked for, and reaches the end', async ({ store }) => {
    const count = 2 * tendStep + 7;
    await pushJobs(
      store,
      'foo',
      texts(count).map((body) => ({ body, runAt: T0 + 9 })),
    );
    const steps = await steerAll(store, { action: 'retry', state: 'delayed' });
    expect(Math.max(...steps)).toBeLessThanOrEqual(tendStep);
    expect(steps.reduce((sum, one) => sum + one)).toBe(count);
    expect(await listBodies(store, 'foo')).toEqual(texts(count));
    expect(await steerAll(store, { action: 'delete', state: 'ready' })).toHaveLength(steps.length);
    expect(await store.queue(T0, { queue: 'foo' })).toMatchObject({ ready: 0, delayed: 0 });
  });

  it('refuses a cursor that is none of its own, and does nothing then', async ({ store }) => {
    await pushJobs(store, 'foo', [{ body: '1' }]);
    const bulk = { queue: 'foo', action: 'delete', state: 'ready', limit: 9, after: 'x' } as const;
    expect(await failureOf(store.steer(T0, bulk))).toBe('invalid');
    expect(await listBodies(store, 'foo')).toEqual(['1']);
  });
}
