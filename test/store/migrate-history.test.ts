/** A store that is copied into another one now and then answers as if it had stayed where it was. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { movingSubjects, redisUrls, sqliteUrls } from '../support/moving.js';
import { redisForSuite, redisMissing } from '../support/redis.js';
import { type OpenSubject, openMemorySubject } from '../support/store.js';
import { type Command, history } from './commands.js';
import { play } from './history.js';

const timeout = 240_000;

/** Moved twice, with a look at everything at the end. */
const withMoves = history.map((commands): Command[] => {
  const half = Math.floor(commands.length / 2);
  const move: Command = { do: 'reopen' };
  return [...commands.slice(0, half), move, ...commands.slice(half), move, { do: 'tend', restart: false }];
});

function movedTest(name: string, open: OpenSubject, { numRuns }: { numRuns: number }) {
  test(name, { timeout }, async () => {
    const check = fc.asyncProperty(withMoves, async (commands) => {
      const [model, real] = [await openMemorySubject(), await open()];
      const told = await play(real, commands).finally(() => real.cleanup());
      expect(told).toEqual(await play(model, commands));
    });
    await fc.assert(check, { numRuns, interruptAfterTimeLimit: 200_000, markInterruptAsFailure: true });
  });
}

movedTest('from SQLite to SQLite', movingSubjects(sqliteUrls), { numRuns: 12 });

const name = redisMissing === undefined ? 'with redis-server' : `skipped: ${redisMissing}`;

describe.skipIf(redisMissing)(name, () => {
  const redis = redisForSuite();
  movedTest('from Redis to Redis', movingSubjects(redisUrls(redis)), { numRuns: 12 });
  movedTest('from SQLite to Redis and back', movingSubjects(sqliteUrls, redisUrls(redis)), { numRuns: 12 });
});
