/** What the tests of the core share: a broker on the memory store, with a clock that is advanced and chance that is known. */

import type { Call, Input } from '../../dist/api/types.js';
import { type Broker, createBroker } from '../../dist/core/broker.js';
import { createMemoryStore } from '../../dist/store/memory.js';
import type { Store } from '../../dist/store/store.js';
import { createTestChance, createTestClock } from '../support/clock.js';

const maxBytes = 64 * 1024 * 1024;

/** A caller that stays and gets its answer. */
export const call: Call = { undelivered() {}, onGone() {} };

interface Options {
  /** What the store does otherwise. */
  readonly store?: (memory: Store) => Partial<Store>;
  readonly onError?: (error: Error) => void;
}

const fail = (error: unknown) => {
  throw error;
};

export function setUp({ store: change, onError = fail }: Options = {}) {
  const clock = createTestClock();
  const memory = createMemoryStore({ maxBytes });
  const store: Store = { ...memory, ...change?.(memory) };
  const create = () => createBroker({ store, clock, chance: createTestChance(), onDamaged: fail, onError });
  const broker = create();
  return {
    clock,
    store,
    broker,
    /** Another one on the same store, as after a restart. */
    again: create,
    push: (queue: string, job: string, options: Partial<Input<'push'>> = {}) =>
      pushTo(broker, queue, job, options),
    lease: (queue: string, lease: number, worker?: string) => leaseFrom(broker, queue, lease, worker),
  };
}

/** The id of the job. */
async function pushTo(broker: Broker, queue: string, job: string, options: Partial<Input<'push'>>) {
  return (await broker.push({ queue, job, ...options }, call)).id;
}

async function leaseFrom(broker: Broker, queue: string, lease: number, worker?: string) {
  const taken = await broker.take(
    { queues: [queue], leaseMs: lease, ...(worker !== undefined && { worker }) },
    call,
  );
  return { id: taken.id, lease: taken.lease ?? '', attempt: taken.attempt, job: taken.job };
}

/** Notes what becomes of something under way. */
export function watch<T>(under: Promise<T>) {
  const seen: { value?: T; error?: Error } = {};
  under.then(
    (value) => {
      seen.value = value;
    },
    (error: Error) => {
      seen.error = error;
    },
  );
  return seen;
}
