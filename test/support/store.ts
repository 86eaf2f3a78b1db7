/** What the store tests share: stores to test, opened in a place of their own, and short words for common calls. */

import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'vitest';
import { ApiError } from '../../dist/api/errors.js';
import { systemClock } from '../../dist/clock.js';
import type { Job, NewJob, Settlement, State } from '../../dist/core/job.js';
import type { List, QueueView, Settled, Take, Taken, Tended } from '../../dist/store/calls.js';
import { openStore } from '../../dist/store/open.js';
import type { Store } from '../../dist/store/store.js';

/** A store under test, fresh and empty when it is opened. */
export interface Subject {
  readonly store: Store;
  /** Closes the store and opens the same data again, where it keeps any; `store` is the new one afterwards. */
  reopen(): Promise<Store>;
  /** Closes the store and removes what it left. */
  cleanup(): Promise<void>;
}

export type OpenSubject = () => Promise<Subject>;

/** A test that gets a store of its own. */
export type StoreTest = (name: string, run: (subject: Subject) => Promise<void>, timeoutMs?: number) => void;

/** Makes the tests of one kind of store. */
export const storeTest =
  (open: OpenSubject): StoreTest =>
  (name, run, timeoutMs) => {
    test(name, { timeout: timeoutMs ?? 60_000 }, async () => {
      const subject = await open();
      try {
        await run(subject);
      } finally {
        await subject.cleanup();
      }
    });
  };

/** When the tests take place, epoch milliseconds. */
export const T0 = 1_700_000_000_000;

export const unlimited = Number.MAX_SAFE_INTEGER;

/** Fails the test when a store says that it can't go on. */
export const noFailure = (error: Error) => {
  throw error;
};

export async function openMemorySubject(): Promise<Subject> {
  const store = await openStore('memory:', noFailure);
  return { store, reopen: async () => store, cleanup: () => store.close() };
}

export async function openSqliteSubject(): Promise<Subject> {
  const directory = tempDirectory();
  return openSubject(`sqlite:${join(directory.path, 'presque.db')}`, directory.remove);
}

let redisSubjectCount = 0;

/** Subjects that share a redis-server or a cluster, each under a prefix of its own; what they leave goes with it. */
export const redisSubjects =
  (redis: { readonly url: string }): OpenSubject =>
  () => {
    const prefix = `test${process.pid}-${redisSubjectCount++}:`;
    // A cluster has no databases.
    const database = redis.url.startsWith('redis-cluster:') ? '' : '/0';
    return openSubject(`${redis.url}${database}?prefix=${prefix}&clock=caller`, () => {});
  };

/** As one server of those that may share it. */
export const openAsServer = (url: string) =>
  openStore(url, noFailure, { name: randomUUID(), onNews() {}, after: systemClock.after });

async function openSubject(url: string, remove: () => void): Promise<Subject> {
  const open = () => openAsServer(url);
  let store = await open();
  return {
    get store() {
      return store;
    },
    async reopen() {
      await store.close();
      store = await open();
      return store;
    },
    async cleanup() {
      await store.close();
      remove();
    },
  };
}

