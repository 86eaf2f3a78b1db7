/** A full disk: pushes are refused, jobs still come out, and room that is made is used. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import type { Store } from '../../dist/store/store.js';
import { fileTest, inAnotherProcess, refusalOf } from '../support/sqlite.js';
import {
  drain,
  failureOf,
  leaseJobs,
  push,
  T0,
  take,
  takeBodies,
  tempDirectory,
  tendAll,
  tokenOf,
} from '../support/store.js';

const megabyte = 1024 * 1024;

/** A disk of 24 MiB, or why there is none. */
function mountSmallDisk() {
  const directory = tempDirectory();
  const path = join(directory.path, 'disk');
  mkdirSync(path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'presque-test', path], { stdio: 'pipe' });
  } catch (error) {
    directory.remove();
    return { unmounted: error instanceof Error ? error.message : String(error) };
  }
  const remove = () => {
    execFileSync('umount', [path]);
    directory.remove();
  };
  return { path, remove };
}

const disk = mountSmallDisk();
if ('remove' in disk) afterAll(disk.remove);
const path = 'path' in disk ? disk.path : '';
const fullTest = (name: string, run: Parameters<typeof fileTest>[1]) => fileTest(name, run, () => path);

/** Pushes until the disk is full; what was answered, in order. */
async function fill(store: Store, queue: string, bytes: number, prefix = '') {
  const pushed: string[] = [];
  for (let index = 0; ; index++) {
    const body = JSON.stringify(`${prefix}${index}.${'x'.repeat(bytes)}`);
    const failure = await failureOf(push(store, queue, [body]));
    if (failure === 'storage_full') return pushed;
    expect(failure).toBe('none');
    pushed.push(body);
    if (pushed.length * bytes > 24 * megabyte) throw new Error('the disk does not get full');
  }
}

/** Long texts make failures unreadable: what is left is number and length. */
const brief = (bodies: readonly string[]) => bodies.map((body) => `${body.split('.', 1)[0]} ${body.length}`);

const name = 'unmounted' in disk ? `a full disk (skipped: ${disk.unmounted})` : 'a full disk';

