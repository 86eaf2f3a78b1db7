/** Rows under a header, in columns that fit the terminal; plain and uncut where there is none. */

import type { Format, Paint } from './colors.js';
import { columnsOf, cut, safe } from './text.js';

export interface Column<Row> {
  readonly title: string;
  /** May hold anything: what a terminal would obey is escaped. Nothing is shown as `-`. */
  readonly value: (row: Row) => string | number | undefined;
  readonly align?: 'left' | 'right';
  /** Gives way first when the columns do not fit; one of them at most. */
  readonly flexible?: true;
  readonly format?: (row: Row) => Format | undefined;
}

export interface TableOptions {
  /** Columns of the terminal; without it nothing is cut. */
  readonly width?: number | undefined;
  readonly paint?: Paint;
}

const gap = '  ';
/** The flexible column keeps this, or a third of the terminal: the others can be too long as well. */
const narrowestFlexible = 12;
const narrowest = 3;

/** The lines of the table, the header first. Only the last column is not filled up with spaces. */
export function table<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  options: TableOptions = {},
): string[] {
  const draw = createTable(columns, options);
  return [...draw(rows, { header: true })];
}

/**
 * A table that is drawn piece by piece, so that a long list does not have to be in memory. Columns never become
 * narrower from one piece to the next.
 */
export function createTable<Row>(
  columns: readonly Column<Row>[],
  { width, paint = (_, text) => text }: TableOptions,
): (rows: readonly Row[], options: { header: boolean }) => string[] {
  let natural = columns.map(({ title }) => columnsOf(title));
  return (rows, { header }) => {
    const cells = rows.map((row) => columns.map((column) => cellText(column, row, width)));
    natural = natural.map((least, at) =>
      cells.reduce((most, row) => Math.max(most, columnsOf(row[at] ?? '')), least),
    );
    const widths = fitted(
      natural,
      columns.findIndex(({ flexible }) => flexible),
      width,
    );
    const line = (texts: readonly string[], formats: readonly (Format | undefined)[]) =>
      lineOf(columns, widths, texts, formats, paint);
    const head = line(
      columns.map(({ title }) => title),
      columns.map(() => 'bold'),
    );
    const body = rows.map((row, at) =>
      line(
        cells[at] ?? [],
        columns.map(({ format }) => format?.(row)),
      ),
    );
    return header ? [head, ...body] : body;
  };
}

function cellText<Row>({ value }: Column<Row>, row: Row, width: number | undefined): string {
  const text = String(value(row) ?? '');
  if (text === '') return '-';
  if (width === undefined) return safe(text);
  // An escaped character is longer than itself: what is cut off here could not be shown.
  return cut(safe(text.slice(0, width * 32)), width);
}

/** Widths whose sum with the gaps is at most `width`: the flexible column gives way first, then the widest. */
function fitted(natural: readonly number[], flexible: number, width: number | undefined): number[] {
  const widths = [...natural];
  if (width === undefined) return widths;
  let over = widths.reduce((sum, own) => sum + own, gap.length * (widths.length - 1)) - width;
  const shrink = (at: number, least: number) => {
    const given = Math.max(0, Math.min(over, (widths[at] ?? 0) - least));
    widths[at] = (widths[at] ?? 0) - given;
    over -= given;
  };
  if (flexible >= 0) shrink(flexible, Math.max(narrowestFlexible, Math.floor(width / 3)));
  while (over > 0 && Math.max(...widths) > narrowest) {
    const widest = widths.indexOf(Math.max(...widths));
    shrink(widest, (widths[widest] ?? 0) - 1);
  }
  return widths;
}

function lineOf<Row>(
  columns: readonly Column<Row>[],
  widths: readonly number[],
  texts: readonly string[],
  formats: readonly (Format | undefined)[],
  paint: Paint,
): string {
  const cells = columns.map(({ align }, at) => {
    const width = widths[at] ?? 0;
    const text = cut(texts[at] ?? '', width);
    const space = ' '.repeat(Math.max(0, width - columnsOf(text)));
    const painted = paint(formats[at], text);
    if (align === 'right') return space + painted;
    return at === columns.length - 1 ? painted : painted + space;
  });
  return cells.join(gap);
}
