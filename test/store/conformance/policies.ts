/** What a queue's policy is set to, under which revision, and the bounds that it sets to pushes. */

import { expect } from 'vitest';
import type { QueueSettings } from '../../../dist/store/calls.js';
import type { Store } from '../../../dist/store/store.js';
import {
  failureOf,
  leaseNew,
  push,
  pushJobs,
  type StoreTest,
  settle,
  T0,
  takeBodies,
  texts,
} from '../../support/store.js';

const view = async (store: Store) => {
  const { stopped, policy, revision } = await store.queue(T0, { queue: 'foo' });
  return { stopped, policy, revision };
};

export function policies(it: StoreTest) {
  it('keeps what was set, each member by itself, until null forgets it', async (subject) => {
    const { store } = subject;
    const set = (policy: Parameters<Store['setQueue']>[1]['policy']) =>
      store.setQueue(T0, { queue: 'foo', ...(policy && { policy }) }) as Promise<QueueSettings>;
    await set({ leaseMs: 1_000, backoff: [1, 2], attempts: 3 });
    const second = await set({ attempts: 4, maxSize: 9, backoff: 'exponential' });
    expect(second.policy).toEqual({ leaseMs: 1_000, backoff: 'exponential', attempts: 4, maxSize: 9 });
    const third = await set({ leaseMs: null, ttlMs: null, maxSize: 0 });
    expect(third.policy).toEqual({ backoff: 'exponential', attempts: 4, maxSize: 0 });
    expect(await view(await subject.reopen())).toEqual(third);
  });

  it('sets the switch without the policy, and the policy without the switch', async ({ store }) => {
    await store.setQueue(T0, { queue: 'foo', stopped: true });
    await store.setQueue(T0, { queue: 'foo', policy: { attempts: 3 } });
    expect(await view(store)).toMatchObject({ stopped: true, policy: { attempts: 3 } });
    await store.setQueue(T0, { queue: 'foo', stopped: false });
    expect(await view(store)).toMatchObject({ stopped: false, policy: { attempts: 3 } });
  });

  it('gives each setting another revision, over a purge and a reopening too', async (subject) => {
    const revisions = [0];
    let { store } = subject;
    expect((await view(store)).revision).toBe(0);
    await push(store, 'foo', ['1']);
    expect((await view(store)).revision).toBe(0);
    for (const after of ['nothing', 'reopening', 'purge', 'nothing']) {
      if (after === 'reopening') store = await subject.reopen();
      if (after === 'purge') await store.purge(T0, { queue: 'foo' });
      const settings = await store.setQueue(T0, { queue: 'foo', stopped: false });
      revisions.push(settings?.revision as number);
      expect((await view(store)).revision).toBe(settings?.revision);
    }
    expect(new Set(revisions).size).toBe(5);
  });

  it('sets nothing unless the revision is one of those given', async ({ store }) => {
    expect(await store.setQueue(T0, { queue: 'foo', stopped: true, ifRevision: [1] })).toBeUndefined();
    expect((await store.queues(T0, { limit: 9 })).total).toBe(0);
    const first = (await store.setQueue(T0, {
      queue: 'foo',
      stopped: true,
      ifRevision: [0],
    })) as QueueSettings;
    const change = { queue: 'foo', stopped: false, policy: { attempts: 1 } };
    for (const ifRevision of [[], [0], [first.revision + 1]]) {
      expect(await store.setQueue(T0, { ...change, ifRevision })).toBeUndefined();
    }
    expect(await view(store)).toEqual(first);
    const second = await store.setQueue(T0, { ...change, ifRevision: [0, first.revision] });
    expect(second).toMatchObject({ stopped: false, policy: { attempts: 1 } });
  });

  it('refuses of settings at once with the same revision all but one', async ({ store }) => {
    const sets = Array.from({ length: 20 }, (_, index) =>
      store.setQueue(T0, { queue: 'foo', policy: { attempts: index + 1 }, ifRevision: [0] }),
    );
    const done = (await Promise.all(sets)).filter((one) => one !== undefined);
    expect(done).toEqual([await view(store)]);
  });

  it('refuses a push beyond maxSize whole, counts what waits only, and lets failures in', async (subject) => {
    await subject.store.setQueue(T0, { queue: 'foo', policy: { maxSize: 3 } });
    const { store } = { store: await subject.reopen() };
    await settle(store, 'foo', await leaseNew(store, 'foo'), { act: 'done' });
    await leaseNew(store, 'foo');
    await pushJobs(store, 'foo', [{ body: '"late"', runAt: T0 + 9 }, { body: '"a"' }]);
    expect(await failureOf(push(store, 'foo', texts(2)))).toBe('queue_full');
    await push(store, 'foo', ['"b"']);
    expect(await failureOf(push(store, 'foo', ['"c"']))).toBe('queue_full');
    expect(await failureOf(pushJobs(store, 'foo', [{ body: '1', uniq: 'k' }]))).toBe('queue_full');
    await store.push(T0, { queue: 'foo', jobs: [{ body: '"failed"' }], failure: {} });
    expect(await takeBodies(store, 'foo')).toEqual(['"a"', '"b"', '"failed"']);
    await push(store, 'foo', texts(2));
    expect(await failureOf(push(store, 'foo', ['"c"']))).toBe('queue_full');
  });

  it('lets of single pushes at once in as many as there is room for, and refuses the others', async ({
    store,
  }) => {
    await store.setQueue(T0, { queue: 'foo', policy: { maxSize: 7 } });
    const pushes = texts(30).map((body) => failureOf(push(store, 'foo', [body])));
    const answers = await Promise.all(pushes);
    expect(answers).toEqual([...Array(7).fill('none'), ...Array(23).fill('queue_full')]);
    expect(await takeBodies(store, 'foo')).toEqual(texts(7));
  });

  it('bounds the time to wait of jobs that say none', async (subject) => {
    await subject.store.setQueue(T0, { queue: 'foo', policy: { ttlMs: 100 } });
    const store = await subject.reopen();
    await push(store, 'foo', ['1']);
    await push(store, 'foo', texts(20));
    await pushJobs(store, 'foo', [
      { body: '"own"', ttlMs: 200 },
      { body: '"late"', runAt: T0 + 500 },
    ]);
    expect(await store.queue(T0 + 99, { queue: 'foo' })).toMatchObject({ ready: 22, delayed: 1, dead: 0 });
    expect(await store.queue(T0 + 100, { queue: 'foo' })).toMatchObject({ ready: 1, delayed: 0, dead: 22 });
    expect(await takeBodies(store, 'foo', {}, T0 + 200)).toEqual([]);
  });
}
