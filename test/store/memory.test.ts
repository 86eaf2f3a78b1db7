/** The memory store does what every store must, and has a bound. */

import { expect, test } from 'vitest';
import { createMemoryStore } from '../../dist/store/memory.js';
import { failureOf, openMemorySubject, push, T0, takeBodies } from '../support/store.js';
import { describeStore } from './conformance.js';

describeStore('memory', openMemorySubject);

test('a memory store that is full refuses pushes, gives jobs, and has room again for as much as was taken', async () => {
  const store = createMemoryStore({ maxBytes: 10 });
  await push(store, 'foo', ['12345', '67890']);
  expect(await failureOf(push(store, 'foo', ['1']))).toBe('storage_full');
  expect(await takeBodies(store, 'foo', { limit: 1 })).toEqual(['12345']);
  await push(store, 'bar', ['54321']);
  expect(await failureOf(push(store, 'bar', ['1']))).toBe('storage_full');
  await store.purge(T0, { queue: 'bar' });
  await push(store, 'foo', ['54321']);
  expect(await takeBodies(store, 'foo')).toEqual(['67890', '54321']);
});
