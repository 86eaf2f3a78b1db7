/** What purges leave is freed, also by a purge in the very moment in which a sweep finds nothing more. */

import { expect, test } from 'vitest';
import type { Call } from '../../dist/api/types.js';
import { createBroker } from '../../dist/core/broker.js';
import { createMemoryStore } from '../../dist/store/memory.js';
import type { Store } from '../../dist/store/store.js';
import { createTestClock } from '../support/clock.js';

const call: Call = { undelivered() {}, onGone() {} };

test('a purge that is answered together with the last step of a sweep is swept too', async () => {
  let garbage = 0;
  let answer = () => {};
  const store: Store = {
    ...createMemoryStore({ maxBytes: 1_000 }),
    purge: async () => {
      garbage++;
    },
    sweep: () => {
      const more = garbage > 0;
      garbage = Math.max(0, garbage - 1);
      return new Promise((resolve) => {
        answer = () => resolve({ more });
      });
    },
  };
  const fail = (error: unknown) => {
    throw error;
  };
  const clock = createTestClock();
  const broker = createBroker({ store, clock, onDamaged: fail, onError: fail });
  broker.sweep();
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
