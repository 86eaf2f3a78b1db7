/** The one place where time and chance come from: everything else is handed them. */

import { randomUUID } from 'node:crypto';

export interface Clock {
  /** Epoch milliseconds, whole. */
  now(): number;
  /** Calls back once after so many milliseconds, unless cancelled; does not keep the process alive. */
  after(ms: number, run: () => void): { cancel(): void };
}

export const systemClock: Clock = {
  now: Date.now,
  after(ms, run) {
    const timer = setTimeout(run, ms).unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Names for requests that bring none: unique over restarts, cheap to make. */
export function createRequestIds(): () => string {
  const prefix = randomUUID().slice(0, 8);
  let last = 0;
  return () => `${prefix}-${(++last).toString(36)}`;
}
