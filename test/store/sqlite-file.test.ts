/** The file of the SQLite store: who may read it, who may open it, what stays when it is closed. */

import { chmodSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { describe, expect } from 'vitest';
import { openStore } from '../../dist/store/open.js';
import {
  contents,
  fileTest,
  inAnotherProcess,
  makeDirectoryOf,
  modeOf,
  refusalOf,
} from '../support/sqlite.js';
import { drain, failureOf, noFailure, push, T0, take, texts } from '../support/store.js';

describe('who may read it', () => {
  fileTest('the directory is its owner’s alone, and so is every file', async (file) => {
    const umask = process.umask(0);
    try {
      await push(await file.open(), 'foo', texts(100));
    } finally {
      process.umask(umask);
    }
    expect(modeOf(dirname(file.path))).toBe('700');
    const modes = file.names().map((name) => modeOf(`${dirname(file.path)}/${name}`));
    expect(modes.length).toBeGreaterThanOrEqual(2);
    expect(new Set(modes)).toEqual(new Set(['600']));
  });

  fileTest('a directory that is there already keeps its mode', async (file) => {
    makeDirectoryOf(file);
    chmodSync(dirname(file.path), 0o750);
    await file.open();
    expect(modeOf(dirname(file.path))).toBe('750');
  });
});

describe('what stays', () => {
  fileTest('a clean close leaves the database and nothing beside it', async (file) => {
    const store = await file.open();
    await push(store, 'foo', texts(1_000));
    await take(store, 'foo', { limit: 10 });
    await file.close(store);
    expect(file.names()).toEqual(['presque.db']);
  });

  fileTest(
    'what was answered is there after the process was killed, and nothing beside it after a close',
    async (file) => {
      const body = `
      for (let index = 0; index < 50; index++) await store.push(1, { queue: 'foo', jobs: [{ body: String(index) }] });
      await store.take(1, { queue: 'foo', limit: 10, maxBytes: 1e9 });
      console.log('answered');
      setInterval(() => {}, 1000);`;
      const other = inAnotherProcess(file.path, body);
      expect(await other.firstLine).toBe('answered');
      other.kill();
      await other.exited;
      const store = await file.open();
      expect(await drain(store, 'foo')).toEqual(Array.from({ length: 40 }, (_, index) => `${index + 10}`));
      await file.close(store);
      expect(file.names()).toEqual(['presque.db']);
    },
  );

  fileTest('a start that was cut short while it made the file is begun anew', async (file) => {
    makeDirectoryOf(file);
    writeFileSync(`${file.path}-new-x`, 'half a datab');
    await push(await file.open(), 'foo', ['1']);
    expect(file.names()).not.toContain('presque.db-new-x');
  });
});

describe('who may open it', () => {
  fileTest('a second store in the same process is refused, and the first goes on', async (file) => {
    const store = await file.open();
    expect(await refusalOf(file.open())).toBe(`OpenError: ${file.path} is in use by another server`);
    await push(store, 'foo', ['1']);
    expect(await refusalOf(file.open())).toContain('in use');
    expect(await drain(store, 'foo')).toEqual(['1']);
    await file.close(store);
    await file.open();
  });

  fileTest('a second process is refused, before and after the first has written', async (file) => {
    const store = await file.open();
    const refused = `OpenError: ${file.path} is in use by another server`;
    expect(await inAnotherProcess(file.path, 'await store.close();').exited).toBe(refused);
    await push(store, 'foo', ['1']);
    expect(await inAnotherProcess(file.path, 'await store.close();').exited).toBe(refused);
    expect(await drain(store, 'foo')).toEqual(['1']);
  });

  fileTest(
    'this process is refused while another one has it, and let in when that is killed',
    async (file) => {
      const other = inAnotherProcess(file.path, "console.log('open'); setInterval(() => {}, 1000);");
      expect(await other.firstLine).toBe('open');
      expect(await refusalOf(file.open())).toBe(`OpenError: ${file.path} is in use by another server`);
      other.kill();
      await other.exited;
      await file.open();
    },
  );

  fileTest('one of several first starts at the same time wins, and what it answers stays', async (file) => {
    for (let round = 0; round < 8; round++) {
      const openings = await Promise.allSettled(
        Array.from({ length: 4 }, () => openStore(`sqlite:${file.path}`, noFailure)),
      );
      const won = openings.flatMap((opening) => (opening.status === 'fulfilled' ? [opening.value] : []));
      const refused = openings.flatMap((opening) =>
        opening.status === 'rejected' ? [String(opening.reason)] : [],
      );
      for (const store of won) await push(store, 'foo', ['1']);
      for (const store of won) await store.close();
      expect(refused).toEqual(Array(3).fill(`OpenError: ${file.path} is in use by another server`));
      const again = await file.open();
      expect(await drain(again, 'foo')).toEqual(['1']);
      await file.close(again);
      rmSync(dirname(file.path), { recursive: true });
    }
  });
});

describe('when it can’t be made', () => {
  fileTest('a path below a file is refused by one line that names it', async (file) => {
    writeFileSync(dirname(file.path), 'a file');
    expect(await refusalOf(file.open())).toMatch(new RegExp(`^OpenError: ${file.path}[^\n]+$`));
  });

  fileTest(
    'a path that is a directory is refused by one line that names it, and stays as it was',
    async (file) => {
      makeDirectoryOf({ ...file, path: `${file.path}/x` });
      expect(await refusalOf(file.open())).toMatch(new RegExp(`^OpenError: ${file.path}[^\n]+$`));
      expect(file.names()).toEqual(['presque.db']);
    },
  );

  fileTest('a missing database beside the log of another is never started empty', async (file) => {
    const body =
      "await store.push(1, { queue: 'foo', jobs: [{ body: '1' }] }); console.log('answered'); setInterval(() => {}, 1000);";
    const other = inAnotherProcess(file.path, body);
    await other.firstLine;
    other.kill();
    await other.exited;
    rmSync(file.path);
    const before = contents(file);
    expect(Object.keys(before)).toContain('presque.db-wal');
    expect(await refusalOf(file.open())).toMatch(new RegExp(`^OpenError: ${file.path}[^\n]+$`));
    expect(contents(file)).toEqual(before);
  });
});

describe('when its thread ends', () => {
  fileTest(
    'calls under way and later ones fail, the owner is told once, and close still ends',
    async (file) => {
      const started = new Promise<Worker>((resolve) => process.once('worker', resolve));
      const told: Error[] = [];
      const store = await file.open((error) => told.push(error));
      const calls = Array.from({ length: 10 }, () => push(store, 'foo', texts(2_000)));
      const failures = Promise.all(calls.map(failureOf));
      await new Promise((resolve) => setImmediate(resolve));
      await (await started).terminate();
      expect(new Set(await failures)).toEqual(new Set(['storage_failed']));
      expect(await failureOf(store.probe(T0))).toBe('storage_failed');
      expect(told).toHaveLength(1);
      const closed = file.close(store).then(() => 'closed');
      const late = new Promise((resolve) => setTimeout(resolve, 2_000, 'still closing'));
      expect(await Promise.race([closed, late])).toBe('closed');
    },
  );
});

describe('how large it is', () => {
  fileTest('a purge is answered at once whatever the size, and tending frees the pages', async (file) => {
    const store = await file.open();
    const fill = async () => {
      for (let part = 0; part < 20; part++) await push(store, 'big', texts(10_000, `${part}.`));
    };
    await fill();
    await push(store, 'other', texts(100));
    const start = performance.now();
    const takes = Array.from({ length: 100 }, () => take(store, 'other', { limit: 1 }));
    await store.purge(T0, { queue: 'big' });
    const purgeMs = performance.now() - start;
    const taken = await Promise.all(takes);
    expect(purgeMs).toBeLessThan(200);
    expect(taken.flatMap(({ jobs }) => jobs.map((job) => job.body))).toEqual(texts(100));

    let slowestMs = 0;
    for (let more = true; more; ) {
      const step = performance.now();
      ({ more } = await store.tend(T0, {}));
      slowestMs = Math.max(slowestMs, performance.now() - step);
    }
    expect(slowestMs).toBeLessThan(500);
    const size = statSync(file.path).size;
    await fill();
    await file.close(store);
    expect(statSync(file.path).size).toBeLessThanOrEqual(size * 1.1);
  });

  fileTest('a step of freeing stays short though the jobs are large', async (file) => {
    const store = await file.open();
    const large = JSON.stringify('x'.repeat(1_000_000));
    for (let part = 0; part < 30; part++) await push(store, 'big', Array(10).fill(large));
    await store.purge(T0, { queue: 'big' });
    const start = performance.now();
    await store.tend(T0, {});
    expect(performance.now() - start).toBeLessThan(500);
  });
});
