/** How long a failed job waits until it is tried again. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backoffMs } from '../../dist/core/retry.js';

const dayMs = 86_400_000;

describe('exponential backoff', () => {
  test.each([
    { failures: 1, least: 16, most: 26 },
    { failures: 2, least: 31, most: 51 },
    { failures: 3, least: 96, most: 126 },
    { failures: 5, least: 640, most: 690 },
    { failures: 10, least: 10_015, most: 10_115 },
  ])('after failure $failures is n⁴ + 15 seconds and up to 10 · n more', ({ failures, least, most }) => {
    expect(backoffMs('exponential', failures, 0)).toBe(least * 1_000);
    const longest = backoffMs('exponential', failures, 0.999_999);
    expect(longest).toBeGreaterThan(least * 1_000);
    expect(longest).toBeLessThanOrEqual(most * 1_000);
  });

  test('is whole milliseconds, never falls with the failures or the chance, and is a day at most', () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), chance, chance, (failures, one, other) => {
        const [low, high] = [Math.min(one, other), Math.max(one, other)];
        const ms = backoffMs('exponential', failures, low);
        expect(Number.isSafeInteger(ms)).toBe(true);
        expect(ms).toBeLessThanOrEqual(dayMs);
        expect(backoffMs('exponential', failures, high)).toBeGreaterThanOrEqual(ms);
        expect(backoffMs('exponential', failures + 1, 0)).toBeGreaterThanOrEqual(
          backoffMs('exponential', failures, 0),
        );
      }),
    );
  });
});

test.each([
  { backoff: [30_000], delays: [30_000, 30_000, 30_000] },
  { backoff: [1_000, 60_000, 600_000], delays: [1_000, 60_000, 600_000, 600_000, 600_000] },
  { backoff: [0], delays: [0, 0] },
])('a list $backoff gives one delay for each failure, and the last one for all that follow', (given) => {
  const delays = given.delays.map((_, index) => backoffMs(given.backoff, index + 1, 0.5));
  expect(delays).toEqual(given.delays);
});
