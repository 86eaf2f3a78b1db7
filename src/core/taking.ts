/** How jobs are taken: from the first of several queues that has one, now or within a time. */

import { ApiError } from '../api/errors.js';
import { limits } from '../api/schema.js';
import type { Call } from '../api/types.js';
import type { Clock } from '../clock.js';
import type { Store, Taken } from '../store/store.js';
import type { Waiters } from './waiters.js';

interface Wanted {
  readonly queues: readonly string[];
  readonly limit: number;
  readonly worker?: string | undefined;
  /** How long to wait for a job, milliseconds. */
  readonly waitMs: number;
}

interface Given {
  readonly queue: string;
  readonly jobs: Taken['jobs'];
}

export interface TakingDeps {
  readonly store: Store;
  readonly clock: Pick<Clock, 'now'>;
  readonly waiters: Waiters;
  readonly onDamaged: (job: { queue: string; id: string }) => void;
  readonly onError: (error: Error) => void;
}

export interface Taking {
  /** Takes jobs that go back to their places when the answer does not reach the client; `no_job` when there are none. */
  take(wanted: Wanted, call: Call): Promise<Given>;
  /** Resolves when every job that is to go back is back. */
  settled(): Promise<void>;
}

export function createTaking({ store, clock, waiters, onDamaged, onError }: TakingDeps): Taking {
  const restoring = new Set<Promise<void>>();

  async function takeFrom(queue: string, { limit, worker }: Wanted): Promise<Taken> {
    const by = worker === undefined ? {} : { worker };
    const taken = await store.take(clock.now(), { queue, limit, maxBytes: limits.answerBytes, ...by });
    for (const id of taken.damaged) onDamaged({ queue, id: String(id) });
    if (taken.nextAt !== undefined) waiters.wakeAt(queue, taken.nextAt);
    if (taken.left > 0) waiters.wake(queue, taken.left);
    return taken;
  }

  function give(queue: string, jobs: Taken['jobs'], { worker }: Wanted, call: Call): Given {
    const by = worker === undefined ? {} : { worker };
    call.undelivered(() => {
      const restored = store
        .restore(clock.now(), { queue, jobs, ...by })
        .then(() => waiters.wake(queue, jobs.length))
        .catch(onError)
        .finally(() => restoring.delete(restored));
      restoring.add(restored);
    });
    return { queue, jobs };
  }

  /** What the first queue gave that had something, or whether all of them are stopped. */
  async function tryQueues(
    queues: readonly string[],
    wanted: Wanted,
    call: Call,
  ): Promise<Given | 'stopped' | 'empty'> {
    let stopped = 0;
    for (const queue of queues) {
      const taken = await takeFrom(queue, wanted);
      if (taken.jobs.length > 0) return give(queue, taken.jobs, wanted, call);
      if (taken.stopped) stopped++;
    }
    return stopped === wanted.queues.length ? 'stopped' : 'empty';
  }

  async function waitFor(wanted: Wanted, call: Call): Promise<Given | 'stopped' | 'empty'> {
    const waiter = waiters.join(wanted.queues, clock.now() + wanted.waitMs);
    let gone = false;
    call.onGone(() => {
      gone = true;
      waiter.end();
    });
    try {
      let result = await tryQueues(waiter.free, wanted, call);
      while (typeof result === 'string' && !gone && !waiter.isOver) {
        await waiter.woken();
        if (!gone) result = await tryQueues(wanted.queues, wanted, call);
      }
      return result;
    } finally {
      waiter.leave();
    }
  }

  return {
    async take(wanted, call) {
      const waits = wanted.waitMs > 0;
      const result = waits ? await waitFor(wanted, call) : await tryQueues(wanted.queues, wanted, call);
      if (typeof result !== 'string') return result;
      throw new ApiError(result === 'stopped' ? 'queue_closed' : 'no_job');
    },

    async settled() {
      await Promise.all(restoring);
    },
  };
}
