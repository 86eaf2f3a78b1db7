/** Opens the database file: makes it when there is none, refuses it when it is in use, damaged, or not ours. */

import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Database, openDatabase, resultCode, sqliteCode } from './binding.js';
import { applicationId, schema, schemaVersion } from './schema.js';

/** Up to this size the whole file is checked before it is served; beyond, the start must not wait for it. */
const fullCheckBytes = 256 * 1024 * 1024;

const cacheKibibytes = 32 * 1024;

/** The message is for a person, and names the file. */
export class OpenError extends Error {
  override readonly name = 'OpenError';
}

export function openFile(path: string): Database {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (!existsSync(path)) create(path);
  let database: Database | undefined;
  try {
    if (statSync(path).size === 0) throw new OpenError(`${path} is damaged: it is empty`);
    database = openDatabase(path);
    lock(database);
    check(database, path);
    return database;
  } catch (error) {
    database?.close();
    throw refusal(error, path);
  }
}

/**
 * The file appears under its name only when it is whole: one that is empty or has no tables was damaged, never a start
 * that was cut short.
 */
function create(path: string) {
  const unfinished = `${path}-new`;
  for (const suffix of ['', '-wal', '-journal']) rmSync(`${unfinished}${suffix}`, { force: true });
  closeSync(openSync(unfinished, 'w', 0o600));
  const database = openDatabase(unfinished);
  database.exec('PRAGMA synchronous = FULL');
  database.exec('PRAGMA journal_mode = DELETE');
  database.exec(`BEGIN; ${schema} COMMIT;`);
  database.close();
  renameSync(unfinished, path);
  const directory = openSync(dirname(path), 'r');
  fsyncSync(directory);
  closeSync(directory);
}

/** `EXCLUSIVE` before the first access: the lock is the system's, and ends with the process however that ends. */
function lock(database: Database) {
  database.exec('PRAGMA busy_timeout = 0');
  database.exec('PRAGMA locking_mode = EXCLUSIVE');
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = FULL');
  database.exec(`PRAGMA cache_size = -${cacheKibibytes}`);
  database.exec('BEGIN IMMEDIATE; COMMIT');
}

function check(database: Database, path: string) {
  const pragma = (name: string) => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
  if (pragma('application_id') !== applicationId) throw new OpenError(`${path} is not a presque database`);
  const version = Number(pragma('user_version'));
  if (version > schemaVersion)
    throw new OpenError(`${path} was written by a newer presque (schema ${version})`);
  const scope = statSync(path).size <= fullCheckBytes ? 'quick_check(1)' : "quick_check('queue')";
  const found = pragma(scope);
  if (found !== 'ok') throw new OpenError(`${path} is damaged: ${found}`);
}

function refusal(error: unknown, path: string): OpenError {
  if (error instanceof OpenError) return error;
  const says = error instanceof Error ? error.message : String(error);
  switch (sqliteCode(error)) {
    case resultCode.busy:
      return new OpenError(`${path} is in use by another server`);
    case resultCode.corrupt:
    case resultCode.notADatabase:
      return new OpenError(`${path} is damaged: ${says}`);
    default:
      return new OpenError(`${path} can't be opened: ${says}`);
  }
}
