/** The one place that writes for commands: data on stdout, talk on stderr. */

import { ask } from './ask.js';
import { createPaint, hasColors, isScreen, type Paint, widthOf } from './colors.js';
import { jsonText } from './json.js';
import { createProgress, type Progress, type ProgressOptions } from './progress.js';
import { type Column, createTable } from './table.js';
import { safe, safeJson } from './text.js';

/** As commander gives the options that every command has; `--no-color` makes `color` false. */
export interface OutputFlags {
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
  readonly color?: boolean | undefined;
}

export interface Output {
  readonly isJson: boolean;
  /** stdout is a terminal that a cursor can be moved on. */
  readonly isScreen: boolean;
  /** Colours for what goes to stdout. */
  readonly paint: Paint;
  /** A line of data. What came from outside must have gone through `safe`. */
  line(text: string): void;
  /** JSON as it is, and a line's end; on a terminal what that would obey is escaped, as JSON spells it. */
  raw(json: string): void;
  /** JSON as it is: a line's end is added on a terminal only. */
  exact(json: string): void;
  /** One JSON value on one line. Texts of JSON in it are marked by `rawJson`. */
  value(value: unknown): void;
  /** A table; with `--json` the rows, one JSON value a line. Answers how many there were. */
  list<Row>(
    columns: readonly Column<Row>[],
    rows: Iterable<Row> | AsyncIterable<Row>,
    toJson?: (row: Row) => unknown,
  ): Promise<number>;
  /** Talk, whose lines may hold anything: nothing with `--quiet`. */
  say(text: string): void;
  /** What must be known even with `--quiet`. */
  warn(text: string): void;
  /**
   * Resolves when a person at the terminal says yes, or `--yes` did. Any other answer ends the process with 1;
   * where there is nobody to be asked, it ends with 2.
   */
  ask(question: string, options: { readonly yes?: boolean | undefined }): Promise<void>;
  /** One at a time. */
  progress(options: ProgressOptions): Progress;
}

/** Widths are taken from as many rows, so that a list without end is shown as it comes. */
const rowsPerPiece = 1_000;

export function createOutput({ json = false, quiet = false, color = true }: OutputFlags): Output {
  const { stdout, stderr } = process;
  const paint = createPaint(hasColors(stdout, color));
  let under: Progress | undefined;

  const write = (stream: NodeJS.WriteStream, text: string) => {
    under?.clear();
    stream.write(text);
  };
  const line = (text: string) => write(stdout, `${text}\n`);
  const talk = (text: string) => write(stderr, `${text.split('\n').map(safe).join('\n')}\n`);
  const raw = (text: string) => line(stdout.isTTY ? safeJson(text) : text);

  return {
    isJson: json,
    isScreen: isScreen(stdout),
    paint,
    line,
    raw,
    exact(text) {
      if (stdout.isTTY) raw(text);
      else write(stdout, text);
    },
    value: (value) => raw(jsonText(value)),
    async list(columns, rows, toJson = (row) => row) {
      const draw = createTable(columns, { width: widthOf(stdout), paint });
      let many = 0;
      for await (const piece of pieces(rows, json ? 1 : rowsPerPiece)) {
        if (json) for (const row of piece) raw(jsonText(toJson(row)));
        else for (const text of draw(piece, { header: many === 0 })) line(text);
        many += piece.length;
      }
      return many;
    },
    say(text) {
      if (!quiet) talk(text);
    },
    warn: (text) => talk(`presque: ${text}`),
    ask(question, options) {
      under?.clear();
      return ask(question, options);
    },
    progress(options) {
      const progress = createProgress(options, {
        columns: () => (isScreen(stderr) ? widthOf(stderr) : undefined),
        write: (text) => {
          if (!quiet) stderr.write(text);
        },
        paint: createPaint(hasColors(stderr, color)),
      });
      under = progress;
      return progress;
    },
  };
}

async function* pieces<Row>(rows: Iterable<Row> | AsyncIterable<Row>, most: number): AsyncIterable<Row[]> {
  let piece: Row[] = [];
  for await (const row of rows) {
    piece.push(row);
    if (piece.length < most) continue;
    yield piece;
    piece = [];
  }
  if (piece.length > 0) yield piece;
}
