/** Whether a stream is a terminal that shows colours, and how a text gets them. */

import { styleText } from 'node:util';

type Environment = { readonly [name: string]: string | undefined };

/** As much of a stream as says what kind it is. */
interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export type Format = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'cyan' | 'magenta' | 'inverse';
export type Paint = (format: Format | undefined, text: string) => string;

/** A terminal that a cursor can be moved on. */
export function isScreen(stream: Screen, env: Environment = process.env): boolean {
  return stream.isTTY === true && env.TERM !== 'dumb';
}

/** `color` is false for `--no-color`. An empty `NO_COLOR` says nothing (no-color.org). */
export function hasColors(stream: Screen, color = true, env: Environment = process.env): boolean {
  return color && isScreen(stream, env) && !env.NO_COLOR;
}

/** The columns of a terminal; of anything else there is no limit. */
export function widthOf(stream: Screen): number | undefined {
  if (!stream.isTTY) return undefined;
  // A terminal that does not know its size says 0.
  return stream.columns || 80;
}

export function createPaint(colors: boolean): Paint {
  // Whether there are colours was decided: newer versions of Node would look at stdout once more.
  return (format, text) =>
    colors && format !== undefined ? styleText(format, text, { validateStream: false }) : text;
}
