/** Text from outside is harmless on a terminal, and is measured and cut in columns. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonText, rawJson } from '../../src/cli/terminal/json.js';
import { columnsOf, cut, safe, safeJson } from '../../src/cli/terminal/text.js';

const anything = fc.string({ unit: 'binary' });
const obeyed = /[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u;

test.each([
  ['an escape sequence', '\x1b[31mred', '\\x1b[31mred'],
  ['line ends and tabs', 'a\r\n\tb', 'a\\r\\n\\tb'],
  ['a control character of C1', '\u009b2J', '\\x9b2J'],
  ['a turn of direction', 'a\u202eb', 'a\\u202eb'],
  ['half of a pair', 'a\ud800b', 'a\\ud800b'],
  ['what is wide, joined or accented', '日本 👩‍👩‍👧 é', '日本 👩‍👩‍👧 é'],
])('%s is shown and not obeyed', (_, text, shown) => {
  expect(safe(text)).toBe(shown);
});

test('no text has anything left that a terminal obeys', () => {
  fc.assert(fc.property(anything, (text) => !obeyed.test(safe(text))));
});

test('JSON made harmless is the same JSON', () => {
  const roundTrip = (value: unknown) => {
    const text = safeJson(JSON.stringify(value));
    expect(JSON.parse(text)).toEqual(value);
    expect(text).not.toMatch(obeyed);
  };
  fc.assert(fc.property(anything, roundTrip));
  roundTrip('\u009b2J \u202e \u{e0001} \ud800');
});

test.each([
  ['plain', 5],
  ['日本', 4],
  ['👩‍👩‍👧', 2],
  ['e\u0301', 1],
  ['🇩🇪', 2],
])('%s takes %i columns', (text, columns) => {
  expect(columnsOf(text)).toBe(columns);
});

test.each([
  ['abcdef', 6, 'abcdef'],
  ['abcdef', 5, 'abcd…'],
  ['日本語', 5, '日本…'],
  ['日本語', 4, '日…'],
  ['👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧', 5, '👩‍👩‍👧👩‍👩‍👧…'],
  ['ab', 1, '…'],
])('%s in %i columns is %s', (text, columns, shown) => {
  expect(cut(text, columns)).toBe(shown);
});

test('no text is wider than it was cut', () => {
  fc.assert(
    fc.property(anything, fc.integer({ min: 1, max: 40 }), (text, columns) => {
      expect(columnsOf(cut(safe(text), columns))).toBeLessThanOrEqual(columns);
    }),
  );
});

describe('JSON on one line', () => {
  test('keeps the digits of a job and the order of its keys, in one line', () => {
    const job = '{"b": 12345678901234567890,\r\n "a": 1.0}\n';
    expect(jsonText({ id: 1, job: rawJson(job), none: undefined, list: [rawJson('1e2'), null] })).toBe(
      '{"id":1,"job":{"b": 12345678901234567890,  "a": 1.0},"list":[1e2,null]}',
    );
  });

  test('is what JSON.stringify says where nothing is marked', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => jsonText(value) === JSON.stringify(value)));
  });
});
