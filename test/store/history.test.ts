/** A store does with random histories what the memory store does. */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { redisForSuite, redisMissing } from '../support/redis.js';
import { clusterForSuite } from '../support/redis-cluster.js';
import {
  type OpenSubject,
  openMemorySubject,
  openSqliteSubject,
  redisSubjects,
  type Subject,
} from '../support/store.js';
import { groupedHistory, history } from './commands.js';
import { atOnce, inTurn, play, playGroups } from './history.js';

interface Store {
  readonly name: string;
  readonly open: OpenSubject;
  readonly numRuns: number;
  readonly missing?: string | undefined;
}

const stores: readonly Store[] = [
  { name: 'sqlite', open: openSqliteSubject, numRuns: 150 },
  { name: 'redis', open: redisSubjects(redisForSuite()), numRuns: 150, missing: redisMissing },
  // The scripts are the same ones: what differs is what they do between queues.
  { name: 'redis-cluster', open: redisSubjects(clusterForSuite()), numRuns: 50, missing: redisMissing },
];

// Each run is some dozens of commits.
const timeout = 240_000;

const describeHistories = ({ name, open, numRuns, missing }: Store) =>
  describe.skipIf(missing)(missing ? `${name} store (skipped: ${missing})` : `${name} store`, () => {
    // The counterexample and its seed and path are in the message of the failure.
    const parameters = { numRuns };
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

stores.forEach(describeHistories);
