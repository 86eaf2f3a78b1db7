/** Database files as earlier versions wrote them: their tables are copied here, so that they stay what they were. */

import { crc32 } from 'node:zlib';
import { makeDirectoryOf, openRaw, type StoreFile } from '../support/sqlite.js';

const version1 = `
  CREATE TABLE queue (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    first_id INTEGER NOT NULL,
    stopped INTEGER NOT NULL DEFAULT 0,
    ready INTEGER NOT NULL DEFAULT 0,
    delayed INTEGER NOT NULL DEFAULT 0,
    processed INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0
  ) STRICT;

  CREATE TABLE job (
    queue INTEGER NOT NULL,
    rank INTEGER NOT NULL,
    id INTEGER NOT NULL,
    crc INTEGER NOT NULL,
    run_at INTEGER,
    uniq TEXT,
    body TEXT NOT NULL,
    PRIMARY KEY (queue, rank, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX job_due ON job (queue, run_at, id) WHERE rank = 10;
  CREATE UNIQUE INDEX job_uniq ON job (queue, uniq) WHERE uniq IS NOT NULL;

  CREATE TABLE purged (queue INTEGER PRIMARY KEY) STRICT;

  CREATE TABLE worker (
    name TEXT PRIMARY KEY,
    started_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    processed INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    doing TEXT NOT NULL DEFAULT '[]'
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX worker_unseen ON worker (last_seen_at, name);

  CREATE TABLE worker_queue (
    worker TEXT NOT NULL,
    queue TEXT NOT NULL,
    processed INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (worker, queue)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX worker_queue_by_queue ON worker_queue (queue, worker);

  CREATE TABLE number (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO number VALUES ('next_id', 1), ('probed_at', 0);
  PRAGMA application_id = 0x70727371;
`;
const version2 = 'ALTER TABLE job ADD COLUMN priority INTEGER NOT NULL DEFAULT 5;';

/** In these versions: 4 for a ready job that has no priority, 10 for a delayed one, 20 for one that was set aside. */
export interface OldJob {
  readonly queue?: number;
  readonly id: number;
  readonly rank: number;
  readonly body: string;
  readonly crc?: number;
  readonly runAt?: number;
  readonly uniq?: string;
  readonly priority?: number;
}

/** A closed file of that version with these jobs, and what else `sql` puts in. */
export function writeOldFile(file: StoreFile, version: 1 | 2, jobs: readonly OldJob[], sql: string) {
  makeDirectoryOf(file);
  const database = openRaw(file.path);
  database.exec('PRAGMA journal_mode = WAL');
  database.exec(
    `BEGIN; ${version1} ${version === 2 ? version2 : ''} PRAGMA user_version = ${version}; COMMIT;`,
  );
  for (const job of jobs) database.exec(insert(job));
  database.exec(sql);
  database.close();
}

/** Not by a prepared statement: one that is not yet collected as garbage keeps the file open beyond the close. */
function insert({ queue = 1, rank, id, body, crc = crc32(body), runAt, uniq, priority }: OldJob): string {
  const text = (value: string) => `'${value.replaceAll("'", "''")}'`;
  const values = [
    queue,
    rank,
    id,
    crc,
    runAt ?? 'NULL',
    uniq === undefined ? 'NULL' : text(uniq),
    text(body),
  ];
  const more = priority === undefined ? '' : `UPDATE job SET priority = ${priority} WHERE id = ${id};`;
  return `INSERT INTO job (queue, rank, id, crc, run_at, uniq, body) VALUES (${values.join()}); ${more}`;
}
