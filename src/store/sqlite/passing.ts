/** What time does to the jobs of a queue. */

import { earliest, type Life, type TimedState, timedStates } from '../../core/job.js';
import { passed } from '../../core/life.js';
import { newsOf } from '../acts.js';
import { type Moved, ripenStep } from '../calls.js';
import type { Database } from './binding.js';
import type { Queue } from './queues.js';
import { type LifeRow, lifeColumns, type Rows, toLife } from './rows.js';
import { rank } from './schema.js';

export type Passing = ReturnType<typeof createPassing>;

export function createPassing(db: Database, rows: Rows) {
  const due = `FROM job INDEXED BY job_due WHERE queue = ?1 AND rank = ?2 AND due_at <= ?3 ORDER BY due_at, id LIMIT ?4`;
  const ripen = db.prepare(
    `UPDATE job SET rank = ${rank.lastReady} - priority, due_at = NULL
     WHERE (queue, rank, id) IN (SELECT queue, rank, id ${due})`,
  );
  const clear = db.prepare(`DELETE FROM job WHERE (queue, rank, id) IN (SELECT queue, rank, id ${due})`);
  const selectDue = db.prepare(`SELECT ${lifeColumns} ${due}`);
  const selectExpired = db.prepare(
    `SELECT ${lifeColumns} FROM job INDEXED BY job_expiry
     WHERE queue = ? AND rank <= ${rank.delayed} AND expires_at IS NOT NULL AND expires_at <= ?
     ORDER BY expires_at, id LIMIT ?`,
  );
  const firstDue = db.prepare(
    'SELECT due_at AS time FROM job INDEXED BY job_due WHERE queue = ? AND rank = ? AND due_at IS NOT NULL ORDER BY due_at LIMIT 1',
  );
  const firstExpiry = db.prepare(
    `SELECT expires_at AS time FROM job INDEXED BY job_expiry
     WHERE queue = ? AND rank <= ${rank.delayed} AND expires_at IS NOT NULL ORDER BY expires_at LIMIT 1`,
  );
  const countDue = db.prepare(
    'SELECT count(*) AS due FROM job INDEXED BY job_due WHERE queue = ? AND rank = ? AND due_at <= ?',
  );

  function passOne(queue: Queue, job: Life, now: number, restart = false): Moved[] {
    const after = passed(job, { now, policy: queue.policy, restart });
    if (after === job) return [];
    rows.move(queue, job, after);
    return newsOf(queue.name, job, after);
  }

  function passState(queue: Queue, state: TimedState, now: number, limit: number, restart: boolean): Moved[] {
    if (queue[state] === 0) return [];
    if (state === 'leased') {
      const found = selectDue.all(queue.key, rank.leased, now, limit) as unknown as LifeRow[];
      return found.flatMap((row) => passOne(queue, toLife(row), now, restart));
    }
    const statement = state === 'delayed' ? ripen : clear;
    const changes = Number(statement.run(queue.key, rank[state], now, limit).changes);
    if (changes === 0) return [];
    queue[state] -= changes;
    if (state === 'delayed') queue.ready += changes;
    queue.changed = true;
    return [];
  }

  function firstOf(queue: Queue, state: TimedState): number | undefined {
    if (queue[state] === 0) return undefined;
    return (firstDue.get(queue.key, rank[state]) as { time: number } | undefined)?.time;
  }

  return {
    passOne,

    /** Lets time pass for the first jobs of each of these states: what somebody may wait for, and how many became ready. */
    pass(
      queue: Queue,
      now: number,
      states: readonly TimedState[],
      { restart = false, limit = ripenStep }: { restart?: boolean; limit?: number } = {},
    ): { moved: Moved[]; ready: number } {
      if (queue.next_at === null || queue.next_at > now) return { moved: [], ready: 0 };
      const expired = selectExpired.all(queue.key, now, limit) as unknown as LifeRow[];
      const moved = expired.flatMap((row) => passOne(queue, toLife(row), now));
      const before = queue.ready;
      for (const state of states) moved.push(...passState(queue, state, now, limit, restart));
      return { moved, ready: queue.ready - before };
    },

    /** When the first job of these states is due. */
    nextOf: (queue: Queue, ...states: readonly TimedState[]) =>
      earliest(...states.map((state) => firstOf(queue, state))),

    /** When time changes something the next time. */
    nextAt: (queue: Queue) =>
      earliest(
        (firstExpiry.get(queue.key) as { time: number } | undefined)?.time,
        ...timedStates.map((state) => firstOf(queue, state)),
      ),

    /** How many are due of a state for which time was not let pass enough. */
    late(queue: Queue, state: 'delayed' | 'leased', now: number): number {
      if (queue[state] === 0 || queue.next_at === null || queue.next_at > now) return 0;
      return (countDue.get(queue.key, rank[state], now) as { due: number }).due;
    },
  };
}
