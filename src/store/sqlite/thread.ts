/** The one thread that touches the database: takes batches of entries, answers each batch after its commit. */

import { parentPort, workerData } from 'node:worker_threads';
import { OpenError } from '../open-error.js';
import { createBallast } from './ballast.js';
import { createCommits, type Reply } from './commits.js';
import { openFile, type Purpose } from './file.js';
import { createMethods, type Entry } from './methods.js';

/** What it is started with. */
export interface ThreadData {
  readonly path: string;
  readonly purpose: Purpose;
}

/** What the thread is told and what it says. Batches are answered in the order they came in. */
export type ToThread = readonly Entry[] | 'close';
export type FromThread = 'open' | { readonly refused: string } | readonly Reply[];

function open({ path, purpose }: ThreadData) {
  const db = openFile(path, purpose);
  const ballast = createBallast(`${path}-reserve`);
  const commits = createCommits(db, createMethods(db), ballast);
  ballast.hold();
  return { db, ballast, commits };
}

function serve(port: NonNullable<typeof parentPort>, data: ThreadData) {
  const say = (message: FromThread) => port.postMessage(message);
  let opened: ReturnType<typeof open>;
  try {
    opened = open(data);
  } catch (error) {
    if (!(error instanceof OpenError)) throw error;
    say({ refused: error.message });
    return port.close();
  }
  const { db, ballast, commits } = opened;
  port.on('message', (message: ToThread) => {
    if (message !== 'close') return say(commits.commit(message));
    // The end of the thread closes the connection, which moves what is left of the log into the file and removes it.
    db.close();
    ballast.release();
    port.close();
  });
  say('open');
}

if (parentPort) serve(parentPort, workerData as ThreadData);
