/** What is in stores that nobody serves: filled with a bit of everything, and looked at as a whole. */

import type { Job } from '../../dist/core/job.js';
import type { Archive, KeyRecord } from '../../dist/store/archive.js';
import { openArchive } from '../../dist/store/open.js';
import type { Store } from '../../dist/store/store.js';
import { leaseJobs, openAsServer, pushJobs, settle, T0, take, texts } from './store.js';

const hour = 3_600_000;

/** Opens the store of that URL, and closes it when `run` is done. */
export async function withStore<T>(url: string, run: (store: Store) => Promise<T>): Promise<T> {
  const store = await openAsServer(url);
  try {
    return await run(store);
  } finally {
    await store.close();
  }
}

async function withArchive<T>(url: string, run: (archive: Archive) => Promise<T>): Promise<T> {
  const archive = await openArchive(url, 'read');
  try {
    return await run(archive);
  } finally {
    await archive.store.close();
  }
}

/** Jobs in every state, with all that there can be about them; queues with settings; keys; workers. */
export const fill = (url: string) => withStore(url, fillStore);

async function fillStore(store: Store) {
  await store.push(T0, { queue: 'gone', jobs: texts(7).map((body) => ({ body })) });
  await store.purge(T0, { queue: 'gone' });
  await store.push(T0, { queue: 'gone', jobs: [{ body: '"of the second queue of its name"' }] });

  const policy = { leaseMs: 30_000, attempts: 2, keepDoneMs: hour, backoff: [1_000, 2_000], maxSize: 900 };
  await store.setQueue(T0, { queue: 'mixed', policy });
  for (const queue of ['mixed', 'other']) await store.register(T0, { worker: 'w1', queue });
  await store.register(T0 + 1, { worker: 'w2 é', queue: 'mixed' });
  await store.push(T0, {
    queue: 'mixed',
    jobs: [{ body: '"once"' }, { body: '"twice"', uniq: 'of once' }],
    once: { key: 'key', print: 'print', until: T0 + hour },
  });
  await pushJobs(store, 'mixed', [
    { body: ' {"n": 1e400, "n": 2} ', priority: 9, tags: ['a', 'b'], traceparent: '00-1' },
    { body: '"💾\\ud800"', priority: 0, ttlMs: hour },
    ...texts(9, 'delayed').map((body) => ({ body, runAt: T0 + hour, uniq: `later ${body}` })),
    { body: '"retried"', attempts: 5, backoff: 'exponential' as const, keepMs: 9 * hour },
  ]);
  const leases = await leaseJobs(store, 'mixed', { limit: 4, worker: 'w1', token: 'mine' });
  const [done, failed, extended] = leases as [Job, Job, Job];
  const push = [{ queue: 'follow', job: { body: '"next"', tags: ['c'] } }];
  await settle(store, 'mixed', done, { act: 'done', result: ' {"ok": 1.0} ', push });
  await settle(store, 'mixed', failed, { act: 'fail', error: 'no luck ☹', dead: true });
  await settle(store, 'mixed', extended, { act: 'extend', progress: 0.1, note: 'begun' });
  await store.steer(T0, { queue: 'mixed', action: 'cancel', id: extended.id });
  await store.push(T0, { queue: 'mixed', jobs: [{ body: '"again"' }], failure: { worker: 'w1' } });
  await take(store, 'mixed', { limit: 1, worker: 'w2 é' });

  await store.push(T0, { queue: 'many', jobs: texts(1_203).map((body) => ({ body, uniq: body })) });
  await leaseJobs(store, 'many', { limit: 300, token: 'many' });
  await store.push(T0, { queue: 'large', jobs: texts(5, 'x'.repeat(1_500_000)).map((body) => ({ body })) });
  const pushes = Array.from({ length: 502 }, (_, nth) => {
    const once = { key: `key ${nth}`, print: 'p', until: T0 + hour + nth };
    return store.push(T0, { queue: 'keys', jobs: [{ body: `${nth}` }], once });
  });
  await Promise.all(pushes);
  await store.setQueue(T0, { queue: 'stopped', stopped: true });
  await store.unregister(T0, { worker: 'w1', queue: 'other' });
}

/** All that is in it; jobs and keys by id and name. */
export const contentsOf = (url: string) =>
  withArchive(url, async (archive) => {
    const { names } = await archive.store.queues(0, { limit: 1_000 });
    const queues = new Map<string, unknown>();
    for (const queue of names) {
      const jobs = await allJobs(archive, queue);
      const keys = await allKeys(archive, queue);
      const view = await archive.store.queue(0, { queue });
      const firstId = (await archive.ends({ queue }))?.firstId;
      queues.set(queue, { view, firstId, jobs, keys });
    }
    const workers = await archive.store.workers(0, { limit: 1_000 });
    return { queues: Object.fromEntries(queues), workers: workers.map(inOrder) };
  });

const inOrder = <T extends { doing: readonly { queue: string; id: number }[] }>(worker: T) => ({
  ...worker,
  doing: worker.doing.toSorted((a, b) => a.id - b.id),
});

async function allJobs(archive: Archive, queue: string): Promise<Job[]> {
  const all: Job[] = [];
  let after: string | undefined;
  do {
    const page = { queue, limit: 100, maxBytes: 4_000_000, now: T0, ...(after !== undefined && { after }) };
    const { jobs, next } = await archive.jobs(page);
    all.push(...jobs);
    after = next;
  } while (after !== undefined);
  return all.sort((a, b) => a.id - b.id);
}

async function allKeys(archive: Archive, queue: string): Promise<KeyRecord[]> {
  const all: KeyRecord[] = [];
  let after: string | undefined;
  do {
    const { keys, next } = await archive.keys({ queue, limit: 100, ...(after !== undefined && { after }) });
    all.push(...keys);
    after = next;
  } while (after !== undefined);
  return all.sort((a, b) => (a.key < b.key ? -1 : 1));
}
