/** The tables of a presque database. */

import { defaultPriority } from '../../core/job.js';

/** Written into the file's header, so that no other program's database is taken for one of ours ("prsq"). */
export const applicationId = 0x70727371;

/** A job's rank: 0 to 9 for ready ones (`rankOf`), larger numbers for those that no take may have. */
export const rank = { lastReady: 9, delayed: 10, leased: 11, done: 12, dead: 13 } as const;

/** In versions 1 and 2, of jobs that were set aside. */
const oldDamagedRank = 20;

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

/**
 * The text comes last: what is read without it does not go through the pages that a long one takes. `due_at` is when a delayed job is
 * ready, a lease is over, a record goes; `next_at` of a queue is no later than the first of these and of `expires_at`.
 */
const version3 = `
  CREATE TABLE job3 (
    queue INTEGER NOT NULL,
    rank INTEGER NOT NULL,
    id INTEGER NOT NULL,
    crc INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    due_at INTEGER,
    expires_at INTEGER,
    priority INTEGER NOT NULL DEFAULT ${defaultPriority},
    uniq TEXT,
    worker TEXT,
    details TEXT,
    result TEXT,
    body TEXT NOT NULL,
    PRIMARY KEY (queue, rank, id)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO job3 (queue, rank, id, crc, created_at, due_at, priority, uniq, details, body)
    SELECT queue, iif(rank = ${oldDamagedRank}, ${rank.dead}, rank), id, crc, 1000 * unixepoch(),
      iif(rank = ${oldDamagedRank}, 1000 * (unixepoch() + 7 * 86400), run_at), priority, uniq,
      iif(rank = ${oldDamagedRank}, '{"reason":"damaged"}', NULL), body
    FROM job ORDER BY queue, iif(rank = ${oldDamagedRank}, ${rank.dead}, rank), id;
  DROP TABLE job;
  ALTER TABLE job3 RENAME TO job;
  CREATE INDEX job_due ON job (queue, rank, due_at, id) WHERE due_at IS NOT NULL;
  CREATE INDEX job_expiry ON job (queue, expires_at, id) WHERE expires_at IS NOT NULL AND rank <= ${rank.delayed};
  CREATE UNIQUE INDEX job_uniq ON job (queue, uniq) WHERE uniq IS NOT NULL;
  CREATE INDEX job_worker ON job (worker, queue, id) WHERE worker IS NOT NULL;

  ALTER TABLE queue ADD COLUMN leased INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE queue ADD COLUMN done INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE queue ADD COLUMN dead INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE queue ADD COLUMN policy TEXT NOT NULL DEFAULT '{}';
  ALTER TABLE queue ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE queue ADD COLUMN next_at INTEGER;
  CREATE INDEX queue_next ON queue (next_at) WHERE next_at IS NOT NULL;
  UPDATE queue SET
    dead = (SELECT count(*) FROM job WHERE job.queue = key AND rank = ${rank.dead}),
    next_at = (SELECT min(due_at) FROM job WHERE job.queue = key AND due_at IS NOT NULL);

  CREATE TABLE once (
    queue INTEGER NOT NULL,
    key TEXT NOT NULL,
    print TEXT NOT NULL,
    until INTEGER NOT NULL,
    first_id INTEGER NOT NULL,
    jobs INTEGER NOT NULL,
    PRIMARY KEY (queue, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX once_until ON once (until);
`;

/** What is written down about the file as a whole. */
const version4 = 'CREATE TABLE note (name TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;';

/** What makes a database of each version out of the one before; the first one out of an empty file. */
export const migrations = [version1, version2, version3, version4];
