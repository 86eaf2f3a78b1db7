/** Progress is one line on a terminal, redrawn ten times a second at most, and a plain line elsewhere. */

import { expect, test } from 'vitest';
import { createPaint } from '../../src/cli/terminal/colors.js';
import { createProgress, progressLine } from '../../src/cli/terminal/progress.js';
import { columnsOf } from '../../src/cli/terminal/text.js';

const plain = createPaint(false);
const half = { label: 'pushed', total: 1_000, done: 500, perSecond: 100 };

/** A progress whose clock is set by hand, and all it wrote. */
function started({ columns, total }: { columns?: number; total?: number }) {
  const clock = { ms: 0 };
  const written: string[] = [];
  const screen = {
    columns: () => columns,
    write: (text: string) => written.push(text),
    paint: plain,
    now: () => clock.ms,
  };
  return { clock, written, progress: createProgress({ label: 'pushed', total }, screen) };
}

test.each([80, 200])('at %i columns there is a bar, the count, the speed and the time left', (columns) => {
  const line = progressLine(half, columns, plain);
  expect(line).toMatch(/^█+░+ {2}50% {2}pushed: 500 of 1,000, 100 a second, 5s left$/);
  expect(Math.abs(line.lastIndexOf('█') + 1 - line.lastIndexOf('░') / 2)).toBeLessThanOrEqual(1);
  expect(columnsOf(line)).toBeLessThan(columns);
});

test('on a narrow terminal the words stay and the bar goes', () => {
  expect(progressLine(half, 50, plain)).toBe('50%  pushed: 500 of 1,000, 100 a second, 5s left');
  expect(columnsOf(progressLine(half, 20, plain))).toBe(19);
});

test('without a total there is the count and the speed', () => {
  expect(progressLine({ label: 'pushed', done: 1_200, perSecond: 340 }, 80, plain)).toBe(
    'pushed: 1,200, 340 a second',
  );
});

test('of a file whose lines nobody has counted, there is a bar by what was read of it', () => {
  const shown = { label: 'pushed', done: 250, perSecond: 50, part: () => 0.25 };
  expect(progressLine(shown, 80, plain)).toMatch(/^█{10}░{28} {2}25% {2}pushed: 250, 50 a second, 15s left$/);
  expect(progressLine({ ...shown, done: 0 }, 80, plain)).toMatch(/^█+░+ {2}25% {2}pushed: 0, 50 a second$/);
});

test('a total of nothing, or more than the total, is a whole bar', () => {
  for (const [done, total] of [
    [0, 0],
    [7, 5],
  ] as const) {
    expect(progressLine({ label: 'pushed', done, total, perSecond: 0 }, 80, plain)).toMatch(/^█{40} 100% /);
  }
});

test('a thousand updates in a second are ten drawings, then one line that stays', () => {
  const { clock, written, progress } = started({ columns: 80, total: 1_000 });
  for (; clock.ms < 1_000; clock.ms++) progress.update(clock.ms);
  expect(written).toHaveLength(10);
  for (const text of written)
    expect(text.startsWith('\r') && text.endsWith('\x1b[K') && !text.includes('\n')).toBe(true);
  progress.update(1_000);
  progress.end();
  progress.update(2_000);
  expect(written.slice(-2)).toEqual(['\r\x1b[K', 'pushed: 1,000 of 1,000, 1,000 a second\n']);
});

test('the speed is that of the latest seconds', () => {
  const { clock, written, progress } = started({ columns: 80 });
  for (; clock.ms < 20_000; clock.ms += 100) progress.update(Math.min(clock.ms, 10_000));
  progress.update(10_001);
  expect(written.at(-1)).toMatch(/, 0 a second/);
});

test('elsewhere there is a plain line every 10 s and at the end', () => {
  const { clock, written, progress } = started({});
  for (; clock.ms <= 25_000; clock.ms += 500) progress.update(clock.ms);
  progress.end();
  expect(written).toEqual([
    'pushed: 10,000, 1,000 a second\n',
    'pushed: 20,000, 1,000 a second\n',
    expect.stringMatching(/^pushed: 25,000, \d+ a second\n$/),
  ]);
});

test('what was done before counts for no speed', () => {
  const written: string[] = [];
  const clock = { ms: 0 };
  const screen = { columns: () => undefined, write: (text: string) => written.push(text), paint: plain };
  const progress = createProgress({ label: 'copied', from: 900 }, { ...screen, now: () => clock.ms });
  clock.ms = 1_000;
  progress.update(1_000);
  progress.end();
  expect(written).toEqual(['copied: 1,000, 100 a second\n']);
});
