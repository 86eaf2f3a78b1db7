/** Jobs that are taken out, under leases or for good, and brought back. */

import { isDue, type Job, type Life } from '../../core/job.js';
import { damaged as damagedLife, leased, taken, untaken } from '../../core/life.js';
import { defaultPolicy } from '../../core/policy.js';
import { isHeldBy } from '../../core/settlement.js';
import { type Moved, type Restore, ripenStep, type Taken } from '../calls.js';
import type { Database } from './binding.js';
import type { Passing } from './passing.js';
import type { Queue, Queues } from './queues.js';
import { isSound, type JobRow, jobColumns, placeOf, type Rows, toJob } from './rows.js';
import { rank } from './schema.js';

/** What several takes of one queue have in common. */
export interface Cut {
  readonly queue: string;
  readonly limit: number;
  readonly maxBytes: number;
  /** Of the leases, by the policy unless given; 0: for good. */
  readonly leaseMs: number | undefined;
  /** Who gets the n-th job, and its lease's token. */
  readonly takerOf: (index: number) => { readonly worker?: string | undefined; readonly token: string };
  /** For how many jobs time passes at most. */
  readonly ripening: number;
}

/** A take reads so many rows at a time, so that large jobs don't fill the memory. */
const rowsPerSelect = 64;

export function createTakes(db: Database, queues: Queues, rows: Rows, passing: Passing) {
  const selectReady = db.prepare(
    `SELECT ${jobColumns} FROM job WHERE queue = ? AND rank <= ${rank.lastReady} ORDER BY rank, id LIMIT ?`,
  );
  const deleteRange = db.prepare('DELETE FROM job WHERE queue = ? AND rank = ? AND id BETWEEN ? AND ?');

  /** Rows of one rank stand side by side in the b-tree and go by one statement. */
  function deleteRows(queue: Queue, gone: readonly Life[]) {
    let from = gone[0];
    for (const [index, job] of gone.entries()) {
      const next = gone[index + 1];
      const place = placeOf(job);
      if (!from || (next && placeOf(next) === place)) continue;
      deleteRange.run(queue.key, place, from.id, job.id);
      from = next;
    }
    queue.ready -= gone.length;
    queue.changed = true;
  }

  /** What can't be given any more, though it stands among the ready ones, moves away from there. */
  function isGone(queue: Queue, row: JobRow, now: number, damaged: number[], moved: Moved[]): boolean {
    if (row.expires_at !== null && isDue(row.expires_at, now)) {
      moved.push(...passing.passOne(queue, toJob(row), now));
      return true;
    }
    if (isSound(row)) return false;
    rows.move(queue, toJob(row), damagedLife(toJob(row), { now, policy: queue.policy }));
    damaged.push(row.id);
    moved.push({ queue: queue.name, id: row.id, state: 'dead' });
    return true;
  }

  /** Cuts jobs off the front: no more than `limit` or than fit. */
  function cut(queue: Queue, now: number, { limit, maxBytes, leaseMs, takerOf }: Cut) {
    const ms = leaseMs ?? queue.policy.leaseMs ?? defaultPolicy.leaseMs;
    const jobs: Job[] = [];
    const damaged: number[] = [];
    const moved: Moved[] = [];
    let size = 0;
    let aside = 0;
    while (jobs.length < limit && queue.ready > 0 && aside < ripenStep) {
      const found = selectReady.all(
        queue.key,
        // Where many can't be given, more of them are looked at in one go.
        aside > 0 ? rowsPerSelect : Math.min(limit - jobs.length, rowsPerSelect),
      ) as unknown as JobRow[];
      const gone: Life[] = [];
      const held: { job: Job; crc: number }[] = [];
      let seen = 0;
      for (const row of found) {
        if (jobs.length === limit) break;
        if (isGone(queue, row, now, damaged, moved)) aside++;
        else {
          size += Buffer.byteLength(row.body) + (row.details?.length ?? 0);
          if (jobs.length > 0 && size > maxBytes) break;
          const job = toJob(row);
          const { worker, token } = takerOf(jobs.length);
          const given =
            ms === 0 ? handForGood(queue, job, now, worker) : leased(job, { token, since: now, ms, worker });
          if (given?.state === 'leased') held.push({ job: given, crc: row.crc });
          if (given?.state !== 'done') gone.push(job);
          jobs.push(given ?? job);
        }
        seen++;
      }
      deleteRows(queue, gone);
      rows.insertAll(queue, held);
      if (seen === 0 || seen < found.length) break;
    }
    if (ms === 0) queue.processed += jobs.length;
    return { jobs, damaged, moved };
  }

  /** The job's record; nothing when it leaves none. */
  function handForGood(queue: Queue, job: Job, now: number, worker: string | undefined): Job | undefined {
    const record = taken(job, { now, policy: queue.policy }, worker);
    return record && (rows.move(queue, job, record) ?? record);
  }

  function restoreOne(queue: Queue, now: number, job: Job): 'taken' | 'leased' | 'gone' {
    const moment = { now, policy: queue.policy };
    const lease = job.details?.lease;
    if (lease) {
      const row = rows.findLeased(queue, job.id);
      if (row && isHeldBy(row, lease.token, now)) rows.move(queue, row, untaken(row, moment));
      return 'leased';
    }
    const row = job.state === 'done' ? rows.find(queue, job.id) : undefined;
    if (job.id < queue.first_id) return 'gone';
    if (row) rows.move(queue, row, untaken(row, moment));
    else rows.insert(queue, untaken(job, moment));
    return 'taken';
  }

  return {
    take(now: number, wanted: Cut): Taken {
      const queue = queues.find(wanted.queue);
      const stopped = queue?.stopped === 1;
      if (!queue || stopped) return { jobs: [], stopped, damaged: [], left: 0, moved: [] };
      const passed = passing.pass(queue, now, ['delayed', 'leased'], { limit: wanted.ripening }).moved;
      const { jobs, damaged, moved } = cut(queue, now, wanted);
      const nextAt = passing.nextOf(queue, 'delayed', 'leased');
      const next = nextAt === undefined ? {} : { nextAt };
      return { jobs, stopped, damaged, left: queue.ready, moved: [...passed, ...moved], ...next };
    },

    /** Puts jobs back where they stood; gives how many were counted as processed. */
    restore(now: number, { queue: name, jobs }: Restore): number {
      const queue = queues.find(name);
      if (!queue) return 0;
      const fates = jobs.map((job) => restoreOne(queue, now, job));
      const counted = fates.filter((fate) => fate === 'taken').length;
      queue.processed -= counted;
      queue.changed = true;
      return counted;
    },
  };
}
