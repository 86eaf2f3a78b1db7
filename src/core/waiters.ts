/**
 * Who waits for which queue. A waiter registers before its first try, so that no push falls between the try and the
 * waiting. One waiter is woken per job, the one that came first; waking is a hint to try, and gives no right to a job.
 */

import type { Clock } from '../clock.js';

interface Waiter {
  /** Those of its queues for which nobody waited before: it may try them at once, and the others when it is woken. */
  readonly free: readonly string[];
  /** Resolves when there may be a job, or for good at the deadline and when nobody is to wait any longer. */
  woken(): Promise<void>;
  readonly isOver: boolean;
  /** Ends the waiting at once. */
  end(): void;
  /**
   * To be called in the end: a hint that was not used goes to the next one, and so does one that may have been for another queue than
   * the one that gave a job.
   */
  leave(outcome?: { gotFrom: string } | 'failed'): void;
}

export interface Waiters {
  /** `deadline` in epoch milliseconds. */
  join(queues: readonly string[], deadline: number): Waiter;
  /** So many jobs may be had from the queue: as many waiters are woken, those included that already were. */
  wake(queue: string, jobs: number): void;
  /** One waiter of each queue is woken. */
  wakeFirst(): void;
  /** All are woken. */
  wakeAll(): void;
  /** The queue's next job is due then: its first waiter is woken at that time. */
  wakeAt(queue: string, time: number): void;
  /** Ends the waiting of all, now and from now on. */
  endAll(): void;
}

interface Entry {
  readonly queues: readonly string[];
  hinted: boolean;
  /** It used a hint. */
  woken: boolean;
  over: boolean;
  resolve: (() => void) | undefined;
}

interface Line {
  readonly entries: Set<Entry>;
  alarm?: { readonly time: number; cancel(): void } | undefined;
}

/** An alarm may come early, since it is a hint: whoever is woken finds out when the next one is due. */
const longestMs = 86_400_000;

export function createWaiters(clock: Pick<Clock, 'now' | 'after'>): Waiters {
  const lines = new Map<string, Line>();
  const everyone = new Set<Entry>();
  let ended = false;

  function hint(entry: Entry) {
    entry.hinted = true;
    entry.resolve?.();
    entry.resolve = undefined;
  }

  function finish(entry: Entry) {
    entry.over = true;
    hint(entry);
  }

  function wake(queue: string, jobs: number) {
    let left = jobs;
    for (const entry of lines.get(queue)?.entries ?? []) {
      if (left-- <= 0) return;
      if (!entry.hinted) hint(entry);
    }
  }

  function leave(entry: Entry, outcome?: { gotFrom: string } | 'failed') {
    const gotFrom = typeof outcome === 'object' ? outcome.gotFrom : undefined;
    everyone.delete(entry);
    for (const queue of entry.queues) {
      const line = lines.get(queue);
      line?.entries.delete(entry);
      if (line?.entries.size === 0) {
        line.alarm?.cancel();
        lines.delete(queue);
      }
      const isOther = entry.woken && outcome !== undefined && queue !== gotFrom;
      if (entry.hinted || isOther) wake(queue, 1);
    }
  }

  function join(queues: readonly string[], deadline: number): Waiter {
    const free = queues.filter((queue) => !lines.has(queue));
    const entry: Entry = { queues, hinted: false, woken: false, over: ended, resolve: undefined };
    everyone.add(entry);
    for (const queue of queues) {
      const line = lines.get(queue) ?? { entries: new Set() };
      line.entries.add(entry);
      lines.set(queue, line);
    }
    const timeout = clock.after(Math.max(0, deadline - clock.now()), () => finish(entry));
    return {
      free,
      get isOver() {
        return entry.over;
      },
      woken() {
        const use = () => {
          entry.hinted = false;
          entry.woken = true;
        };
        if (entry.hinted || entry.over) {
          use();
          return Promise.resolve();
        }
        return new Promise((resolve) => {
          entry.resolve = () => {
            use();
            resolve();
          };
        });
      },
      end: () => finish(entry),
      leave(outcome) {
        timeout.cancel();
        leave(entry, outcome);
      },
    };
  }

  return {
    join,
    wake,
    wakeFirst() {
      for (const queue of lines.keys()) wake(queue, 1);
    },
    wakeAll() {
      for (const entry of everyone) if (!entry.hinted) hint(entry);
    },
    wakeAt(queue, time) {
      const line = lines.get(queue);
      if (!line || (line.alarm && line.alarm.time <= time)) return;
      line.alarm?.cancel();
      const alarm = clock.after(Math.min(Math.max(0, time - clock.now()), longestMs), () => {
        line.alarm = undefined;
        wake(queue, 1);
      });
      line.alarm = { time, cancel: alarm.cancel };
    },
    endAll() {
      ended = true;
      for (const entry of everyone) finish(entry);
    },
  };
}
