/** A store that is copied into another one now and then answers as if it had stayed where it was. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { movingSubjects, sqliteUrls } from '../support/moving.js';
import { openMemorySubject } from '../support/store.js';
import { type Command, history } from './commands.js';
import { play } from './history.js';

const timeout = 240_000;

/** Half way, and at the end with a look at everything. */
const withMoves = history.map((commands): Command[] => {
  const half = Math.floor(commands.length / 2);
  const move: Command = { do: 'reopen' };
  return [...commands.slice(0, half), move, ...commands.slice(half), move, { do: 'tend', restart: false }];
});

test('from SQLite to SQLite', { timeout }, async () => {
  const open = movingSubjects(sqliteUrls);
  const check = fc.asyncProperty(withMoves, async (commands) => {
    const [model, real] = [await openMemorySubject(), await open()];
    const told = await play(real, commands);
    await real.cleanup();
    expect(told).toEqual(await play(model, commands));
  });
  await fc.assert(check, { numRuns: 20 });
});
