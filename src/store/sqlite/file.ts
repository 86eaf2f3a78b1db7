/** Opens the database file: makes it when there is none, refuses it when it is in use, damaged, or not ours. */

import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { markNote, parseMark, unfinished } from '../mark.js';
import { OpenError } from '../open-error.js';
import { type Database, openDatabase, resultCode, sqliteCode } from './binding.js';
import { applicationId, migrations } from './schema.js';

/** Up to this size the whole file is checked before it is served; beyond, the start must not wait for it. */
const fullCheckBytes = 256 * 1024 * 1024;

/** The smallest page that SQLite has; it would make a new database of less. */
const smallestBytes = 512;

const cacheKibibytes = 32 * 1024;

/** To serve it; or at rest, to be read, or filled. */
export type Purpose = 'serve' | 'read' | 'fill';

export function openFile(path: string, purpose: Purpose): Database {
  let database: Database | undefined;
  try {
    if (purpose === 'read' && !existsSync(path)) throw new OpenError(`${path} is not there`);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    if (!existsSync(path)) createUnlessThere(path);
    const size = statSync(path).size;
    if (size < smallestBytes)
      throw new OpenError(`${path} is damaged: it is ${size === 0 ? 'empty' : 'cut short'}`);
    if (sizeOf(`${path}-wal`) > 0) checkUntouched(path);
    database = openDatabase(path);
    lock(database);
    const version = check(database, path);
    prepare(database);
    migrate(database, version);
    if (purpose === 'serve') checkFilled(database, path);
    removeUnfinished(path);
    return database;
  } catch (error) {
    database?.close();
    throw refusal(error, path);
  }
}

const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** Of several servers that start at once one makes the file; the others find it, whatever happened to theirs. */
function createUnlessThere(path: string) {
  if (sizeOf(`${path}-wal`) > 0)
    throw new OpenError(`${path} is missing, though its log ${path}-wal is there`);
  try {
    create(path);
  } catch (error) {
    if (!existsSync(path)) throw error;
  }
}

/**
 * The file appears under its name only when it is whole: one that is empty or has no tables was damaged, never a start
 * that was cut short.
 */
function create(path: string) {
  const directory = mkdtempSync(`${path}-new-`);
  try {
    const unfinished = join(directory, 'presque.db');
    closeSync(openSync(unfinished, 'w', 0o600));
    const database = openDatabase(unfinished);
    try {
      database.exec('PRAGMA synchronous = FULL');
      migrate(database, 0);
    } finally {
      database.close();
    }
    linkSync(unfinished, path);
    syncDirectory(dirname(path));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What starts that were killed left; whoever is still making one now is too late anyway. */
function removeUnfinished(path: string) {
  for (const name of readdirSync(dirname(path))) {
    if (name.startsWith(`${basename(path)}-new-`))
      rmSync(join(dirname(path), name), { recursive: true, force: true });
  }
}

function syncDirectory(path: string) {
  const directory = openSync(path, 'r');
  fsyncSync(directory);
  closeSync(directory);
}

/**
 * What a killed server left is checked without writing: a connection that may write would, at its close, move the log
 * into a damaged file and lose what could still be read.
 */
function checkUntouched(path: string) {
  const database = openDatabase(path, { readOnly: true });
  try {
    database.exec('PRAGMA busy_timeout = 0');
    check(database, path);
  } finally {
    database.close();
    // Made by this connection; a server that runs keeps its index in memory (`EXCLUSIVE`).
    rmSync(`${path}-shm`, { force: true });
  }
}

/** `EXCLUSIVE` before the first access: the lock is the system's, and ends with the process however that ends. */
function lock(database: Database) {
  database.exec('PRAGMA busy_timeout = 0');
  database.exec('PRAGMA locking_mode = EXCLUSIVE');
  database.exec('BEGIN IMMEDIATE; COMMIT');
}

function prepare(database: Database) {
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = FULL');
  database.exec(`PRAGMA cache_size = -${cacheKibibytes}`);
}

function migrate(database: Database, version: number) {
  for (const [index, migration] of migrations.entries()) {
    if (index >= version) database.exec(`BEGIN; ${migration} PRAGMA user_version = ${index + 1}; COMMIT;`);
  }
}

/** The version of a database that is ours and whole. */
function check(database: Database, path: string): number {
  const ask = createAsk(database);
  if (ask('application_id', 'pragma_application_id') !== applicationId) {
    throw new OpenError(`${path} is not a presque database`);
  }
  const version = Number(ask('user_version', 'pragma_user_version'));
  if (version > migrations.length)
    throw new OpenError(`${path} was written by a newer presque (schema ${version})`);
  const table = statSync(path).size <= fullCheckBytes ? '' : "('queue')";
  const found = ask('quick_check', `pragma_quick_check${table}`);
  if (found !== 'ok') throw new OpenError(`${path} is damaged: ${firstLine(String(found))}`);
  return version;
}

/** What is filled from another store is none yet. */
function checkFilled(database: Database, path: string) {
  const note = createAsk(database)('text', `note WHERE name = '${markNote}'`);
  const why = unfinished(parseMark(note as string | undefined));
  if (why !== undefined) throw new OpenError(`${path} ${why}`);
}

/**
 * Reads one value without a prepared statement: one that is not yet collected as garbage keeps its connection, and the
 * locks of that, open beyond the close.
 */
function createAsk(database: Database) {
  let answer: unknown;
  database.function('presque_answer', (value: unknown) => {
    answer = value;
    return null;
  });
  return (column: string, table: string) => {
    answer = undefined;
    database.exec(`SELECT presque_answer(${column}) FROM ${table} LIMIT 1`);
    return answer;
  };
}

function refusal(error: unknown, path: string): OpenError {
  if (error instanceof OpenError) return error;
  const says = firstLine(error instanceof Error ? error.message : String(error));
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

const firstLine = (text: string) => text.split('\n', 1)[0];
