/** Jobs and queues that are looked at, and what operators do to jobs. */

import { isEnded, type Job, type Life, type State, timedStates } from '../../core/job.js';
import { damaged } from '../../core/life.js';
import { isWaiting } from '../../core/moves.js';
import { isChanged, steerOne } from '../acts.js';
import { type List, type QueueView, type Steer, type Steered, scanStep, tendStep } from '../calls.js';
import { type ListFrom, parseCursor } from '../cursor.js';
import { page } from '../paging.js';
import type { Store } from '../store.js';
import type { Untold } from '../untold.js';
import type { Database } from './binding.js';
import type { Passing } from './passing.js';
import type { Queue, Queues } from './queues.js';
import { isSound, type JobRow, jobColumns, placeOf, type Rows, toJob } from './rows.js';
import { rank } from './schema.js';

type Found = JobRow & { readonly result: string | null };
/** A job with its result, read off a row. */
type Shown = Job & { readonly isSound: boolean };

export function createLooks(db: Database, queues: Queues, rows: Rows, passing: Passing, untold: Untold) {
  const columns = `${jobColumns}, result`;
  const selectReady = db.prepare(
    `SELECT ${columns} FROM job WHERE queue = ? AND rank <= ${rank.lastReady} AND (rank, id) > (?, ?) ORDER BY rank, id`,
  );
  const timed = `SELECT ${columns} FROM job INDEXED BY job_due WHERE queue = ? AND rank = ? AND due_at IS NOT NULL`;
  const selectTimed = db.prepare(`${timed} AND (due_at, id) > (?, ?) ORDER BY due_at, id`);
  const selectLatest = db.prepare(`${timed} AND (due_at, id) < (?, ?) ORDER BY due_at DESC, id DESC`);
  const countAhead = db.prepare(
    `SELECT count(*) AS n FROM (SELECT 1 FROM job WHERE queue = ? AND (rank, id) < (?, ?) LIMIT ${scanStep})`,
  );
  const oldest = db.prepare(
    'SELECT created_at, id FROM job WHERE queue = ? AND rank = ? ORDER BY id LIMIT 1',
  );

  function* shown(
    queue: Queue,
    state: State,
    from: ListFrom | undefined,
    latestFirst: boolean,
  ): Generator<Shown> {
    const start = from ?? (latestFirst ? { at: Number.MAX_SAFE_INTEGER, id: 0 } : { at: -1, id: 0 });
    const found =
      state === 'ready'
        ? selectReady.iterate(queue.key, start.at, start.id)
        : (latestFirst ? selectLatest : selectTimed).iterate(queue.key, rank[state], start.at, start.id);
    for (const row of found as Iterable<unknown>) {
      const job = toShown(row as Found);
      // What is damaged is told as that, once it is dead; until then a take is to find it.
      if (job.isSound || job.details?.reason === 'damaged') yield job;
    }
  }

  function find(now: number, { queue: name, id }: { queue: string; id: number }) {
    const queue = queues.find(name);
    const job = queue && rows.find(queue, id);
    if (!queue || !job) return undefined;
    const moved = passing.passOne(queue, job, now);
    const found = rows.find(queue, id);
    const isReady = job.state !== 'ready' && found?.state === 'ready';
    untold.note(name, { moved, ready: isReady ? 1 : 0 });
    return found && { queue, job: found };
  }

  function job(
    now: number,
    { ahead, ...get }: Parameters<Store['job']>[1],
  ): Awaited<ReturnType<Store['job']>> {
    const found = find(now, get);
    const text = found && rows.textOf(found.queue, found.job);
    if (!found || !text) return undefined;
    const { queue } = found;
    const result = text.result === null ? {} : { result: text.result };
    const job = { ...soundLife(queue, found.job, text.isSound, now), ...result, body: text.body };
    if (!ahead || job.state !== 'ready') return { job };
    return { job, ahead: (countAhead.get(queue.key, placeOf(job), job.id) as { n: number }).n };
  }

  /** A waiting job whose text is not what was pushed is dead; of others that is told. */
  function soundLife(queue: Queue, life: Life, sound: boolean, now: number): Life {
    if (sound || life.details?.reason === 'damaged') return life;
    const dead = damaged(life, { now, policy: queue.policy });
    if (isWaiting(life)) return rows.move(queue, life, dead) ?? dead;
    return { ...life, details: { ...life.details, reason: 'damaged' } };
  }

  function list(now: number, { queue: name, state, after, ...bounds }: List) {
    const from = parseCursor(after);
    const queue = queues.find(name);
    if (!queue) return { jobs: [] };
    untold.note(queue.name, passing.pass(queue, now, timedStates));
    const latestFirst = isEnded({ state });
    const found = page(shown(queue, state, from, latestFirst), bounds);
    const jobs = found.jobs.map(({ isSound: _, ...shownJob }) => shownJob);
    return { jobs, ...(found.next !== undefined && { next: found.next }) };
  }

  const shelfOf = (queue: Queue) => ({
    move: (before: Life, after: Life | undefined) => rows.move(queue, before, after),
    drop: (job: Life) => rows.drop(queue, job),
    holderOf: (uniq: string) => rows.holderOf(queue, uniq),
  });

  function steer(now: number, asked: Steer): Steered {
    if ('id' in asked) {
      const found = find(now, asked);
      if (!found) return { changed: [], refused: { why: 'job_unknown' } };
      const came = steerOne(
        found.job,
        asked.action,
        { now, policy: found.queue.policy },
        shelfOf(found.queue),
      );
      return 'why' in came ? { changed: [], refused: came } : { changed: [came] };
    }
    const { state, action, after, limit, contains } = asked;
    const from = parseCursor(after);
    const queue = queues.find(asked.queue);
    if (!queue) return { changed: [] };
    untold.note(queue.name, passing.pass(queue, now, timedStates));
    const bounds = {
      limit: Math.min(limit, tendStep),
      maxBytes: Number.POSITIVE_INFINITY,
      ...(contains !== undefined && { contains }),
    };
    const found = page(shown(queue, state, from, false), bounds);
    const changed = found.jobs
      .map((one) => steerOne<Life>(one, action, { now, policy: queue.policy }, shelfOf(queue)))
      .filter(isChanged);
    return { changed, ...(found.next !== undefined && { next: found.next }) };
  }

  /** When the oldest of the ready jobs was pushed. */
  function oldestAt({ key, ready }: Queue): number | undefined {
    if (ready === 0) return undefined;
    let first: { created_at: number; id: number } | undefined;
    for (let place = 0; place <= rank.lastReady; place++) {
      const row = oldest.get(key, place) as typeof first;
      if (row && (!first || row.id < first.id)) first = row;
    }
    return first?.created_at;
  }

  function view(now: number, name: string): Omit<QueueView, 'workers'> {
    const queue = queues.find(name);
    if (!queue) return nothing;
    untold.note(name, passing.pass(queue, now, timedStates));
    const lateDelayed = passing.late(queue, 'delayed', now);
    const lateLeased = passing.late(queue, 'leased', now);
    const oldestJob = oldestAt(queue);
    const { policy, revision, done, dead, processed, failed } = queue;
    return {
      stopped: queue.stopped === 1,
      policy,
      revision,
      ready: queue.ready + lateDelayed + lateLeased,
      delayed: queue.delayed - lateDelayed,
      leased: queue.leased - lateLeased,
      done,
      dead,
      processed,
      failed,
      ...(oldestJob !== undefined && { oldestAt: oldestJob }),
    };
  }

  return { job, list, steer, view };
}

const toShown = (row: Found): Shown => ({
  ...toJob(row),
  ...(row.result !== null && { result: row.result }),
  isSound: isSound(row),
});

const nothing = {
  stopped: false,
  policy: {},
  revision: 0,
  ready: 0,
  delayed: 0,
  leased: 0,
  done: 0,
  dead: 0,
  processed: 0,
  failed: 0,
} as const;
