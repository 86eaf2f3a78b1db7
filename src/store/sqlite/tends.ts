/** What is done with nobody asking, in bounded steps: time passes, records go, room is freed. */

import { type Tended, tendStep } from '../calls.js';
import type { Untold } from '../untold.js';
import type { Database } from './binding.js';
import type { OnceKeys } from './once.js';
import type { Passing } from './passing.js';
import { type Queue, type Queues, surplus } from './queues.js';
import type { Rows } from './rows.js';
import { rank } from './schema.js';

const states = ['delayed', 'leased', 'done', 'dead'] as const;
/** Many queues with little to do go together. */
const queuesPerStep = 50;

export function createTends(
  db: Database,
  queues: Queues,
  rows: Rows,
  passing: Passing,
  once: OnceKeys,
  untold: Untold,
) {
  const oldest = db.prepare(
    `SELECT created_at, id FROM job WHERE queue = ? AND rank = ? ORDER BY id LIMIT 1`,
  );

  function nextAt(queue: Queue, now: number): number | null {
    if (surplus(queue, 'done') > 0 || surplus(queue, 'dead') > 0) return now;
    const times = [...states.map((state) => passing.nextOf(queue, state)), passing.firstExpiry(queue)];
    const known = times.filter((time) => time !== undefined);
    return known.length > 0 ? Math.min(...known) : null;
  }

  function tendQueue(queue: Queue, now: number, restart: boolean) {
    const passed = passing.pass(queue, now, states, { restart, limit: tendStep });
    for (const state of ['done', 'dead'] as const) rows.trim(queue, state, tendStep);
    queue.next_at = nextAt(queue, now);
    return passed;
  }

  return {
    tend(now: number, restart = false): Tended {
      const { moved, ready } = untold.tell();
      const mostMoved = moved.length + tendStep;
      for (let count = 0; count < queuesPerStep && moved.length < mostMoved; count++) {
        queues.flush();
        const queue = queues.due(now);
        if (!queue) break;
        const passed = tendQueue(queue, now, restart);
        moved.push(...passed.moved);
        if (passed.ready > 0) ready.push({ queue: queue.name, jobs: passed.ready });
        // There is more to do here than goes into one step.
        if (queue.next_at !== null && queue.next_at <= now) break;
      }
      queues.flush();
      const isMore = [once.free(now), !restart && queues.sweep()].includes(true);
      const times = [queues.nextAt(), once.nextAt()].filter((time) => time !== null);
      const next = Math.min(...times, Number.POSITIVE_INFINITY);
      if (isMore || queues.due(now)) return { more: true, moved, ready };
      return { more: false, moved, ready, ...(Number.isFinite(next) && { nextAt: next }) };
    },

    /** When the oldest of the ready jobs was pushed. */
    oldestAt({ key, ready }: Queue): number | undefined {
      if (ready === 0) return undefined;
      let first: { created_at: number; id: number } | undefined;
      for (let place = 0; place <= rank.lastReady; place++) {
        const row = oldest.get(key, place) as typeof first;
        if (row && (!first || row.id < first.id)) first = row;
      }
      return first?.created_at;
    },
  };
}
