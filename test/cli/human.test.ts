/** Numbers, durations and points in time as people say them. */

import parse from 'parse-duration';
import { expect, test } from 'vitest';
import { count, duration, when } from '../../src/cli/terminal/human.js';

test.each([
  [0, '0'],
  [999.6, '1,000'],
  [1_234_567, '1,234,567'],
])('%d is %s', (value, text) => {
  expect(count(value)).toBe(text);
});

test.each([
  [0, '0s'],
  [0.25, '250ms'],
  [0.9999, '1s'],
  [12.4, '12s'],
  [60, '1m'],
  [5_400, '1h30m'],
  [3_599.7, '1h'],
  [86_390, '1d'],
  [3 * 86_400, '3d'],
  [90_061, '1d1h'],
])('%d seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test('a duration is spelled as options take it', () => {
  for (const seconds of [0.25, 12, 60, 5_400, 90_000]) expect(parse(duration(seconds), 's')).toBe(seconds);
});

test.each([
  [1_000, 'now'],
  [997, '3s ago'],
  [1_300, 'in 5m'],
  [1_299.7, 'in 5m'],
  [1_000 - 3_599, '59m ago'],
  [1_000 + 7_300, 'in 2h'],
  [1_000 - 200_000, '2d ago'],
])('at second 1000, second %d is %s', (at, text) => {
  expect(when(at, 1_000)).toBe(text);
});
