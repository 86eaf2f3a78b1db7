/** What is done with nobody asking, in bounded steps: time passes, records go, room is freed. */

import { earliest, timedStates } from '../../core/job.js';
import { type Tended, tendQueues, tendStep } from '../calls.js';
import type { Untold } from '../untold.js';
import type { OnceKeys } from './once.js';
import type { Passing } from './passing.js';
import { type Queue, type Queues, surplus } from './queues.js';
import type { Rows } from './rows.js';

export function createTend(queues: Queues, rows: Rows, passing: Passing, once: OnceKeys, untold: Untold) {
  function tendQueue(queue: Queue, now: number, restart: boolean) {
    const passed = passing.pass(queue, now, timedStates, { restart, limit: tendStep });
    for (const state of ['done', 'dead'] as const) rows.trim(queue, state, tendStep);
    const isMore = surplus(queue, 'done') > 0 || surplus(queue, 'dead') > 0;
    queue.next_at = isMore ? now : (passing.nextAt(queue) ?? null);
    return passed;
  }

  return (now: number, restart = false): Tended => {
    const { moved, ready } = untold.tell();
    const mostMoved = moved.length + tendStep;
    for (let count = 0; count < tendQueues && moved.length < mostMoved; count++) {
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
    const nextAt = earliest(queues.nextAt(), once.nextAt());
    if (isMore || queues.due(now)) return { more: true, moved, ready };
    return { more: false, moved, ready, ...(nextAt !== undefined && { nextAt }) };
  };
}
