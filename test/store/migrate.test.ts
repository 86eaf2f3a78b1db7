/** A store that is copied into another one: all is there and goes on there, whatever interrupts it; what can't be is refused. */

import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { type MigrateOptions, migrate } from '../../dist/index.js';
import { openArchive, withoutPassword } from '../../dist/store/open.js';
import { contentsOf, fill, withStore } from '../support/archives.js';
import { redisForSuite, redisMissing } from '../support/redis.js';
import { clusterForSuite } from '../support/redis-cluster.js';
import { openRaw, refusalOf } from '../support/sqlite.js';
import {
  jobNow,
  leaseJobs,
  leaseNew,
  listBodies,
  push,
  pushUniq,
  settle,
  T0,
  take,
  tempDirectory,
  tendAll,
  texts,
} from '../support/store.js';

interface Pair {
  readonly from: string;
  readonly to: string;
  /** Another one that is not there yet, of the kind of `to`. */
  more(): string;
}

type Kind = 'SQLite' | 'Redis' | 'Cluster';

const servers = { Redis: redisForSuite(), Cluster: clusterForSuite() };
let count = 0;

function urlOf(kind: Kind, directory: string): string {
  count++;
  if (kind === 'SQLite') return `sqlite:${join(directory, `${count}.db`)}`;
  return `${servers[kind].url}/0?prefix=test-migrate${count}:&clock=caller`;
}

const pairTest =
  (from: Kind, to: Kind) =>
  (name: string, run: (pair: Pair) => Promise<void>): void => {
    test(name, { timeout: 120_000 }, async () => {
      const { path, remove } = tempDirectory();
      try {
        await run({ from: urlOf(from, path), to: urlOf(to, path), more: () => urlOf(to, path) });
      } finally {
        remove();
      }
    });
  };

type PairTest = ReturnType<typeof pairTest>;

/** Interrupts it after so many batches. */
const interrupted = (options: MigrateOptions, batches: number) => {
  let count = 0;
  const onProgress = () => {
    if (++count > batches) throw new Error('interrupted');
  };
  return migrate({ ...options, onProgress });
};

