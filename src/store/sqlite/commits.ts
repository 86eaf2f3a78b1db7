/** Turns requests into commits: one transaction for all that arrived together, answered after its fsync. */

import { StoreError, type StoreFailure } from '../store.js';
import type { Ballast } from './ballast.js';
import { type Database, resultCode, sqliteCode } from './binding.js';
import type { Methods, Request } from './methods.js';

/** What goes back for a request: its result, or why there is none. */
export type Reply =
  | { readonly result: unknown }
  | { readonly failure: StoreFailure; readonly message: string };

/** With so many free pages in the file (2 MiB), a push needs no room of the disk's. */
const enoughFreePages = 512;

export function createCommits(db: Database, methods: Methods, ballast: Ballast) {
  const begin = db.prepare('BEGIN IMMEDIATE');
  const end = db.prepare('COMMIT');
  const back = db.prepare('ROLLBACK');
  const freePages = db.prepare('PRAGMA freelist_count');

  function transact(requests: readonly Request[]): Reply[] {
    begin.run();
    try {
      const replies = methods.run(requests);
      methods.flush();
      end.run();
      return replies;
    } catch (error) {
      if (db.isTransaction) back.run();
      methods.reset();
      throw error;
    }
  }

  function mayPush(): boolean {
    if (ballast.held || ballast.hold()) return true;
    return (freePages.get() as { freelist_count: number }).freelist_count >= enoughFreePages;
  }

  /** The disk is full: what frees room goes on in the room that was held back, everything by itself. */
  function transactWithoutRoom(request: Request): Reply {
    ballast.release();
    try {
      if (takesRoom(request) && !mayPush()) throw new StoreError('full', 'storage is full');
      return transact([request])[0] as Reply;
    } catch (error) {
      return failureReply(error);
    } finally {
      // An emptied log is room for the next one.
      attempt(() => db.exec('PRAGMA wal_checkpoint(TRUNCATE)'));
    }
  }

  return {
    commit(requests: readonly Request[]): Reply[] {
      if (!ballast.held && !ballast.hold()) return requests.map(transactWithoutRoom);
      try {
        return transact(requests);
      } catch (error) {
        if (sqliteCode(error) === resultCode.full) return requests.map(transactWithoutRoom);
        return requests.map(() => failureReply(error));
      }
    },
  };
}

const takesRoom = ({ method }: Request) =>
  method === 'push' || method === 'register' || method === 'setQueue';

function attempt(work: () => void) {
  try {
    work();
  } catch {
    // What failed here shows in the next commit.
  }
}

function failureReply(error: unknown): Reply {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof StoreError) return { failure: error.failure, message };
  return { failure: sqliteCode(error) === resultCode.full ? 'full' : 'failed', message };
}
