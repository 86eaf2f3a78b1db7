/** A database of an earlier version is opened as it is: what was in it stays, and the new things work with it. */

import { describe, expect } from 'vitest';
import type { Job } from '../../dist/core/job.js';
import { fileTest, type StoreFile } from '../support/sqlite.js';
import {
  drain,
  jobNow,
  leaseJobs,
  listBodies,
  listPages,
  push,
  pushUniq,
  settle,
  T0,
  take,
  takeBodies,
  tendAll,
} from '../support/store.js';
import { writeOldFile } from './old-files.js';

const others = `
  INSERT INTO queue (key, name, first_id, stopped, ready, delayed, processed, failed) VALUES
    (1, 'foo', 1, 0, 3, 2, 70, 20), (3, 'stopped', 50, 1, 1, 0, 0, 0);
  INSERT INTO purged VALUES (2);
  INSERT INTO worker VALUES ('w', ${T0 - 9}, ${T0 - 5}, 8, 3, '[{"queue":"foo","id":1,"since":${T0 - 5}}]');
  INSERT INTO worker_queue VALUES ('w', 'foo', 6, 2);
  UPDATE number SET value = 1000 WHERE name = 'next_id';`;

const jobs = [
  { id: 10, rank: 4, body: ' {"a" : 1e400} ' },
  { id: 11, rank: 4, body: '"😀"', uniq: 'held' },
  { id: 12, rank: 10, body: '"late"', runAt: T0 + 10, uniq: 'late' },
  { id: 13, rank: 10, body: '"later"', runAt: T0 + 20 },
  { id: 14, rank: 20, body: '"broken"', crc: 1 },
  { id: 15, rank: 20, body: '"broken while it was delayed"', crc: 1, runAt: T0 + 5 },
  { id: 16, rank: 4, body: '"last"' },
  { id: 40, rank: 4, body: '"purged"', queue: 2, uniq: 'held' },
  { id: 41, rank: 10, body: '"purged, late"', queue: 2, runAt: T0 + 1 },
  { id: 60, rank: 4, body: '"in a stopped queue"', queue: 3 },
];

