/** How long a job that failed waits until it is tried again. */

import type { Backoff } from './policy.js';

const secondMs = 1_000;
const longestMs = 86_400_000;

/** The n-th chance (from 0) out of one, each from 0 to 1, spread evenly: by steps of the golden ratio. */
export function chanceOf(chance: number, index: number): number {
  return (chance + index * 0.618_033_988_749_895) % 1;
}

/**
 * Milliseconds until the next try after the `failures`-th failure (from 1). `exponential` is n⁴ + 15 seconds and up to 10 · n
 * more, a day at most, so that jobs which failed together don't come back together; a list gives a delay for each failure, the last
 * one for all that follow. `chance` is a number from 0 to 1.
 */
export function backoffMs(backoff: Backoff, failures: number, chance: number): number {
  if (backoff !== 'exponential') return backoff[Math.min(failures, backoff.length) - 1] ?? 0;
  const seconds = failures ** 4 + 15 + Math.floor(chance * 10 * failures);
  return Math.min(seconds * secondMs, longestMs);
}
