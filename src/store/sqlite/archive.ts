/** What an archive is asked, inside a transaction. */

import { crc32 } from 'node:zlib';
import { isEnded, type Job, type State } from '../../core/job.js';
import { damaged } from '../../core/life.js';
import type { Moment } from '../../core/moves.js';
import type { Archive, ArchiveMethod, KeyRecord } from '../archive.js';
import { page } from '../paging.js';
import type { Database } from './binding.js';
import { createBulkInsert } from './bulk.js';
import type { Ids } from './ids.js';
import type { OnceKeys } from './once.js';
import type { Queue, Queues } from './queues.js';
import { addValues, isSound, type JobRow, jobColumns, ownColumns, toJob } from './rows.js';
import type { createWorkers } from './workers.js';

type Found = JobRow & { readonly result: string | null };
type Placed = Job & { readonly place: number };

type ArchiveCalls = {
  [M in ArchiveMethod]: (args: Parameters<Archive[M]>[0]) => Awaited<ReturnType<Archive[M]>>;
};

/** One call. */
export type ArchiveRequest = {
  [M in ArchiveMethod]: {
    readonly method: M;
    readonly now: number;
    readonly args: Parameters<Archive[M]>[0];
  };
}[ArchiveMethod];

export function createArchive(
  db: Database,
  ids: Ids,
  queues: Queues,
  once: OnceKeys,
  workers: ReturnType<typeof createWorkers>,
): ArchiveCalls {
  const selectNote = db.prepare('SELECT text FROM note WHERE name = ?');
  const setNote = db.prepare('INSERT OR REPLACE INTO note (name, text) VALUES (?, ?)');
  // In the order in which they stand in the file, and are best put into another one.
  const selectJobs = db.prepare(
    `SELECT ${jobColumns}, result FROM job WHERE queue = ? AND (rank, id) > (?, ?) ORDER BY rank, id`,
  );
  const insertJobs = createBulkInsert(db, ['queue'], [...ownColumns, 'result'], 'INSERT OR IGNORE');
  const insertQueue = db.prepare('INSERT OR IGNORE INTO queue (name, first_id, stopped) VALUES (?, ?, 1)');
  // Time 0 has come: what it changes is found out when the store is served.
  const finish = db.prepare(
    `UPDATE queue SET stopped = ?, policy = ?, revision = ?, processed = ?, failed = ?, next_at = 0 WHERE name = ?`,
  );

  function readNote(name: string): string | undefined {
    return (selectNote.get(name) as { text: string } | undefined)?.text;
  }

  function* placed(queue: Queue, after: string, now: number): Generator<Placed> {
    const [place = -1, id = 0] = after.split(':').map(Number);
    for (const row of selectJobs.iterate(queue.key, place, id) as Iterable<unknown>) {
      const found = row as Found;
      const job = { ...toJob(found), ...(found.result !== null && { result: found.result }) };
      const whole = isSound(found) ? job : setAside(job, { now, policy: queue.policy });
      yield { ...whole, place: found.rank };
    }
  }

  function known(name: string): Queue {
    const queue = queues.find(name);
    if (!queue) throw new Error(`there is no queue ${name}`);
    return queue;
  }

  return {
    note({ name, text, unlessThere }) {
      const there = readNote(name);
      if (text === undefined || (unlessThere && there !== undefined)) return there;
      setNote.run(name, text);
      return text;
    },

    ends({ queue: name }) {
      const queue = queues.find(name);
      return queue && { firstId: queue.first_id, lastId: ids.last() };
    },

    lastId({ least }) {
      ids.skip(least);
      return ids.last();
    },

    jobs({ queue: name, limit, maxBytes, after = '', now }) {
      const found = page(placed(known(name), after, now), { limit, maxBytes });
      const last = found.jobs.at(-1);
      const jobs = found.jobs.map(({ place: _, ...job }) => job);
      return { jobs, ...(found.next !== undefined && last && { next: `${last.place}:${last.id}` }) };
    },

    keys({ queue, limit, after = '' }) {
      const keys: KeyRecord[] = once.page(known(queue), after, limit);
      const next = keys.length < limit ? undefined : keys.at(-1)?.key;
      return { keys, ...(next !== undefined && { next }) };
    },

    startQueue({ queue, firstId }) {
      insertQueue.run(queue, firstId);
    },

    putJobs({ queue: name, jobs }) {
      const queue = known(name);
      for (const [state, some] of byState(jobs)) {
        queue[state] += insertJobs([queue.key], some.length, (values, index) => {
          const job = some[index] as Job;
          addValues(values, { job, crc: crc32(job.body) });
          values.push(job.result ?? null);
        });
      }
      queue.changed = true;
    },

    putKeys({ queue: name, keys }) {
      const queue = known(name);
      for (const { firstId, jobs, ...key } of keys) once.remember(queue, key, firstId, jobs);
    },

    finishQueue({ queue, stopped, policy, revision, processed, failed, lastId }) {
      queues.flush();
      finish.run(Number(stopped), JSON.stringify(policy), revision, processed, failed, queue);
      ids.skip(lastId);
    },

    putWorkers(put) {
      for (const worker of put.workers) workers.put(worker);
    },
  };
}

/** Its text gets a checksum of its own where it is put, and must not be taken for a sound one there. */
function setAside(job: Job, moment: Moment): Job {
  if (isEnded(job)) return { ...job, details: { ...job.details, reason: 'damaged' } };
  return damaged({ ...job, details: { ...job.details, lease: undefined } }, moment);
}

function byState(jobs: readonly Job[]): Map<State, Job[]> {
  const groups = new Map<State, Job[]>();
  for (const job of jobs) groups.set(job.state, [...(groups.get(job.state) ?? []), job]);
  return groups;
}
