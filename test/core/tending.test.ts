/** Time does its work though nobody asks: leases run out, records go, jobs ripen, and a timer is there only while it is needed. */

import { describe, expect, test } from 'vitest';
import { call, setUp, watch } from './set-up.js';

const second = 1_000;
const minute = 60 * second;

describe('a lease that is over', () => {
  test('is given to who waits within a second, and counts as a crash', async () => {
    const { clock, push, lease, broker } = setUp();
    await push('a', '1');
    await lease('a', 10 * second);
    const waiting = watch(broker.take({ queues: ['a'], wait: minute, leaseMs: 5 * second }, call));
    await clock.advance(10 * second - 1);
    expect(waiting).toEqual({});
    await clock.advance(second + 1);
    expect(waiting.value).toMatchObject({ job: '1', attempt: 2 });
  });

  test('is put back with nobody there at all', async () => {
    const { clock, store, push, lease } = setUp();
    const begun = clock.now();
    await push('a', '1');
    await lease('a', 10 * second);
    await clock.advance(11 * second);
    // Seen from before its end a lease that nobody has touched would still be one.
    expect(await store.queue(begun, { queue: 'a' })).toMatchObject({ ready: 1, leased: 0 });
  });

  test('is told to the worker who waits for that, and to nobody else', async () => {
    const { clock, push, lease, broker } = setUp();
    await broker.register({ queue: 'a', worker: 'w' }, call);
    await broker.register({ queue: 'a', worker: 'other' }, call);
    await push('a', '1');
    await lease('a', 10 * second, 'w');
    const loser = watch(broker.worker({ worker: 'w', wait: minute }, call));
    const other = watch(broker.worker({ worker: 'other', wait: minute }, call));
    await clock.advance(10 * second - 1);
    expect(loser).toEqual({});
    await clock.advance(second + 1);
    expect(loser.value).toMatchObject({ worker_id: 'w', doing: [] });
    expect(other).toEqual({});
  });

  test('makes the job dead the fifth time, and who waits for its end is told', async () => {
    const { clock, push, lease, broker } = setUp();
    const id = await push('a', '1');
    const end = watch(broker.job({ queue: 'a', id, wait: minute }, call));
    for (let crash = 1; crash <= 5; crash++) {
      expect(await lease('a', second)).toMatchObject({ id, attempt: crash });
      expect(end).toEqual({});
      await clock.advance(2 * second);
    }
    expect(end.value).toMatchObject({ state: 'dead', reason: 'crashed', crashes: 5, failures: 0 });
    expect(end.value?.attempts.map(({ outcome }) => outcome)).toEqual(Array(5).fill('crashed'));
  });

  test('from before a restart is no crash', async () => {
    const { clock, broker, again, push, lease } = setUp();
    const id = await push('a', '1');
    await lease('a', 10 * second);
    broker.stop();
    await broker.settled();
    await clock.advance(minute);
    await again().start();
    expect(await broker.job({ queue: 'a', id }, call)).toMatchObject({
      state: 'ready',
      crashes: 0,
      attempts: [{ attempt: 1, outcome: 'released' }],
    });
  });

  test('of a job that was to stop makes it dead as cancelled', async () => {
    const { clock, push, lease, broker } = setUp();
    const id = await push('a', '1');
    await lease('a', second);
    await broker.cancel({ queue: 'a', id }, call);
    await clock.advance(2 * second);
    expect(await broker.job({ queue: 'a', id }, call)).toMatchObject({ state: 'dead', reason: 'cancelled' });
  });
});

describe('records', () => {
  test('of done and dead jobs go when their time is over, with nobody asking', async () => {
    const { clock, store, push, lease, broker } = setUp();
    await broker.setControl({ queue: 'a', keepDoneMs: minute, keepDeadMs: 2 * minute }, call);
    const begun = clock.now();
    await push('a', '1');
    await push('a', '2');
    await broker.done({ queue: 'a', ...(await lease('a', second)) }, call);
    await broker.fail({ queue: 'a', ...(await lease('a', second)), dead: true }, call);
    const counts = async () => {
      const { done, dead } = await store.queue(begun, { queue: 'a' });
      return { done, dead };
    };
    await clock.advance(minute - second);
    expect(await counts()).toEqual({ done: 1, dead: 1 });
    await clock.advance(2 * second);
    expect(await counts()).toEqual({ done: 0, dead: 1 });
    await clock.advance(minute);
    expect(await counts()).toEqual({ done: 0, dead: 0 });
  });

  test('beyond the number that is kept go, the oldest first', async () => {
    const { clock, store, push, lease, broker } = setUp();
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) {
      ids.push(await push('a', `${n}`));
      await broker.fail({ queue: 'a', ...(await lease('a', second)), dead: true }, call);
      await clock.advance(1);
    }
    await broker.setControl({ queue: 'a', keepDeadCount: 2 }, call);
    await clock.advance(second);
    const { jobs } = await store.list(clock.now(), { queue: 'a', state: 'dead', limit: 10, maxBytes: 1_000 });
    expect(jobs.map(({ id }) => String(id))).toEqual([ids[4], ids[3]]);
  });

  test('a job that waited longer than its ttl is dead, and who waits for its end is told', async () => {
    const { clock, push, broker } = setUp();
    const id = await push('a', '1', { ttl: 10 * second });
    const end = watch(broker.job({ queue: 'a', id, wait: minute }, call));
    await clock.advance(10 * second - 1);
    expect(end).toEqual({});
    await clock.advance(second + 1);
    expect(end.value).toMatchObject({ state: 'dead', reason: 'expired' });
  });
});
