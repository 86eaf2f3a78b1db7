/** What the store tests share: stores to test, opened in a place of their own, and short words for common calls. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'vitest';
import { ApiError } from '../../dist/api/errors.js';
import { openStore } from '../../dist/store/open.js';
import type { Peek, Store, Take } from '../../dist/store/store.js';

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
  const open = () => openStore(`sqlite:${join(directory.path, 'presque.db')}`, noFailure);
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
      directory.remove();
    },
  };
}

export function tempDirectory(under = tmpdir()) {
  const path = mkdtempSync(join(under, 'presque-store-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Pushes one job for each text; the ids. */
export async function push(store: Store, queue: string, bodies: readonly string[], now = T0) {
  const pushed = await store.push(now, { queue, jobs: bodies.map((body) => ({ body })) });
  if ('exists' in pushed) throw new Error('nothing unique was pushed');
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
  return 'exists' in pushed ? { exists: pushed.exists } : { id: pushed.ids[0] as number };
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

/** All pages of a peek, each of them one list of texts. */
export async function peekPages(store: Store, peek: Pick<Peek, 'queue'> & Partial<Peek>, now = T0) {
  const pages: string[][] = [];
  let after: string | undefined;
  do {
    const page = { limit: unlimited, maxBytes: unlimited, ...peek, ...(after !== undefined && { after }) };
    const { bodies, next } = await store.peek(now, page);
    pages.push(bodies);
    after = next;
    if (pages.length > 10_000) throw new Error('the pages have no end');
  } while (after !== undefined);
  return pages;
}

/** Sweeps until there is nothing more to free; how many steps that took. */
export async function sweepAll(store: Store, mostSteps = 10_000) {
  for (let steps = 1; steps <= mostSteps; steps++) {
    if (!(await store.sweep(T0)).more) return steps;
  }
  throw new Error(`sweep has not ended after ${mostSteps} steps`);
}

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
