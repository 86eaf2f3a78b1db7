/** The one timer of the tending: there while something will be due, one at a time, and gone when all is done. */

import { describe, expect, test } from 'vitest';
import type { Tended } from '../../dist/store/calls.js';
import { call, setUp } from './set-up.js';

const second = 1_000;
const minute = 60 * second;

describe('the timer', () => {
  test('is not there for a server that is idle from the start', async () => {
    const { clock, broker } = setUp();
    await broker.start();
    await clock.advance(minute);
    expect(clock.planned).toBe(0);
  });

  test('is gone when a queue was emptied and everything is tended', async () => {
    const { clock, broker, push } = setUp();
    for (let n = 0; n < 10; n++) await push('a', `${n}`);
    await broker.takeMany({ queues: ['a'] }, call);
    await clock.advance(second);
    expect(clock.planned).toBe(0);
  });

  test('is gone when the record of a job that was leased is', async () => {
    const { clock, broker, push, lease } = setUp();
    await push('a', '1');
    await broker.done({ queue: 'a', ...(await lease('a', second)) }, call);
    await clock.advance(5 * minute);
    expect(clock.planned).toBe(1);
    await clock.advance(6 * minute);
    expect(clock.planned).toBe(0);
  });

  test('is one, however many jobs will be due', async () => {
    const { clock, push, lease } = setUp();
    for (let n = 1; n <= 100; n++) {
      await push('a', `${n}`, { delay: n * minute });
      await push(`b${n}`, `${n}`);
      await lease(`b${n}`, n * second + second);
      expect(clock.planned).toBe(1);
    }
    await clock.advance(5 * second);
    expect(clock.planned).toBe(1);
  });

  test('does not run more often than ten times a second, however busy the queue is', async () => {
    let rounds = 0;
    const { clock, push } = setUp({
      store: (memory) => ({
        tend(now, options) {
          rounds++;
          return memory.tend(now, options);
        },
      }),
    });
    for (let n = 1; n <= 1_000; n++) await push('a', `${n}`, { delay: 10 * n });
    await clock.advance(10 * second);
    expect(rounds).toBeGreaterThanOrEqual(10);
    expect(rounds).toBeLessThanOrEqual(101);
  });

  test('is gone once the broker has ended, and none comes after', async () => {
    const { clock, broker, push } = setUp();
    await push('a', '1', { delay: minute });
    expect(clock.planned).toBe(1);
    broker.stop();
    await broker.settled();
    await push('a', '2', { delay: minute });
    expect(clock.planned).toBe(0);
  });

  test('ends with the broker in the middle of a round that has more to do', async () => {
    let rounds = 0;
    let answer = (_: Tended) => {};
    const { clock, broker } = setUp({
      store: () => ({
        tend: (_, { restart }) => {
          if (restart) return Promise.resolve({ more: false, moved: [], ready: [] });
          rounds++;
          return new Promise((resolve) => {
            answer = resolve;
          });
        },
      }),
    });
    await broker.start();
    broker.stop();
    const settled = broker.settled();
    answer({ more: true, moved: [], ready: [] });
    await settled;
    await clock.advance(minute);
    expect([rounds, clock.planned]).toEqual([1, 0]);
  });

  test('lets others have their turn between two rounds, though there is more to do', async () => {
    let turns = 0;
    const seen: number[] = [];
    const { clock, broker } = setUp({
      store: () => ({
        tend: async (_, { restart }) => {
          if (!restart) seen.push(turns);
          return { more: !restart && seen.length < 4, moved: [], ready: [] };
        },
      }),
    });
    let next = setImmediate(function turn() {
      turns++;
      next = setImmediate(turn);
    });
    await broker.start();
    for (let n = 0; n < 10; n++) await clock.advance(1_000);
    clearImmediate(next);
    expect(seen.length).toBeGreaterThanOrEqual(4);
    expect(new Set(seen.slice(0, 4)).size).toBe(4);
  });

  test('waits for what is due in more than a day', async () => {
    const { clock, broker, push } = setUp();
    const id = await push('a', '1', { delay: 40 * 24 * 60 * minute, ttl: 41 * 24 * 60 * minute });
    await clock.advance(42 * 24 * 60 * minute);
    expect(await broker.job({ queue: 'a', id }, call)).toMatchObject({ state: 'dead', reason: 'expired' });
  });
});

describe('a store that fails', () => {
  test('is told about, and asked again a second later', async () => {
    let broken = false;
    const errors: string[] = [];
    const { clock, store, push, lease } = setUp({
      store: (memory) => ({
        tend: async (now, options) => {
          if (broken) throw new Error('the disk is away');
          return memory.tend(now, options);
        },
      }),
      onError: (error) => errors.push(error.message),
    });
    const begun = clock.now();
    await push('a', '1');
    await lease('a', 10 * second);
    await clock.advance(second);
    broken = true;
    await clock.advance(10 * second);
    expect(new Set(errors)).toEqual(new Set(['the disk is away']));
    expect(errors.length).toBeLessThan(5);
    broken = false;
    await clock.advance(second);
    expect(await store.queue(begun, { queue: 'a' })).toMatchObject({ ready: 1, leased: 0 });
  });
});

test('a purge that is answered together with the last step of tending is tended too', async () => {
  let garbage = 0;
  let answer = () => {};
  const nothing = { moved: [], ready: [] };
  const { clock, broker } = setUp({
    store: () => ({
      purge: async () => {
        garbage++;
      },
      tend: (_, { restart }) => {
        if (restart) return Promise.resolve({ more: false, ...nothing });
        const more = garbage > 0;
        garbage = Math.max(0, garbage - 1);
        return new Promise<Tended>((resolve) => {
          answer = () => resolve({ more, ...nothing });
        });
      },
    }),
  });
  await broker.start();
  const purged = broker.purge({ queue: 'foo' }, call);
  answer();
  await purged;
  for (let turn = 0; turn < 3; turn++) {
    await clock.advance(0);
    answer();
  }
  await clock.advance(0);
  expect(garbage).toBe(0);
});