function describeCopies(it: PairTest) {
  describe('what was copied', () => {
    it('is all that was there, and what it was copied from is as it was', async (pair) => {
      await fill(pair.from);
      const before = await contentsOf(pair.from);
      const { jobs, ...done } = await migrate(pair);
      const sum = Object.values(before.queues).reduce(
        (all: number, one) => all + (one as { jobs: [] }).jobs.length,
        0,
      );
      expect({ jobs, ...done }).toEqual({ queues: 7, jobs: sum, workers: 2, damaged: 0, before: false });
      expect(await contentsOf(pair.to)).toEqual(before);
      expect(await contentsOf(pair.from)).toEqual(before);
    });

    it('is settled with the tokens from before, and a settlement from before is answered the same', async (pair) => {
      const [held, settled] = await withStore(
        pair.from,
        async (store) =>
          [
            await leaseNew(store, 'foo', {}, { token: 'a' }),
            await leaseNew(store, 'foo', {}, { token: 'b' }).then(async (job) => {
              return { job, answer: await settle(store, 'foo', job, { act: 'fail', delayMs: 5_000 }) };
            }),
          ] as const,
      );
      await migrate(pair);
      await withStore(pair.to, async (store) => {
        expect(await settle(store, 'foo', settled.job, { act: 'fail', delayMs: 9 })).toEqual(settled.answer);
        expect(await settle(store, 'foo', held, { act: 'done', lease: 'wrong' })).toEqual({
          refused: 'lease_lost',
        });
        expect(await settle(store, 'foo', held, { act: 'done' })).toEqual({ state: 'done' });
        expect(await jobNow(store, 'foo', held.id)).toMatchObject({ state: 'done' });
      });
    });

    it('is due when it would have been, with nobody asking', async (pair) => {
      await withStore(pair.from, async (store) => {
        await store.push(T0, {
          queue: 'foo',
          jobs: [
            { body: '1', runAt: T0 + 5_000 },
            { body: '2', ttlMs: 3_000 },
          ],
        });
        await leaseNew(store, 'bar', {}, { ms: 4_000 });
      });
      await migrate(pair);
      await withStore(pair.to, async (store) => {
        expect(await tendAll(store, T0)).toMatchObject({ nextAt: T0 + 3_000, moved: [] });
        expect((await tendAll(store, T0 + 3_000)).moved).toMatchObject([{ queue: 'foo', state: 'dead' }]);
        expect((await tendAll(store, T0 + 4_000)).moved).toMatchObject([{ queue: 'bar', state: 'ready' }]);
        expect(await tendAll(store, T0 + 5_000)).toMatchObject({ ready: { foo: 1 } });
      });
    });

    it('holds its unique keys, and its idempotency keys are answered with the ids from before', async (pair) => {
      const once = { key: 'k', print: 'p', until: T0 + 9_000 };
      const [ids, holder] = await withStore(pair.from, async (store) => {
        const pushed = await store.push(T0, { queue: 'foo', jobs: [{ body: '1' }, { body: '2' }], once });
        return [(pushed as { ids: number[] }).ids, (await pushUniq(store, 'foo', 'held')).id] as const;
      });
      await migrate(pair);
      await withStore(pair.to, async (store) => {
        expect(await pushUniq(store, 'foo', 'held')).toEqual({ exists: holder });
        const again = { queue: 'foo', jobs: [{ body: '1' }, { body: '2' }], once };
        expect(await store.push(T0, again)).toEqual({ ids, replayed: true });
        expect(await store.push(T0, { ...again, once: { ...once, print: 'q' } })).toEqual({ differs: true });
        expect(await store.push(T0 + 9_000, again)).toMatchObject({
          ids: [expect.any(Number), expect.any(Number)],
        });
      });
    });

    it('is never given the same ids again, nor is what is no more', async (pair) => {
      const ids = await withStore(pair.from, async (store) => {
        const some = await push(store, 'foo', texts(3));
        await take(store, 'foo');
        const gone = await push(store, 'gone', texts(5));
        await store.purge(T0, { queue: 'gone' });
        return [...some, ...gone];
      });
      await migrate(pair);
      await withStore(pair.to, async (store) => {
        const fresh = [
          ...(await push(store, 'foo', texts(2))),
          ...(await push(store, 'gone', texts(1), T0 + 1_000)),
        ];
        expect(Math.min(...fresh)).toBeGreaterThan(Math.max(...ids));
      });
    });

    it('knows the revision of its policy', async (pair) => {
      const revision = await withStore(pair.from, async (store) => {
        const set = await store.setQueue(T0, { queue: 'foo', policy: { attempts: 3 }, stopped: true });
        return set?.revision ?? 0;
      });
      await migrate(pair);
      await withStore(pair.to, async (store) => {
        expect(await store.queue(T0, { queue: 'foo' })).toMatchObject({ revision, stopped: true });
        const policy = { leaseMs: 1_000 };
        expect(
          await store.setQueue(T0, { queue: 'foo', policy, ifRevision: [revision + 1] }),
        ).toBeUndefined();
        const next = await store.setQueue(T0, { queue: 'foo', policy, ifRevision: [revision] });
        expect(next).toMatchObject({ policy: { attempts: 3, leaseMs: 1_000 }, stopped: true });
        expect(next?.revision).toBeGreaterThan(revision);
      });
    });

    it('keeps more records than a policy allows until time passes there', async (pair) => {
      await withStore(pair.from, async (store) => {
        await push(store, 'foo', texts(5));
        for (const job of await leaseJobs(store, 'foo')) await settle(store, 'foo', job, { act: 'done' });
        await store.setQueue(T0, { queue: 'foo', policy: { keepDoneCount: 2 } });
      });
      await migrate(pair);
      await withStore(pair.to, async (store) => {
        expect(await store.queue(T0, { queue: 'foo' })).toMatchObject({ done: 5 });
        await tendAll(store);
        expect(await store.queue(T0, { queue: 'foo' })).toMatchObject({ done: 2 });
      });
    });
  });
}

