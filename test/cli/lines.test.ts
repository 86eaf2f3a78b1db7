/** Lines of JSON are read as they come, with their numbers, however they are cut into pieces. */

import { expect, test } from 'vitest';
import { type Line, linesOf } from '../../src/cli/reading/lines.js';

async function read(...chunks: (string | Uint8Array)[]) {
  const lines: Line[] = [];
  let error: string | undefined;
  async function* source() {
    for (const chunk of chunks) yield Buffer.from(chunk as string);
  }
  try {
    for await (const line of linesOf(source())) lines.push(line);
  } catch (reason) {
    error = (reason as Error).message;
  }
  return { lines: lines.map(({ number, text }) => `${number}: ${text}`), error };
}

test('lines have numbers from 1, empty ones are skipped but counted', async () => {
  const { lines, error } = await read('{"a":1}\n\n  \n2\n', '"last"');
  expect({ lines, error }).toEqual({ lines: ['1: {"a":1}', '4: 2', '5: "last"'], error: undefined });
});

test('a line may be cut anywhere, also inside a character', async () => {
  const bytes = Buffer.from('{"ü":"日本"}\n[1.0,  12345678901234567890]\n');
  const { lines } = await read(...Array.from(bytes, (byte) => Uint8Array.of(byte)));
  expect(lines).toEqual(['1: {"ü":"日本"}', '2: [1.0,  12345678901234567890]']);
});

test.each([
  ['what is no JSON', '1\n{"a":\n2\n', 'line 2: job is not valid JSON'],
  ['two values on a line', '1\n2 3\n', 'line 2: job is not valid JSON'],
  ['what would end a batch', '1\n2],"jobs":[3\n', 'line 2: job is not valid JSON'],
  ['what is not UTF-8', Buffer.from([0x31, 0x0a, 0x22, 0xff, 0x22, 0x0a]), 'line 2: job is not UTF-8'],
  ['a mark at the beginning', '1\n\ufeff2\n', 'line 2: job is not valid JSON'],
])('%s is told with its number, after the lines before it', async (_, text, says) => {
  const { lines, error } = await read(text);
  expect({ lines, error }).toEqual({ lines: ['1: 1'], error: says });
});

test('a line without end is not kept for ever', async () => {
  const piece = Buffer.alloc(16 * 1024 * 1024, '1');
  const { lines, error } = await read('1\n', piece, piece, piece, piece, piece);
  expect({ lines, error }).toEqual({ lines: ['1: 1'], error: 'line 2: job is larger than 67108864 bytes' });
});