describe.skipIf('unmounted' in disk)(name, () => {
  fullTest('gives jobs and takes none in, and what was answered is all there', async (file) => {
    const store = await file.open();
    const pushed = await fill(store, 'foo', 10_000);
    expect(pushed.length).toBeGreaterThan(500);
    expect(await failureOf(store.push(T0, { queue: 'foo', jobs: [{ body: '1', uniq: 'k' }] }))).toBe(
      'storage_full',
    );
    const first = await takeBodies(store, 'foo', { limit: 100 });
    const rest = await drain(store, 'foo');
    expect(brief([...first, ...rest])).toEqual(brief(pushed));
    expect(await store.queue(T0, { queue: 'foo' })).toMatchObject({ ready: 0, processed: pushed.length });
  });

  fullTest('leases jobs and lets them be settled, and takes no follow-up jobs in', async (file) => {
    const store = await file.open();
    const pushed = await fill(store, 'foo', 10_000);
    const done: string[] = [];
    for (let round = 0; round < 20; round++) {
      const jobs = await leaseJobs(store, 'foo', { limit: 10, token: `t${round}` });
      const settlements = jobs.map((job, index) => ({
        id: job.id,
        lease: tokenOf(job),
        ...(index < 5 ? ({ act: 'done' } as const) : ({ act: 'release' } as const)),
      }));
      const settled = await store.settle(T0, { queue: 'foo', settlements, chance: 0 });
      expect(settled.map((one) => 'state' in one && one.state)).toEqual([
        ...Array(5).fill('done'),
        ...Array(5).fill('ready'),
      ]);
      done.push(...jobs.slice(0, 5).map(({ body }) => body));
    }
    expect(brief(done)).toEqual(brief(pushed.slice(0, 100)));
    const [job] = await leaseJobs(store, 'foo', { limit: 1, token: 'last' });
    const push = Array.from({ length: 100 }, () => ({
      queue: 'bar',
      job: { body: `"${'y'.repeat(100_000)}"` },
    }));
    const settlement = { id: job?.id as number, lease: 'last', act: 'done', push } as const;
    const chained = store.settle(T0, { queue: 'foo', settlements: [settlement], chance: 0 });
    expect(await failureOf(chained)).toBe('storage_full');
    expect(await store.queue(T0, { queue: 'foo' })).toMatchObject({ leased: 1, done: 100, processed: 100 });
    expect(await store.queue(T0, { queue: 'bar' })).toMatchObject({ ready: 0 });
    expect(brief(await drain(store, 'foo'))).toEqual(brief(pushed.slice(101)));
  });

  fullTest('restores jobs into their places', async (file) => {
    const store = await file.open();
    const pushed = await fill(store, 'foo', 10_000);
    for (let round = 0; round < 10; round++) {
      const { jobs } = await take(store, 'foo', { limit: 50 });
      await store.restore(T0, { queue: 'foo', jobs });
    }
    expect(brief(await drain(store, 'foo'))).toEqual(brief(pushed));
  });

  fullTest('has room again for pushes when enough was taken', async (file) => {
    const store = await file.open();
    const pushed = await fill(store, 'foo', 10_000);
    const taken = await takeBodies(store, 'foo', { limit: 600 });
    const more = await fill(store, 'foo', 10_000, 'more ');
    expect(more.length).toBeGreaterThan(100);
    expect(brief([...taken, ...(await drain(store, 'foo'))])).toEqual(brief([...pushed, ...more]));
  });

  fullTest('has room again for pushes after a purge and its freeing, over and over', async (file) => {
    const store = await file.open();
    await push(store, 'kept', ['1']);
    const filled: number[] = [];
    for (let round = 0; round < 4; round++) {
      filled.push((await fill(store, 'foo', 5_000)).length);
      expect(await failureOf(store.purge(T0, { queue: 'foo' }))).toBe('none');
      await tendAll(store);
      expect((await store.queue(T0, { queue: 'foo' })).ready).toBe(0);
    }
    expect(Math.min(...filled)).toBeGreaterThan(500);
    expect(await drain(store, 'kept')).toEqual(['1']);
  });

  fullTest('has room again when what filled it from outside is gone', async (file) => {
    const store = await file.open();
    const hog = join(path, 'hog');
    try {
      await push(store, 'foo', ['"before"']);
      fillWith(hog);
      const meanwhile = await fill(store, 'foo', 10_000);
      expect(await takeBodies(store, 'foo', { limit: 1 })).toEqual(['"before"']);
      rmSync(hog);
      await push(store, 'foo', ['"after"']);
      const more = await fill(store, 'foo', 10_000, 'more ');
      expect(more.length).toBeGreaterThan(200);
      expect(brief(await drain(store, 'foo'))).toEqual(brief([...meanwhile, '"after"', ...more]));
    } finally {
      rmSync(hog, { force: true });
    }
  });

  fullTest('refuses of calls made at once those that take room only', async (file) => {
    const store = await file.open();
    const pushed = await fill(store, 'foo', 10_000);
    const late = Array.from({ length: 20 }, (_, index) =>
      JSON.stringify(`late ${index}.${'x'.repeat(20_000)}`),
    );
    const answers = await Promise.all([
      ...late.map((body) => failureOf(push(store, 'bar', [body]))),
      failureOf(store.queue(T0, { queue: 'foo' })),
      failureOf(store.workers(T0, { limit: 100_000 })),
    ]);
    expect(answers.slice(-2)).toEqual(['none', 'none']);
    const kept = late.filter((_, index) => answers[index] === 'none');
    expect(brief(await drain(store, 'foo'))).toEqual(brief(pushed));
    expect(brief(await drain(store, 'bar'))).toEqual(brief(kept));
  });

  fullTest('is refused its probe or proves to work', async (file) => {
    const store = await file.open();
    await fill(store, 'foo', 10_000);
    expect(['none', 'storage_full']).toContain(await failureOf(store.probe(T0)));
  });

  fullTest('loses nothing over a close and a reopening, and over a kill', async (file) => {
    const store = await file.open();
    const pushed = await fill(store, 'foo', 10_000);
    await file.close(store);
    expect(file.names()).toEqual(['presque.db']);
    const body = `
      await store.take(1, { queue: 'foo', limit: 10, maxBytes: 1e9 });
      console.log('taken');
      setInterval(() => {}, 1000);`;
    const other = inAnotherProcess(file.path, body);
    expect(await other.firstLine).toBe('taken');
    other.kill();
    await other.exited;
    expect(brief(await drain(await file.open(), 'foo'))).toEqual(brief(pushed.slice(10)));
  });

  fullTest('does not let a store be made, and says so in one line that names it', async (file) => {
    const hog = join(path, 'hog');
    try {
      fillWith(hog);
      expect(await refusalOf(file.open())).toMatch(new RegExp(`^OpenError: ${file.path}[^\n]+$`));
    } finally {
      rmSync(hog, { force: true });
    }
    await push(await file.open(), 'foo', ['1']);
  });
});

/** A file that takes all the room there is. */
function fillWith(hog: string) {
  for (let size = megabyte; size >= 4096; size /= 2) {
    try {
      for (;;) writeFileSync(hog, Buffer.alloc(size), { flag: 'a' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
}
