/** A store does with random histories what the memory store does. */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenSubject, openMemorySubject, openSqliteSubject, type Subject } from '../support/store.js';
import { groupedHistory, history } from './commands.js';
import { atOnce, inTurn, play, playGroups } from './history.js';

const stores: { name: string; open: OpenSubject }[] = [{ name: 'sqlite', open: openSqliteSubject }];

// Each run is some dozens of commits.
const timeout = 240_000;
// The counterexample and its seed and path are in the message of the failure.
const parameters = { numRuns: 150 };

describe.each(stores)('$name store', ({ open }) => {
  let real: Subject;
  beforeAll(async () => {
    real = await open();
  });
  afterAll(() => real.cleanup());

  test('answers random histories as the memory store does', { timeout }, async () => {
    const check = fc.asyncProperty(history, async (commands) => {
      const model = await openMemorySubject();
      expect(await play(real, commands)).toEqual(await play(model, commands));
    });
    await fc.assert(check, parameters);
  });

  test('answers histories whose calls are made at once as the memory store does one after the other', {
    timeout,
  }, async () => {
    const check = fc.asyncProperty(groupedHistory, async (groups) => {
      const model = await openMemorySubject();
      const expected = await playGroups(model, groups, inTurn);
      expect(await playGroups(real, groups, atOnce)).toEqual(expected);
    });
    await fc.assert(check, parameters);
  });
});
