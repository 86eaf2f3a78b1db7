/** Jobs that a done one pushes go in with its settlement, or not at all. */

import { expect } from 'vitest';
import {
  failureOf,
  jobNow,
  leaseNew,
  listBodies,
  push,
  pushUniq,
  type StoreTest,
  settle,
  T0,
} from '../../support/store.js';

export function followUps(it: StoreTest) {
  it('pushes into its own queue and others, with all options, and names the new jobs', async (subject) => {
    const job = await leaseNew(subject.store, 'foo');
    const late = { body: '"late"', runAt: T0 + 50, priority: 9, tags: ['t'] };
    const answer = await settle(subject.store, 'foo', job, {
      act: 'done',
      push: [
        { queue: 'foo', job: { body: '"again"' } },
        { queue: 'new', job: { body: '"one"', uniq: 'k' } },
        { queue: 'new', job: late },
      ],
    });
    const pushed = 'pushed' in answer ? (answer.pushed ?? []) : [];
    expect(answer).toEqual({ state: 'done', pushed });
    expect(pushed.map(({ queue }) => queue)).toEqual(['foo', 'new', 'new']);
    const store = await subject.reopen();
    for (const [index, body] of ['"again"', '"one"', '"late"'].entries()) {
      const { queue, id } = pushed[index] as (typeof pushed)[0];
      expect(await jobNow(store, queue, id)).toMatchObject({ body, createdAt: T0 });
    }
    expect(await jobNow(store, 'new', pushed[2]?.id as number)).toMatchObject({
      state: 'delayed',
      dueAt: T0 + 50,
      priority: 9,
      details: { tags: ['t'] },
    });
    expect(await pushUniq(store, 'new', 'k')).toEqual({ exists: pushed[1]?.id });
    expect(await store.queues(T0, { limit: 9 })).toEqual({ names: ['foo', 'new'], total: 2 });
  });

  it('lets the holder of a unique key stand for the job that was not pushed', async ({ store }) => {
    const held = await pushUniq(store, 'bar', 'k', '"holder"');
    const job = await leaseNew(store, 'foo');
    const answer = await settle(store, 'foo', job, {
      act: 'done',
      push: [
        { queue: 'bar', job: { body: '"a"', uniq: 'k' } },
        { queue: 'bar', job: { body: '"b"', uniq: 'free' } },
        { queue: 'bar', job: { body: '"c"', uniq: 'free' } },
      ],
    });
    const pushed = 'pushed' in answer ? (answer.pushed ?? []) : [];
    expect(pushed[0]?.id).toBe(held.id);
    expect(pushed[2]?.id).toBe(pushed[1]?.id);
    expect(await listBodies(store, 'bar')).toEqual(['"holder"', '"b"']);
  });

  it('lets a follow-up job have the key of the job that pushes it', async (subject) => {
    const job = await leaseNew(subject.store, 'foo', { uniq: 'k', body: '"old"' });
    const answer = await settle(subject.store, 'foo', job, {
      act: 'done',
      push: [{ queue: 'foo', job: { body: '"new"', uniq: 'k' } }],
    });
    const store = await subject.reopen();
    expect(answer).toMatchObject({ state: 'done', pushed: [{ queue: 'foo' }] });
    expect(await listBodies(store, 'foo')).toEqual(['"new"']);
    expect(await pushUniq(store, 'foo', 'k')).toEqual({
      exists: 'pushed' in answer ? answer.pushed?.[0]?.id : 0,
    });
  });

  it('goes in whatever the size of its queue', async ({ store }) => {
    await store.setQueue(T0, { queue: 'bar', policy: { maxSize: 0 } });
    const job = await leaseNew(store, 'foo');
    await settle(store, 'foo', job, { act: 'done', push: [{ queue: 'bar', job: { body: '1' } }] });
    expect(await listBodies(store, 'bar')).toEqual(['1']);
    expect(await failureOf(push(store, 'bar', ['2']))).toBe('queue_full');
  });

  it('goes in when the record of the done job is kept for no time', async ({ store }) => {
    const job = await leaseNew(store, 'foo', { keepMs: 0 });
    await settle(store, 'foo', job, { act: 'done', push: [{ queue: 'foo', job: { body: '"next"' } }] });
    expect(await listBodies(store, 'foo')).toEqual(['"next"']);
    expect(await listBodies(store, 'foo', 'done')).toEqual([]);
  });

  it('has the policy of its own queue', async ({ store }) => {
    await store.setQueue(T0, { queue: 'bar', policy: { ttlMs: 77 } });
    const job = await leaseNew(store, 'foo');
    await settle(store, 'foo', job, { act: 'done', push: [{ queue: 'bar', job: { body: '1' } }] });
    const { jobs } = await store.list(T0, { queue: 'bar', state: 'ready', limit: 9, maxBytes: 999 });
    expect(jobs).toMatchObject([{ expiresAt: T0 + 77 }]);
  });
}
