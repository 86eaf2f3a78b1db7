/** Who waits for something to happen to a job, or to what a worker has. */

import type { Call } from '../api/types.js';
import type { Clock } from '../clock.js';
import { createWaiters } from './waiters.js';

export interface Watching {
  /** Looks at once, and again whenever something is told about the key, until `isOver` says so, or for `waitMs`; what it saw last. */
  until<T>(
    key: string,
    waitMs: number,
    call: Call,
    look: () => Promise<T>,
    isOver: (seen: T) => boolean,
  ): Promise<T>;
  /** Something happened. */
  tell(key: string): void;
  /** Something happened to many. */
  tellAll(): void;
  /** Ends the waiting of all, now and from now on. */
  endAll(): void;
}

export const jobKey = (queue: string, id: number | string) => `job ${queue}/${id}`;
export const workerKey = (worker: string) => `worker ${worker}`;

export function createWatching(clock: Pick<Clock, 'now' | 'after'>): Watching {
  const waiters = createWaiters(clock);
  return {
    async until(key, waitMs, call, look, isOver) {
      if (waitMs === 0) return look();
      const waiter = waiters.join([key], clock.now() + waitMs);
      let gone = false;
      call.onGone(() => {
        gone = true;
        waiter.end();
      });
      try {
        let seen = await look();
        while (!isOver(seen) && !waiter.isOver && !gone) {
          await waiter.woken();
          seen = await look();
        }
        return seen;
      } finally {
        waiter.leave();
      }
    },
    tell: (key) => waiters.wake(key, Number.POSITIVE_INFINITY),
    tellAll: waiters.wakeAll,
    endAll: waiters.endAll,
  };
}