describe.each([1, 2] as const)('a database of version %i', (version) => {
  const oldTest = (name: string, run: (file: StoreFile) => Promise<void>) =>
    fileTest(name, async (file) => {
      writeOldFile(file, version, jobs, others);
      await run(file);
    });

  oldTest('keeps its jobs byte for byte and in order, delayed ones until their time', async (file) => {
    const store = await file.open();
    expect(await listBodies(store, 'foo')).toEqual([' {"a" : 1e400} ', '"😀"', '"last"']);
    expect(await takeBodies(store, 'foo', { limit: 1 })).toEqual([' {"a" : 1e400} ']);
    await file.close(store);
    const again = await file.open();
    expect(await takeBodies(again, 'foo', {}, T0 + 10)).toEqual(['"😀"', '"late"', '"last"']);
    expect(await takeBodies(again, 'foo', {}, T0 + 20)).toEqual(['"later"']);
  });

  oldTest('keeps counters, switches, names and workers', async (file) => {
    const store = await file.open();
    const counts = { ready: 3, delayed: 2, leased: 0, done: 0, dead: 2, processed: 70, failed: 20 };
    expect(await store.queue(T0, { queue: 'foo' })).toMatchObject({
      ...counts,
      policy: {},
      revision: 0,
      workers: 1,
    });
    expect(await store.queue(T0, { queue: 'stopped' })).toMatchObject({ stopped: true, ready: 1 });
    expect(await store.queues(T0, { limit: 9 })).toEqual({ names: ['foo', 'stopped'], total: 2 });
    expect(await store.workers(T0, { limit: 9 })).toEqual([
      {
        name: 'w',
        startedAt: T0 - 9,
        lastSeenAt: T0 - 5,
        processed: 8,
        failed: 3,
        queues: [{ queue: 'foo', processed: 6, failed: 2 }],
        doing: [{ queue: 'foo', id: 1, since: T0 - 5 }],
      },
    ]);
  });

  oldTest('keeps unique keys with the jobs that hold them, and gives no id again', async (file) => {
    const store = await file.open();
    expect(await pushUniq(store, 'foo', 'held')).toEqual({ exists: 11 });
    expect(await pushUniq(store, 'foo', 'late')).toEqual({ exists: 12 });
    const [id] = await push(store, 'foo', ['"new"']);
    expect(id).toBeGreaterThanOrEqual(1_000);
    await take(store, 'foo', {}, T0 + 10);
    expect(await pushUniq(store, 'foo', 'late')).toHaveProperty('id');
  });

  oldTest('shows what was set aside as dead, and never gives it', async (file) => {
    const before = Date.now();
    const store = await file.open();
    const dead = (await listPages(store, { queue: 'foo', state: 'dead' })).flat();
    expect(dead.map(({ id }) => id).sort()).toEqual([14, 15]);
    for (const job of dead) {
      expect(job).toMatchObject({ state: 'dead', details: { reason: 'damaged' } });
      expect(job.dueAt).toBeGreaterThan(before + 6 * 86_400_000);
      expect((await store.steer(T0, { queue: 'foo', action: 'retry', id: job.id })).refused).toMatchObject({
        why: 'job_state',
      });
    }
    expect(await drain(store, 'foo', T0 + 20)).not.toContain('"broken"');
    await tendAll(store, before + 30 * 86_400_000);
    expect(await store.queue(T0, { queue: 'foo' })).toMatchObject({ dead: 0 });
  });

  oldTest('leases, settles and looks at old jobs like new ones', async (file) => {
    const store = await file.open();
    const [first, second] = (await leaseJobs(store, 'foo', { limit: 2 })) as [Job, Job];
    expect(await settle(store, 'foo', first, { act: 'done', result: '1' })).toEqual({ state: 'done' });
    expect(await jobNow(store, 'foo', first.id)).toMatchObject({ state: 'done', result: '1' });
    expect(await pushUniq(store, 'foo', 'held')).toEqual({ exists: second.id });
    expect(await settle(store, 'foo', second, { act: 'fail', dead: true })).toEqual({ state: 'dead' });
    expect(await pushUniq(store, 'foo', 'held')).toHaveProperty('id');
    expect((await tendAll(store, T0 + 20)).ready).toEqual({ foo: 2 });
  });

  oldTest('frees what it had purged, and nothing else', async (file) => {
    const store = await file.open();
    await tendAll(store, T0);
    expect(await listBodies(store, 'foo')).toHaveLength(3);
    await store.setQueue(T0, { queue: 'stopped', stopped: false });
    expect(await takeBodies(store, 'stopped')).toEqual(['"in a stopped queue"']);
    expect((await store.queues(T0, { limit: 9 })).total).toBe(2);
  });
});

fileTest('a database of version 2 keeps the priorities of its jobs', async (file) => {
  const ranked = [
    { id: 1, rank: 9, body: '"idle"', priority: 0 },
    { id: 2, rank: 4, body: '"plain"' },
    { id: 3, rank: 0, body: '"urgent"', priority: 9 },
    { id: 4, rank: 10, body: '"urgent, late"', priority: 9, runAt: T0 + 1 },
  ];
  writeOldFile(
    file,
    2,
    ranked,
    "INSERT INTO queue (key, name, first_id, ready, delayed) VALUES (1, 'foo', 1, 3, 1);",
  );
  const store = await file.open();
  const [urgent] = (await leaseJobs(store, 'foo', { limit: 1 })) as [Job];
  expect(urgent).toMatchObject({ id: 3, priority: 9 });
  await settle(store, 'foo', urgent, { act: 'release' });
  const order = ['"urgent"', '"urgent, late"', '"plain"', '"idle"'];
  expect(await takeBodies(store, 'foo', {}, T0 + 1)).toEqual(order);
});
