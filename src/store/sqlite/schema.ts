/** The tables of a presque database. */

import { defaultPriority } from '../../core/job.js';

/** Written into the file's header, so that no other program's database is taken for one of ours ("prsq"). */
export const applicationId = 0x70727371;

/** A job's rank: 0 to 9 for ready ones (`rankOf`), larger numbers for those that no take may have. */
export const rank = { lastReady: 9, delayed: 10, damaged: 20 } as const;

/**
 * A job is one row of one b-tree, clustered in the order it is taken in: a push appends, a take cuts off the front.
 * A queue's key is never used again: a purge moves the key to `purged`, and the rows go later, step by step.
 */
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
  CREATE INDEX job_due ON job (queue, run_at, id) WHERE rank = ${rank.delayed};
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

  PRAGMA application_id = ${applicationId};
`;

const version2 = `ALTER TABLE job ADD COLUMN priority INTEGER NOT NULL DEFAULT ${defaultPriority};`;

/** What makes a database of each version out of the one before; the first one out of an empty file. */
export const migrations = [version1, version2];
