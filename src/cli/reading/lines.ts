/** Lines of JSON as they come, each with its number; what they take of memory is bounded. */

import { decoded, mostBytes } from './input.js';

export interface Line {
  /** From 1. */
  readonly number: number;
  /** JSON, without the line's end. */
  readonly text: string;
}

/** A line that can't be used. */
export class LineError extends Error {
  override readonly name = 'LineError';

  constructor(number: number, reason: string) {
    super(`line ${number}: ${reason}`);
  }
}

const lineEnd = 0x0a;

/** Empty lines are skipped. Throws a `LineError`. */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  let number = 0;
  let begun: Buffer[] = [];
  let bytes = 0;
  const take = (): Line | undefined => {
    number++;
    const line = jsonLine(number, begun.length === 1 ? (begun[0] as Buffer) : Buffer.concat(begun));
    begun = [];
    bytes = 0;
    return line;
  };
  const add = (piece: Buffer) => {
    bytes += piece.length;
    if (bytes > mostBytes) throw new LineError(number + 1, `job is larger than ${mostBytes} bytes`);
    begun.push(piece);
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(lineEnd); end >= 0; end = chunk.indexOf(lineEnd, start)) {
      add(chunk.subarray(start, end));
      start = end + 1;
      const line = take();
      if (line) yield line;
    }
    if (start < chunk.length) add(chunk.subarray(start));
  }
  const last = take();
  if (last) yield last;
}

/** Checked here, since what is no JSON could be part of something else in a batch. */
function jsonLine(number: number, bytes: Buffer): Line | undefined {
  const text = decoded(bytes);
  if (text === undefined) throw new LineError(number, 'job is not UTF-8');
  if (text.trim() === '') return undefined;
  try {
    JSON.parse(text);
  } catch {
    throw new LineError(number, 'job is not valid JSON');
  }
  return { number, text };
}
