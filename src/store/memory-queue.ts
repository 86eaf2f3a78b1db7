/** One queue of the memory store: its jobs by id and by state, and how they move. */

import { byPlace, earliest, isDue, isEnded, type Job, type State, timedStates } from '../core/job.js';
import { passed } from '../core/life.js';
import { isWaiting, withoutKey } from '../core/moves.js';
import { defaultPolicy, type Policy } from '../core/policy.js';
import { newsOf } from './acts.js';
import { type Moved, ripenStep } from './calls.js';
import type { ListFrom } from './cursor.js';
import { createRows, type Rows } from './memory-rows.js';
import { standing } from './paging.js';

export type MemoryQueue = ReturnType<typeof createMemoryQueue>;

const byTime = (a: Job, b: Job) => Number(a.dueAt) - Number(b.dueAt) || a.id - b.id;
const byExpiry = (a: Job, b: Job) => Number(a.expiresAt) - Number(b.expiresAt) || a.id - b.id;

/** What a job takes in memory, about: its texts, and the objects around them. */
export const bytesOf = ({ body, uniq = '', result = '', details }: Partial<Job>) =>
  Buffer.byteLength(body ?? '') + uniq.length + result.length + (details ? detailBytes(details) : 0) + 200;
/** An idempotency key and what came under it, about. */
const onceBytes = 500;
const detailBytes = (details: object) => JSON.stringify(details).length;

/** `weigh` is told how many bytes more or less the queue has. Ids below `firstId` are of an earlier queue of this name. */
export function createMemoryQueue(name: string, firstId: number, weigh: (bytes: number) => void) {
  const byId = new Map<number, Job>();
  const rows: { readonly [S in State]: Rows } = {
    // Of ready jobs by place, of all others by time.
    ready: createRows(byPlace),
    delayed: createRows(byTime),
    leased: createRows(byTime),
    done: createRows(byTime),
    dead: createRows(byTime),
  };
  /** Those that wait and whose time to wait is bounded. */
  const expiring = createRows(byExpiry);
  const holders = new Map<string, number>();

  /** The job as it is kept: without its key, when another one has it. */
  function put(job: Job): Job {
    const free = job.uniq === undefined || !holders.has(job.uniq);
    const kept = free ? job : withoutKey(job);
    if (kept.uniq !== undefined) holders.set(kept.uniq, kept.id);
    byId.set(kept.id, kept);
    rows[kept.state].add(kept);
    if (isWaiting(kept) && kept.expiresAt !== undefined) expiring.add(kept);
    weigh(bytesOf(kept));
    return kept;
  }

  function drop(job: Job) {
    byId.delete(job.id);
    rows[job.state].remove(job);
    if (isWaiting(job) && job.expiresAt !== undefined) expiring.remove(job);
    if (job.uniq !== undefined) holders.delete(job.uniq);
    weigh(-bytesOf(job));
  }

  function mostOf(state: 'done' | 'dead'): number {
    const key = state === 'done' ? 'keepDoneCount' : 'keepDeadCount';
    return queue.policy[key] ?? defaultPolicy[key];
  }

  const queue = {
    name,
    firstId,
    byId,
    rows,
    holders,
    /** What came under idempotency keys. */
    once: new Map<string, { print: string; until: number; ids: readonly number[] }>(),
    policy: {} as Policy,
    stopped: false,
    revision: 0,
    processed: 0,
    failed: 0,
    put,
    drop,

    /** From one state to the next; nothing: it is gone. */
    move(before: Job, after: Job | undefined): Job | undefined {
      drop(before);
      const kept = after && put(after);
      if (kept && isEnded(kept)) queue.trim(kept.state, 2);
      return kept && byId.get(kept.id);
    },

    /** Drops the oldest records beyond the policy's count, so many at most. */
    trim(state: 'done' | 'dead', limit: number) {
      const over = rows[state].length - mostOf(state);
      for (const job of rows[state].head(Math.max(0, Math.min(over, limit)))) drop(job);
    },

    /** Lets time pass for the first jobs of each of these states: what somebody may wait for, and how many became ready. */
    pass(
      now: number,
      states: readonly State[],
      { restart = false, limit = ripenStep }: { restart?: boolean; limit?: number } = {},
    ): { moved: Moved[]; ready: number } {
      const moved: Moved[] = [];
      let ready = 0;
      const moment = { now, policy: queue.policy, restart };
      const expired = expiring.head(limit, (job) => isDue(job.expiresAt, now));
      for (const job of expired) moved.push(...queue.passOne(job, moment));
      for (const state of states) {
        for (const job of rows[state].head(limit, ({ dueAt }) => isDue(dueAt, now))) {
          moved.push(...queue.passOne(job, moment));
          if (byId.get(job.id)?.state === 'ready') ready++;
        }
      }
      return { moved, ready };
    },

    passOne(job: Job, moment: { now: number; policy: Policy; restart?: boolean }): Moved[] {
      const after = passed(job, moment);
      if (after === job) return [];
      queue.move(job, after);
      return newsOf(name, job, after);
    },

    get isOver() {
      return (['done', 'dead'] as const).some((state) => rows[state].length > mostOf(state));
    },

    forgetKeys(now: number) {
      for (const [key, { until }] of queue.once) {
        if (!isDue(until, now)) continue;
        queue.once.delete(key);
        weigh(-onceBytes);
      }
    },

    remember(key: string, entry: { print: string; until: number; ids: readonly number[] }) {
      if (queue.once.delete(key)) weigh(-onceBytes);
      queue.once.set(key, entry);
      weigh(onceBytes);
    },

    /** When time changes something the next time. */
    nextAt(): number | undefined {
      let first = earliest(
        expiring.at(0)?.expiresAt,
        ...timedStates.map((state) => rows[state].at(0)?.dueAt),
      );
      for (const { until } of queue.once.values()) first = earliest(first, until);
      return first;
    },
  };
  return queue;
}

/** Whether a job comes after that place in the list of its state. */
export const isAfter = (job: Job, from: ListFrom, latestFirst: boolean) => {
  const { at, id } = standing(job);
  const order = at - from.at || id - from.id;
  return latestFirst ? order < 0 : order > 0;
};