function describeInterruptions(it: PairTest) {
  describe('after an interruption', () => {
    it('the same call goes on, and all is as if nothing had been', async (pair) => {
      await fill(pair.from);
      const before = await contentsOf(pair.from);
      for (const batches of [0, 2, 5, 8]) {
        const to = pair.more();
        await expect(interrupted({ ...pair, to }, batches)).rejects.toThrow('interrupted');
        expect(await migrate({ ...pair, to })).toMatchObject({ queues: 7, workers: 2, before: false });
        expect(await contentsOf(to)).toEqual(before);
      }
    });

    it('after every batch it comes to its end as well', async (pair) => {
      await fill(pair.from);
      let rounds = 0;
      for (let isWhole = false; !isWhole; rounds++) {
        const stop = new AbortController();
        const onProgress = () => stop.abort(new Error('stopped'));
        isWhole = await migrate({ ...pair, onProgress, signal: stop.signal }).then(
          () => true,
          (error: Error) => {
            expect(error.message).toBe('stopped');
            return false;
          },
        );
      }
      expect(rounds).toBeGreaterThan(10);
      expect(await contentsOf(pair.to)).toEqual(await contentsOf(pair.from));
    });

    it('it is not served before it is whole, and not filled from another one', async (pair) => {
      await fill(pair.from);
      await expect(interrupted(pair, 2)).rejects.toThrow('interrupted');
      const half = `is not filled yet from ${withoutPassword(pair.from)}: run presque migrate once more`;
      const to = withoutPassword(pair.to);
      const served = withStore(pair.to, async () => {});
      expect(await refusalOf(served)).toBe(`OpenError: ${to.replace(/^sqlite:/, '')} ${half}`);
      const other = pair.more();
      await withStore(other, (store) => push(store, 'foo', ['1']));
      for (const pairs of [
        { from: other, to: pair.to },
        { from: pair.to, to: other },
      ])
        expect(await refusalOf(migrate({ ...pairs, merge: true }))).toBe(`MigrationError: ${to} ${half}`);
    });

    it('it does not go on when the source was in use meanwhile', async (pair) => {
      await withStore(pair.from, async (store) => {
        for (const queue of ['a', 'b', 'c']) await push(store, queue, texts(2));
      });
      const onProgress = ({ queue }: { queue: string }) => {
        if (queue === 'c') throw new Error('interrupted');
      };
      await expect(migrate({ ...pair, onProgress })).rejects.toThrow('interrupted');
      await withStore(pair.from, (store) => push(store, 'a', ['3']));
      expect(await refusalOf(migrate(pair))).toBe(
        'MigrationError: a is not the same as it was copied: jobs 3, copied 2',
      );
    });

    it('there is nothing to do when it is whole, whatever happened to it since', async (pair) => {
      await fill(pair.from);
      const done = await migrate(pair);
      await withStore(pair.to, async (store) => {
        await take(store, 'mixed', { limit: 1 });
        await store.purge(T0, { queue: 'many' });
      });
      const before = await contentsOf(pair.to);
      expect(await migrate(pair)).toEqual({ ...done, before: true });
      expect(await contentsOf(pair.to)).toEqual(before);
    });
  });
}

