/** Plays histories of commands on a store; what came of each is told in words that do not depend on the store. */

import { ApiError } from '../../dist/api/errors.js';
import { type Subject, T0 } from '../support/store.js';
import { type Command, queueNames, workerNames } from './commands.js';
import { createGame, type Tell } from './game.js';

/** One command after the other; what came of each. */
export const play = (subject: Subject, history: readonly Command[]) =>
  playGroups(
    subject,
    history.map((command) => [command]),
    inTurn,
  );

export type Calls = (calls: readonly (() => Promise<Tell>)[]) => Promise<Tell[]>;

/** How the commands of a group are called. */
export const atOnce: Calls = (calls) => Promise.all(calls.map((call) => call()));

export const inTurn: Calls = async (calls) => {
  const told: Tell[] = [];
  for (const call of calls) told.push(await call());
  return told;
};

/**
 * Group after group; what came of each command. Ids are numbered per queue in the order in which they were given out.
 * What a command refers to comes from earlier groups.
 */
export async function playGroups(
  subject: Subject,
  groups: readonly (readonly Command[])[],
  calls: Calls,
): Promise<unknown[]> {
  await forgetAll(subject);
  const game = createGame(subject);
  const results: unknown[] = [];
  for (const group of groups) {
    const told = await calls(group.map((command) => () => run(game, command)));
    // In the order of the commands, not of the answers, so that ids get the same numbers.
    for (const tell of told) results.push(tell());
  }
  return results;
}

async function run(game: ReturnType<typeof createGame>, command: Command): Promise<Tell> {
  try {
    return await game.run(command);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return () => ({ failed: error.code });
  }
}

/** Opening a new store for each history would take most of the time. */
async function forgetAll({ store }: Subject) {
  for (const queue of queueNames) {
    await store.purge(T0, { queue });
    for (const worker of workerNames) await store.unregister(T0, { worker, queue });
  }
  // What is not told yet belongs to the history before.
  await store.tend(T0, {});
}
