/** Tables fit a terminal of 80 and of 200 columns, and are plain and whole without one. */

import { expect, test } from 'vitest';
import { createPaint } from '../../src/cli/terminal/colors.js';
import { type Column, createTable, table } from '../../src/cli/terminal/table.js';
import { columnsOf } from '../../src/cli/terminal/text.js';

interface Row {
  readonly name: string;
  readonly ready: number;
  readonly job?: string;
}

const columns: readonly Column<Row>[] = [
  { title: 'QUEUE', value: ({ name }) => name, format: () => 'cyan' },
  { title: 'READY', value: ({ ready }) => ready, align: 'right' },
  { title: 'JOB', value: ({ job }) => job, flexible: true },
];
const rows: readonly Row[] = [
  { name: 'mail', ready: 7, job: `{"to":"${'x'.repeat(300)}"}` },
  { name: '日本語', ready: 1234, job: '"\x1b[2J👩‍👩‍👧"' },
  { name: 'empty', ready: 0 },
];

test('numbers stand right, nothing is a dash, wide characters keep the columns', () => {
  expect(table(columns, rows.slice(1))).toEqual([
    'QUEUE   READY  JOB',
    '日本語   1234  "\\x1b[2J👩‍👩‍👧"',
    'empty       0  -',
  ]);
});

test('without a terminal nothing is cut and no line has spaces at its end', () => {
  const lines = table(columns, rows);
  expect(lines[1]).toContain('x'.repeat(300));
  for (const line of lines) expect(line).toBe(line.trimEnd());
});

test.each([20, 80, 200])('in %i columns every line fits, and only what is too long is cut', (width) => {
  const lines = table(columns, rows, { width });
  for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(width);
  expect(lines[1]).toMatch(/^mail .*…$/);
  expect(columnsOf(lines[1] ?? '')).toBe(width);
  expect(lines[3]).toMatch(/^empty +0 {2}-$/);
});

test('without a flexible column the widest gives way', () => {
  const fixed = columns.map(({ flexible: _, ...column }) => column);
  expect(table(fixed, rows, { width: 40 }).map(columnsOf)).toEqual([18, 40, 26, 16]);
});

test('colours take no columns', () => {
  const [head, first] = table(columns, rows, { width: 80, paint: createPaint(true) });
  expect(head).toContain('\x1b[1mQUEUE\x1b[22m');
  expect(first).toContain('\x1b[36mmail\x1b[39m  ');
  expect(columnsOf(first ?? '')).toBe(80);
});

test('drawn in pieces, the columns stay or become wider', () => {
  const draw = createTable(columns, {});
  expect(draw([{ name: 'a-long-name', ready: 1 }], { header: true })).toEqual([
    'QUEUE        READY  JOB',
    'a-long-name      1  -',
  ]);
  expect(draw([{ name: 'b', ready: 2 }], { header: false })).toEqual(['b                2  -']);
});

test('a job of a megabyte costs what is shown of it', () => {
  const large = { name: 'a', ready: 1, job: '\x1b'.repeat(1 << 20) };
  expect(table(columns, [large], { width: 80 })[1]).toMatch(/^a .*…$/);
});