function describeMerges(it: PairTest) {
  describe('with merge', () => {
    it('queues go beside those that are there, and a worker did what it did in both', async (pair) => {
      await fill(pair.from);
      await withStore(pair.to, async (store) => {
        await push(store, 'own', texts(3));
        for (const worker of ['w1', 'w3']) await store.register(T0 - 5_000, { worker, queue: 'own' });
        await take(store, 'own', { limit: 2, worker: 'w1' }, T0 - 5_000);
      });
      const own = await contentsOf(pair.to);
      const moved = await contentsOf(pair.from);
      await expect(interrupted({ ...pair, merge: true }, 6)).rejects.toThrow('interrupted');
      await migrate({ ...pair, merge: true });
      const merged = await contentsOf(pair.to);
      expect(merged.queues).toEqual({ ...moved.queues, ...own.queues });
      expect(merged.workers.map(({ name }) => name)).toEqual(['w1', 'w2 é', 'w3']);
      expect(merged.workers[0]).toMatchObject({
        startedAt: T0 - 5_000,
        lastSeenAt: T0,
        processed: 3,
        failed: 2,
      });
      expect(merged.workers[0]?.queues).toEqual([
        { queue: 'mixed', processed: 1, failed: 2 },
        { queue: 'own', processed: 2, failed: 0 },
      ]);
      await withStore(pair.to, async (store) => {
        for (const queue of ['own', 'many']) {
          const { jobs } = merged.queues[queue] as { jobs: { id: number }[] };
          const [id] = await push(store, queue, ['1']);
          expect(id).toBeGreaterThan(Math.max(...jobs.map((job) => job.id)));
        }
      });
    });
  });
}

const sqliteTest = pairTest('SQLite', 'SQLite');
const missing = redisMissing === undefined ? '' : ` (skipped: ${redisMissing})`;

function describeAll(it: PairTest) {
  describeCopies(it);
  describeInterruptions(it);
  describeMerges(it);
}

describe('from SQLite to SQLite', () => describeAll(sqliteTest));
describe.skipIf(redisMissing).each([
  ['SQLite', 'Redis', describeAll],
  ['Redis', 'SQLite', describeAll],
  ['Redis', 'Redis', describeCopies],
  ['SQLite', 'Cluster', describeCopies],
  ['Cluster', 'SQLite', describeCopies],
] as const)(`from %s to %s${missing}`, (from, to, describeTests) => describeTests(pairTest(from, to)));

