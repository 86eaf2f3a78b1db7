/** Jobs that are put in. */

import { crc32 } from 'node:zlib';
import { ApiError } from '../../api/errors.js';
import { type Job, type NewJob, rankOf } from '../../core/job.js';
import { born } from '../../core/life.js';
import type { Push, Pushed } from '../calls.js';
import type { Database } from './binding.js';
import { createBulkInsert } from './bulk.js';
import type { Ids } from './ids.js';
import type { OnceKeys } from './once.js';
import type { Queue, Queues } from './queues.js';
import { note, type Rows } from './rows.js';

export function createPushes(db: Database, ids: Ids, queues: Queues, rows: Rows, once: OnceKeys) {
  const insertMany = createBulkInsert(
    db,
    ['queue', 'rank', 'created_at', 'expires_at'],
    ['id', 'crc', 'body'],
  );

  /** Jobs that are nothing but their texts. */
  function insertPlain(queue: Queue, now: number, bodies: readonly string[], firstId: number) {
    const { ttlMs } = queue.policy;
    const expiresAt = ttlMs === undefined ? null : now + ttlMs;
    insertMany([queue.key, rankOf({}), now, expiresAt], bodies.length, (values, index) => {
      const body = bodies[index] as string;
      values.push(firstId + index, crc32(body), body);
    });
    note(queue, expiresAt ?? undefined);
    queue.ready += bodies.length;
    queue.changed = true;
  }

  const toBorn = ({ policy }: Queue, now: number, job: NewJob, id: number): Job => ({
    ...born(job, id, { now, policy }),
    body: job.body,
  });

  function holderAmong(queue: Queue | undefined, jobs: readonly NewJob[]): number | undefined {
    for (const { uniq } of jobs) {
      const held = uniq === undefined || !queue ? undefined : rows.holderOf(queue, uniq);
      if (held !== undefined) return held;
    }
    return undefined;
  }

  function insertAll(queue: Queue, now: number, jobs: readonly NewJob[], first: number) {
    if (jobs.every(isPlain)) {
      const bodies = jobs.map(({ body }) => body);
      return insertPlain(queue, now, bodies, first);
    }
    for (const [index, job] of jobs.entries()) rows.insert(queue, toBorn(queue, now, job, first + index));
  }

  return {
    push(now: number, { queue: name, jobs, failure, once: key, represent }: Push): Pushed {
      const known = queues.find(name);
      const before = key && known && once.before(now, known, key);
      if (before) return before;
      if (known && !failure && roomFor(known) < jobs.length) throw new ApiError('queue_full');
      const exists = holderAmong(known, jobs);
      if (exists !== undefined) return { exists };
      const queue = queues.open(name);
      const first = ids.next(jobs.length);
      insertAll(queue, now, jobs, first);
      if (key) once.remember(queue, key, first, jobs.length);
      if (failure) queue.failed += jobs.length;
      queue.changed = true;
      return {
        ids: jobs.map((_, index) => first + index),
        ...(represent && { jobs: jobs.map((job, index) => toBorn(queue, now, job, first + index)) }),
      };
    },

    /** Gives the id of the first, the others follow it; those for which there was no room are not in. */
    pushPlain(now: number, name: string, bodies: readonly string[]): { first: number; accepted: number } {
      const queue = queues.open(name);
      const accepted = Math.min(bodies.length, roomFor(queue));
      const first = ids.next(accepted);
      insertPlain(queue, now, accepted < bodies.length ? bodies.slice(0, accepted) : bodies, first);
      return { first, accepted };
    },

    /** A job that goes in with a settlement; the id of the one that has its unique key, if there is one. */
    followUp(now: number, name: string, job: NewJob): number {
      const held = holderAmong(queues.find(name), [job]);
      if (held !== undefined) return held;
      const queue = queues.open(name);
      return rows.insert(queue, toBorn(queue, now, job, ids.next())).id;
    },
  };
}

/** Nothing but a text, to be taken now. */
export function isPlain(job: NewJob): boolean {
  for (const name in job) if (name !== 'body' && job[name as keyof NewJob] !== undefined) return false;
  return true;
}

const roomFor = ({ ready, delayed, policy: { maxSize } }: Queue) =>
  maxSize === undefined ? Number.POSITIVE_INFINITY : Math.max(0, maxSize - ready - delayed);
