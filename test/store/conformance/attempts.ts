/** How often a job is tried, and how long it waits in between. */

import { expect } from 'vitest';
import type { Job, NewJob } from '../../../dist/core/job.js';
import type { Store } from '../../../dist/store/store.js';
import { jobNow, leaseJobs, leaseNew, push, type StoreTest, settle, T0 } from '../../support/store.js';

/** Fails a new job so often, each time as soon as it may be taken again; how long it waited after each, or its state. */
async function waits(store: Store, queue: string, job: Partial<NewJob>, times: number, chance = 0) {
  const waited: (number | string)[] = [];
  let now = T0;
  let leased: Job | undefined = await leaseNew(store, queue, job);
  for (let round = 0; round < times && leased; round++) {
    const answer = await settle(store, queue, leased, { act: 'fail' }, now, chance);
    if ('refused' in answer) throw new Error(answer.refused);
    waited.push(answer.state === 'delayed' ? (answer.runAt as number) - now : answer.state);
    now = answer.runAt ?? now;
    [leased] = await leaseJobs(store, queue, { token: `t${round}` }, now);
  }
  return waited;
}

export function attempts(it: StoreTest) {
  it('waits longer with each failure: n⁴ + 15 seconds, a day at most', async ({ store }) => {
    const seconds = [16, 31, 96, 271, 640, 1_311, 2_416];
    expect(await waits(store, 'foo', {}, 7)).toEqual(seconds.map((one) => one * 1_000));
    const many = await waits(store, 'bar', { attempts: 30 }, 20);
    expect(many.slice(-3)).toEqual([86_400_000, 86_400_000, 86_400_000]);
  });

  it('spreads what failed together by chance', async ({ store }) => {
    const [first, second] = await waits(store, 'foo', {}, 2, 0.99);
    expect([first, second]).toEqual([16_000 + 9_000, 31_000 + 19_000]);
  });

  it('waits as a list says, the last delay for all that follow', async ({ store }) => {
    expect(await waits(store, 'foo', { backoff: [500, 2_000] }, 4, 1)).toEqual([500, 2_000, 2_000, 2_000]);
    expect(await waits(store, 'now', { backoff: [0] }, 2, 1)).toEqual(['ready', 'ready']);
  });

  it('waits and tries as the policy says, where the job does not', async (subject) => {
    await subject.store.setQueue(T0, { queue: 'foo', policy: { backoff: [700], attempts: 3 } });
    const store = await subject.reopen();
    expect(await waits(store, 'foo', {}, 9)).toEqual([700, 700, 'dead']);
    expect(await waits(store, 'foo', { backoff: [5], attempts: 2 }, 9)).toEqual([5, 'dead']);
  });

  it('tries 25 times unless somebody says otherwise', async ({ store }) => {
    const waited = await waits(store, 'foo', { backoff: [1] }, 99);
    expect(waited).toEqual([...Array(24).fill(1), 'dead']);
  });

  it('follows a policy that changes while the job waits', async ({ store }) => {
    const job = await leaseNew(store, 'foo', { backoff: [0] });
    await settle(store, 'foo', job, { act: 'fail' });
    await store.setQueue(T0, { queue: 'foo', policy: { attempts: 2 } });
    const [again] = (await leaseJobs(store, 'foo', { token: 'b' })) as [Job];
    expect(await settle(store, 'foo', again, { act: 'fail' })).toEqual({ state: 'dead' });
  });

  it('counts no release as an attempt', async ({ store }) => {
    let job = await leaseNew(store, 'foo', { attempts: 1 });
    for (const token of ['b', 'c', 'd']) {
      await settle(store, 'foo', job, { act: 'release' });
      [job] = (await leaseJobs(store, 'foo', { token })) as [Job];
    }
    expect(await settle(store, 'foo', job, { act: 'fail' })).toEqual({ state: 'dead' });
  });

  it('keeps the latest twenty attempts, numbered through', async (subject) => {
    const { store } = subject;
    await push(store, 'foo', ['1']);
    let id = 0;
    for (let round = 0; round < 24; round++) {
      const [job] = (await leaseJobs(store, 'foo', { token: `t${round}` })) as [Job];
      id = job.id;
      await settle(store, 'foo', job, { act: 'fail', error: `e${round}`, delayMs: 0 });
    }
    const log = (await jobNow(await subject.reopen(), 'foo', id))?.details?.log ?? [];
    expect(log.map(({ attempt }) => attempt)).toEqual(Array.from({ length: 20 }, (_, index) => index + 5));
    expect(log.map(({ error }) => error)).toEqual(Array.from({ length: 20 }, (_, index) => `e${index + 4}`));
  });

  it('gives a job that is retried all its attempts again, and keeps what happened before', async (subject) => {
    const { store } = subject;
    expect(await waits(store, 'foo', { attempts: 2, backoff: [10, 90] }, 9)).toEqual([10, 'dead']);
    const [dead] = (await store.list(T0 + 10, { queue: 'foo', state: 'dead', limit: 1, maxBytes: 1 })).jobs;
    const id = dead?.id as number;
    const retry = await store.steer(T0 + 20, { queue: 'foo', action: 'retry', id });
    expect(retry.changed).toEqual([{ id, state: 'ready' }]);
    const reopened = await subject.reopen();
    const [third] = (await leaseJobs(reopened, 'foo', { token: 'x' }, T0 + 20)) as [Job];
    const answer = await settle(reopened, 'foo', third, { act: 'fail' }, T0 + 20);
    expect(answer).toEqual({ state: 'delayed', runAt: T0 + 30 });
    const [fourth] = (await leaseJobs(reopened, 'foo', { token: 'y' }, T0 + 30)) as [Job];
    expect(await settle(reopened, 'foo', fourth, { act: 'fail' }, T0 + 30)).toEqual({ state: 'dead' });
    const now = await jobNow(reopened, 'foo', id, T0 + 30);
    expect(now?.details).toMatchObject({ failures: 4, reason: 'failed' });
    expect(now?.details?.log?.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
  });
}
