/** Turns requests into commits: one transaction for all that arrived together, answered after its fsync. */

import { ApiError, type ErrorCode, errors } from '../../api/errors.js';
import type { Ballast } from './ballast.js';
import { type Database, resultCode, sqliteCode } from './binding.js';
import type { Entry, Methods } from './methods.js';
import { putsJobsIn } from './settlements.js';

/** What goes back for an entry: its result, or why there is none. */
export type Reply =
  | { readonly result: unknown }
  | { readonly code: ErrorCode; readonly message: string; readonly cause?: string };

/** With so many free pages in the file (2 MiB), a push needs no room of the disk's. */
const enoughFreePages = 512;

export function createCommits(db: Database, methods: Methods, ballast: Ballast) {
  const begin = db.prepare('BEGIN IMMEDIATE');
  const end = db.prepare('COMMIT');
  const back = db.prepare('ROLLBACK');
  const freePages = db.prepare('PRAGMA freelist_count');

  function transact(entries: readonly Entry[]): Reply[] {
    begin.run();
    try {
      const replies = entries.map(answer);
      methods.flush();
      end.run();
      return replies;
    } catch (error) {
      if (db.isTransaction) back.run();
      methods.reset();
      throw error;
    }
  }

  /** What is refused is refused before anything changed, and the others go on. */
  function answer(entry: Entry): Reply {
    try {
      return { result: methods.run(entry) };
    } catch (error) {
      if (error instanceof ApiError) return failureReply(error);
      throw error;
    }
  }

  function transactAlone(entry: Entry): Reply {
    try {
      return transact([entry])[0] as Reply;
    } catch (error) {
      return failureReply(error);
    }
  }

  function emptyLog() {
    try {
      db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // What failed here shows in the next commit.
    }
  }

  function mayPush(): boolean {
    if (ballast.held || ballast.hold()) return true;
    return (freePages.get() as { freelist_count: number }).freelist_count >= enoughFreePages;
  }

  /** An emptied log may be all the room that was missing. */
  function commitWithEmptyLog(entries: readonly Entry[]): Reply[] {
    emptyLog();
    try {
      return transact(entries);
    } catch {
      return entries.map(transactWithoutRoom);
    }
  }

  /** The disk is full: what frees room goes on in the room that was held back, everything by itself. */
  function transactWithoutRoom(entry: Entry): Reply {
    ballast.release();
    try {
      if (takesRoom(entry) && !mayPush()) return failureReply(new ApiError('storage_full'));
      return transactAlone(entry);
    } finally {
      emptyLog();
    }
  }

  return {
    commit(entries: readonly Entry[]): Reply[] {
      if (!ballast.held && !ballast.hold()) return entries.map(transactWithoutRoom);
      try {
        return transact(entries);
      } catch (error) {
        switch (sqliteCode(error)) {
          case resultCode.full:
            return commitWithEmptyLog(entries);
          case resultCode.ioError:
            return entries.map(() => failureReply(error));
          default:
            // Nobody is to suffer for what another one met.
            return entries.map(transactAlone);
        }
      }
    },
  };
}

const putMethods = ['note', 'startQueue', 'putJobs', 'putKeys', 'finishQueue', 'putWorkers'] as const;
const roomTakers: readonly Entry['method'][] = [
  'push',
  'pushPlain',
  'register',
  'setQueue',
  'probe',
  ...putMethods,
];
const takesRoom = (entry: Entry) =>
  roomTakers.includes(entry.method) || (entry.method === 'settle' && putsJobsIn(entry.args));

function failureReply(error: unknown): Reply {
  if (error instanceof ApiError) return { code: error.code, message: error.message };
  const code = sqliteCode(error) === resultCode.full ? 'storage_full' : 'storage_failed';
  return { code, message: errors[code].sentence, cause: String(error) };
}
