/** What a child says: its stdout as a job's result, the end of its stderr as the error, both within bounds. */

import type { Readable } from 'node:stream';
import { isDeeperThan } from '../../api/json.js';
import { limits } from '../../api/limits.js';

/** More of stdout than this is no result. */
const resultBytes = 64 * 1024;
/** So much of the end of stderr is the error. */
const errorBytes = 8 * 1024;

// What is no UTF-8 is replaced.
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** The JSON that a job's result is, or the reason why there is none; neither when nothing was said. */
export interface Result {
  readonly json?: string;
  readonly refused?: string;
}

/** Reads stdout to its end; of too much of it nothing is kept. */
export function readResult(stdout: Readable): () => Result {
  let chunks: Buffer[] = [];
  let size = 0;
  stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= resultBytes) chunks.push(chunk);
    else chunks = [];
  });
  stdout.on('error', () => {});
  return () => {
    if (size > resultBytes) return { refused: `stdout is larger than ${resultBytes} bytes` };
    return resultOf(decode(Buffer.concat(chunks)));
  };
}

function resultOf(text: string): Result {
  const trimmed = text.trim();
  if (trimmed === '') return {};
  if (!isJson(trimmed)) return { json: JSON.stringify(text.replace(/(\r?\n)+$/, '')) };
  if (!isDeeperThan(trimmed, limits.jobDepth)) return { json: trimmed };
  return { refused: `stdout is JSON nested more than ${limits.jobDepth} levels deep` };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Passes stderr on to `write`, and keeps its end. */
export function readError(stderr: Readable, write: (chunk: Buffer) => void): () => string {
  let end = Buffer.alloc(0);
  stderr.on('data', (chunk: Buffer) => {
    write(chunk);
    end = Buffer.concat([end, chunk]).subarray(-errorBytes);
  });
  stderr.on('error', () => {});
  return () => decode(end.subarray(firstCharacter(end))).trim();
}

/** Where the first whole character begins: it may have been cut in the middle. */
function firstCharacter(bytes: Buffer): number {
  let at = 0;
  while (at < 3 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at++;
  return at;
}
