/** The memory store does what every store must, and has a bound. */

import { expect, test } from 'vitest';
import { createMemoryStore } from '../../dist/store/memory.js';
import { failureOf, openMemorySubject, push, T0, takeBodies } from '../support/store.js';
import { describeStore } from './conformance.js';

describeStore('memory', openMemorySubject);

test('a memory store that is full refuses pushes, gives jobs, and has room again for as much as was taken', async () => {
  const large = (name: string) => JSON.stringify(name.repeat(10_000));
  const store = createMemoryStore({ maxBytes: 23_000 });
  await push(store, 'foo', [large('a'), large('b')]);
  expect(await failureOf(push(store, 'foo', [large('c')]))).toBe('storage_full');
  expect(await takeBodies(store, 'foo', { limit: 1 })).toEqual([large('a')]);
  await push(store, 'bar', [large('d')]);
  expect(await failureOf(push(store, 'bar', [large('e')]))).toBe('storage_full');
  await store.purge(T0, { queue: 'bar' });
  await push(store, 'foo', [large('f')]);
  expect(await takeBodies(store, 'foo')).toEqual([large('b'), large('f')]);
});

test('a memory store counts what small jobs, unique keys and queues take beside their texts', async () => {
  const small = createMemoryStore({ maxBytes: 1_000_000 });
  expect(
    await failureOf(
      push(
        small,
        'foo',
        Array.from({ length: 10_000 }, () => '1'),
      ),
    ),
  ).toBe('storage_full');
  const many = createMemoryStore({ maxBytes: 1_000_000 });
  const stopAll = async () => {
    for (let index = 0; index < 10_000; index++)
      await many.setQueue(T0, { queue: `q${index}`, stopped: true });
  };
  expect(await failureOf(stopAll())).toBe('storage_full');
});