export function tempDirectory(under = tmpdir()) {
  const path = mkdtempSync(join(under, 'presque-store-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Pushes one job for each text; the ids. */
export async function push(store: Store, queue: string, bodies: readonly string[], now = T0) {
  return pushJobs(
    store,
    queue,
    bodies.map((body) => ({ body })),
    now,
  );
}

/** Pushes jobs whose unique keys are free; the ids. */
export async function pushJobs(store: Store, queue: string, jobs: readonly NewJob[], now = T0) {
  const pushed = await store.push(now, { queue, jobs });
  if (!('ids' in pushed)) throw new Error('nothing was pushed');
  return pushed.ids;
}

/** Pushes one job that has a unique key; its id, or the id of the holder as `exists`. */
export async function pushUniq(
  store: Store,
  queue: string,
  uniq: string,
  body = `"${uniq}"`,
  runAt?: number,
) {
  const pushed = await store.push(T0, {
    queue,
    jobs: [{ body, uniq, ...(runAt !== undefined && { runAt }) }],
  });
  if ('exists' in pushed) return { exists: pushed.exists };
  if ('ids' in pushed) return { id: pushed.ids[0] as number };
  throw new Error('there was no idempotency key');
}

/** A take without limits but those that are given. */
export function take(store: Store, queue: string, options: Partial<Take> = {}, now = T0) {
  return store.take(now, { queue, limit: unlimited, maxBytes: unlimited, ...options });
}

export async function takeBodies(store: Store, queue: string, options: Partial<Take> = {}, now = T0) {
  return (await take(store, queue, options, now)).jobs.map((job) => job.body);
}

/** Takes until nothing comes; every job's text. */
export async function drain(store: Store, queue: string, now = T0, limit = 1_000) {
  const bodies: string[] = [];
  for (;;) {
    const more = await takeBodies(store, queue, { limit }, now);
    if (more.length === 0) return bodies;
    for (const body of more) bodies.push(body);
  }
}

/** The pages of a list, each of them its jobs. */
export async function listPages(
  store: Store,
  list: Pick<List, 'queue'> & Partial<List>,
  now = T0,
): Promise<(readonly Job[])[]> {
  const pages: (readonly Job[])[] = [];
  let after: string | undefined;
  do {
    const page = { state: 'ready', limit: unlimited, maxBytes: unlimited, ...list } as const;
    const { jobs, next } = await store.list(now, { ...page, ...(after !== undefined && { after }) });
    pages.push(jobs);
    after = next;
    if (pages.length > 10_000) throw new Error('the pages have no end');
  } while (after !== undefined);
  return pages;
}

/** The texts of all jobs of a state, in the order of their list. */
export async function listBodies(store: Store, queue: string, state: State = 'ready', now = T0) {
  return (await listPages(store, { queue, state }, now)).flat().map(({ body }) => body);
}

/** Lets time pass until there is nothing more to do; what came of it all, and how many steps it took. */
export async function tendAll(
  store: Store,
  now = T0,
  options: { restart?: boolean; mostSteps?: number } = {},
) {
  const { mostSteps = 10_000, ...given } = options;
  const moved: Tended['moved'][number][] = [];
  const ready = new Map<string, number>();
  for (let steps = 1; steps <= mostSteps; steps++) {
    const tended = await store.tend(now, given);
    moved.push(...tended.moved);
    for (const { queue, jobs } of tended.ready) ready.set(queue, (ready.get(queue) ?? 0) + jobs);
    if (!tended.more) return { steps, moved, ready: Object.fromEntries(ready), nextAt: tended.nextAt };
  }
  throw new Error(`there is no end after ${mostSteps} steps`);
}

/** Takes under leases, for a minute and by nobody unless said otherwise. */
export async function leaseJobs(
  store: Store,
  queue: string,
  { ms = 60_000, token = 'token', ...options }: Partial<Take> & { ms?: number; token?: string } = {},
  now = T0,
) {
  return (await take(store, queue, { lease: { token, ms }, ...options }, now)).jobs;
}

/** Pushes one job and takes it under a lease. */
export async function leaseNew(
  store: Store,
  queue: string,
  job: Partial<NewJob> = {},
  options: Parameters<typeof leaseJobs>[2] = {},
  now = T0,
): Promise<Job> {
  await store.push(now, { queue, jobs: [{ body: '1', ...job }] });
  const [leased] = await leaseJobs(store, queue, { limit: 1, ...options }, now);
  if (!leased) throw new Error('nothing was leased');
  return leased;
}

export const tokenOf = ({ details }: Job) => details?.lease?.token ?? 'no lease';

/** What is said about a job, under the lease that it has unless another one is given. */
export type Saying = Settlement extends infer S
  ? S extends Settlement
    ? Omit<S, 'id' | 'lease'> & { lease?: string }
    : never
  : never;

/** Settles one job. */
export async function settle(store: Store, queue: string, job: Job, says: Saying, now = T0, chance = 0) {
  const settlement = { id: job.id, lease: tokenOf(job), ...says } as Settlement;
  const [settled] = await store.settle(now, { queue, settlements: [settlement], chance });
  return settled as Settled;
}

/** The job as the store has it now. */
export async function jobNow(store: Store, queue: string, id: number, now = T0) {
  return (await store.job(now, { queue, id }))?.job;
}

export const nothingTaken: Taken = { jobs: [], stopped: false, damaged: [], left: 0, moved: [] };

export const emptyQueue: QueueView = {
  stopped: false,
  policy: {},
  revision: 0,
  ready: 0,
  delayed: 0,
  leased: 0,
  done: 0,
  dead: 0,
  processed: 0,
  failed: 0,
  workers: 0,
};

/** The code of the error that the store answers with, or `none`. */
export async function failureOf(work: Promise<unknown>) {
  try {
    await work;
  } catch (error) {
    if (error instanceof ApiError) return error.code;
    throw error;
  }
  return 'none';
}

/** Texts of so many different jobs: `"a0"`, `"a1"`, … */
export const texts = (count: number, prefix = '') =>
  Array.from({ length: count }, (_, index) => JSON.stringify(`${prefix}${index}`));
