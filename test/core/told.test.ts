/** Whoever waits is told, whatever else touches the queue meanwhile, and whatever another one got. */

import { expect, test } from 'vitest';
import { call, setUp, watch } from './set-up.js';

const second = 1_000;

/** A turn for each of the takes that follow from one another. */
async function settle(clock: { advance(ms: number): Promise<void> }) {
  for (let turn = 0; turn < 6; turn++) await clock.advance(0);
}

test('who waits for the end of a job is told also when somebody looked at the queue first', async () => {
  const { broker, clock, push } = setUp();
  const id = await push('a', '1', { ttl: 5 * second });
  const waiting = watch(broker.job({ queue: 'a', id, wait: 60 * second }, call));
  await clock.advance(second);
  // Looks in the very millisecond in which the time to wait is over, before the alarm.
  clock.after(4 * second, () => void broker.status({ queue: 'a' }, call));
  await clock.advance(5 * second);
  await settle(clock);
  expect(waiting.value).toMatchObject({ state: 'dead', reason: 'expired' });
});

test('who waits for a job gets one whose lease was found to be over by a look', async () => {
  const { broker, clock, push, lease } = setUp();
  await push('a', '1');
  await lease('a', 5 * second);
  const waiting = watch(broker.take({ queues: ['a'], wait: 60 * second, leaseMs: 60 * second }, call));
  await clock.advance(second);
  clock.after(4 * second, () => void broker.list({ queue: 'a', state: 'ready' }, call));
  await clock.advance(5 * second);
  await settle(clock);
  expect(waiting.value).toMatchObject({ job: '1', attempt: 2 });
});

test('of several queues: who was woken for one and got from another passes the hint on', async () => {
  const { broker, clock, push } = setUp();
  const ask = (...queues: string[]) => watch(broker.take({ queues, wait: 60 * second, leaseMs: 0 }, call));
  const first = ask('x', 'a');
  const second_ = ask('a', 'b');
  const third = ask('b');
  await settle(clock);
  await Promise.all([push('a', '"a"'), push('b', '"b"')]);
  await settle(clock);
  const got = [first, second_, third].flatMap(({ value }) => (value ? [value.job] : []));
  expect(got.sort()).toEqual(['"a"', '"b"']);
});

test('a take that fails leaves its hint to the next one', async () => {
  let fails = false;
  const { broker, clock, push } = setUp({
    store: (memory) => ({
      take: (now, take) => {
        if (!fails) return memory.take(now, take);
        fails = false;
        return Promise.reject(new Error('the store does not work'));
      },
    }),
  });
  const ask = () => watch(broker.take({ queues: ['a'], wait: 60 * second, leaseMs: 0 }, call));
  const first = ask();
  const next = ask();
  await settle(clock);
  fails = true;
  await push('a', '1');
  await settle(clock);
  expect(first.error?.message).toBe('the store does not work');
  expect(next.value).toMatchObject({ job: '1' });
});

test('one who waits with Prefer: wait is told of a death where dead jobs are not kept', async () => {
  const { broker, clock, lease } = setUp();
  await broker.setControl({ queue: 'a', keepDeadMs: 0 }, call);
  const waiting = watch(broker.push({ queue: 'a', job: '1', wait: 30 * second }, call));
  await settle(clock);
  const { id, lease: token } = await lease('a', 60 * second);
  await broker.fail({ queue: 'a', id, lease: token, error: 'no', dead: true }, call);
  await settle(clock);
  expect(waiting.error?.message).toBe('no');
});

test('a worker is not told of the purge of a queue from which it has nothing', async () => {
  const { broker, clock, push } = setUp();
  await broker.register({ queue: 'a', worker: 'w' }, call);
  await push('b', '1');
  const waiting = watch(broker.worker({ worker: 'w', wait: 30 * second }, call));
  await settle(clock);
  await broker.purge({ queue: 'b' }, call);
  await settle(clock);
  expect(waiting).toEqual({});
});
