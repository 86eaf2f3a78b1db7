/** Texts that a command is given: as an argument, in a file, on stdin. Their bytes are never changed. */

import { createReadStream, fstatSync, statSync } from 'node:fs';
import { fail, usageError } from '../exit.js';

/** No server takes a larger job: `--max-job-bytes` ends there. */
export const mostBytes = 64 * 1024 * 1024;

type Chunks = AsyncIterable<Buffer>;

/** What a text is told to be in, `-` or `@FILE`; nothing when it is the text itself. */
export function chunksOf(source: string): Chunks | undefined {
  if (source === '-') return process.stdin;
  if (!source.startsWith('@')) return undefined;
  return fileChunks(source.slice(1));
}

/** The same, and how much of it was read, from 0 to 1, where it is a file. */
export function measured(
  source: string,
  chunks: Chunks,
): { chunks: Chunks; part: (() => number) | undefined } {
  const size = sizeOf(source);
  let read = 0;
  async function* counted(): Chunks {
    for await (const chunk of chunks) {
      read += chunk.length;
      yield chunk;
    }
  }
  return { chunks: counted(), part: size === undefined ? undefined : () => read / size };
}

/** Of what is no file, such as a pipe, nobody knows. */
function sizeOf(source: string): number | undefined {
  try {
    const stat = source === '-' ? fstatSync(0) : statSync(source.slice(1));
    return stat.isFile() && stat.size > 0 ? stat.size : undefined;
  } catch {
    return undefined;
  }
}

async function* fileChunks(path: string): Chunks {
  try {
    yield* createReadStream(path, { highWaterMark: 256 * 1024 });
  } catch (error) {
    fail(`${path} can't be read: ${(error as NodeJS.ErrnoException).code}`, usageError);
  }
}

/** The text that `TEXT`, `@FILE` or `-` means. */
export async function textOf(source: string): Promise<string> {
  const chunks = chunksOf(source);
  if (!chunks) return source;
  const read: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > mostBytes) fail(`what ${source} has is larger than ${mostBytes} bytes`);
    read.push(chunk);
  }
  const text = decoded(Buffer.concat(read));
  return text ?? fail(`what ${source} has is not UTF-8`);
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Nothing for what is not UTF-8. */
export function decoded(bytes: Buffer): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