describe.skipIf(redisMissing)(`of a Redis${missing}`, () => {
  const it = pairTest('Redis', 'SQLite');
  const client = (url: string) => {
    const prefix = /prefix=([^&]*)/.exec(url)?.[1] ?? '';
    const redis = new Redis(url.replace(/[?].*/, ''));
    return { redis, keyOf: (queue: string, kind = '') => `${prefix}{${queue}}${kind}` };
  };

  it('a queue is found of which a server that died did not tell the others', async (pair) => {
    await withStore(pair.from, (store) => push(store, 'foo', texts(3)));
    const { redis, keyOf } = client(pair.from);
    await redis.zrem(keyOf('*', ':queues'), 'foo');
    await redis.hdel(keyOf('*', ':firsts'), 'foo');
    await redis.quit();
    expect(await migrate(pair)).toMatchObject({ queues: 1, jobs: 3 });
  });

  it('a queue is refused whose follow-up jobs wait for a server, also when it is gone', async (pair) => {
    await withStore(pair.from, (store) => push(store, 'foo', texts(3)));
    const { redis, keyOf } = client(pair.from);
    await redis.hset(keyOf('foo', ':outbox'), '1 1', '{"queue":"bar"}');
    const refusal = /^MigrationError: foo has follow-up jobs .* not delivered yet/;
    expect(await refusalOf(migrate(pair))).toMatch(refusal);
    await withStore(pair.from, (store) => store.purge(T0, { queue: 'foo' }));
    expect(await refusalOf(migrate(pair))).toMatch(refusal);
    await redis.del(keyOf('foo', ':outbox'));
    await redis.quit();
    expect(await migrate(pair)).toMatchObject({ queues: 0, jobs: 0 });
  });

  it('one that can not be reached is told in one line without its password', async (pair) => {
    const url = 'redis://me:secret@127.0.0.1:1/0';
    const refusal = await refusalOf(migrate({ from: url, to: pair.to }));
    expect(refusal).toMatch(/^OpenError: redis:[/][/]me:[*]{3}@127.0.0.1:1[/]0 can't be used: [^\n]*$/);
  });
});

describe('of a SQLite database', () => {
  sqliteTest('says which texts were damaged, and these jobs are dead', async (pair) => {
    await withStore(pair.from, async (store) => {
      await push(store, 'foo', texts(3));
      await leaseJobs(store, 'foo', { limit: 1, worker: 'w' });
    });
    const file = openRaw(pair.from.slice('sqlite:'.length));
    file.exec(
      `UPDATE job SET body = '"b0"' WHERE body = '"0"'; UPDATE job SET body = '"b1"' WHERE body = '"1"';`,
    );
    file.close();
    expect(await migrate(pair)).toMatchObject({ jobs: 3, damaged: 2 });
    await withStore(pair.to, async (store) => {
      const now = Date.now();
      expect(await listBodies(store, 'foo', 'ready', now)).toEqual(['"2"']);
      const { jobs } = await store.list(now, { queue: 'foo', state: 'dead', limit: 9, maxBytes: 9_999 });
      expect(jobs.map(({ details }) => details?.reason)).toEqual(['damaged', 'damaged']);
      expect(jobs.map(({ details }) => details?.lease)).toEqual([undefined, undefined]);
    });
  });
});

describe('refused, with nothing changed', () => {
  sqliteTest('is one that is not there, and no other is made', async (pair) => {
    const path = pair.from.slice('sqlite:'.length);
    expect(await refusalOf(migrate(pair))).toBe(`OpenError: ${path} is not there`);
    expect(await refusalOf(openArchive(pair.to, 'read'))).toMatch(/is not there$/);
  });

  sqliteTest('is one that a server has open, on either side', async (pair) => {
    const inUse = (one: string) => `OpenError: ${one.slice('sqlite:'.length)} is in use by another server`;
    await withStore(pair.from, async () => {
      expect(await refusalOf(migrate(pair))).toBe(inUse(pair.from));
    });
    await withStore(pair.to, async () => {
      expect(await refusalOf(migrate(pair))).toBe(inUse(pair.to));
    });
  });

  sqliteTest('is one that has queues or workers already', async (pair) => {
    await withStore(pair.from, (store) => push(store, 'foo', ['1']));
    await withStore(pair.to, (store) => store.register(T0, { worker: 'w', queue: 'bar' }));
    const before = await contentsOf(pair.to);
    expect(await refusalOf(migrate(pair))).toBe(
      `MigrationError: ${pair.to} is not empty: --merge puts the queues beside those that are there`,
    );
    expect(await contentsOf(pair.to)).toEqual(before);
  });

  sqliteTest('is memory, on either side', async (pair) => {
    await withStore(pair.from, (store) => push(store, 'foo', ['1']));
    expect(await refusalOf(migrate({ from: pair.from, to: 'memory:' }))).toMatch(/^OpenError: memory:/);
    expect(await refusalOf(migrate({ from: 'memory:', to: pair.to }))).toMatch(/^OpenError: memory:/);
  });

  sqliteTest('are queues of the same names, which it tells', async (pair) => {
    const names = Array.from({ length: 13 }, (_, index) => `q${index + 10}`);
    for (const one of [pair.from, pair.to])
      await withStore(one, async (store) => {
        for (const queue of names) await push(store, queue, ['1']);
      });
    await withStore(pair.from, (store) => push(store, 'new', ['1']));
    const before = await contentsOf(pair.to);
    expect(await refusalOf(migrate({ ...pair, merge: true }))).toBe(
      `MigrationError: ${pair.to} has queues of the same names: ${names.slice(0, 10).join(', ')} and 3 more`,
    );
    expect(await contentsOf(pair.to)).toEqual(before);
  });
});
