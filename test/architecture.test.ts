/** The sources keep the rules of the house, and each rule can be broken. */

import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { importRules } from './support/import-rules.js';
import { parse, readSources } from './support/sources.js';
import { textRules } from './support/text-rules.js';

const sources = readSources(fileURLToPath(new URL('../src', import.meta.url)));

test('there are sources to look at', () => {
  expect(sources.map(({ path }) => path)).toContain('core/broker.ts');
});

describe.each([...importRules, ...textRules])('$name', ({ check, because, example }) => {
  test(`holds, because ${because}`, () => {
    expect(check(sources)).toEqual([]);
  });

  test('is broken by a source that breaks it', () => {
    const made = Object.entries(example.sources).map(([path, text]) => parse(path, text));
    expect(check(made).sort()).toEqual([...example.says].sort());
  });
});
