/** One queue, from one store into another: its jobs batch by batch, its keys, what it is itself; then both are compared. */

import { isDeepStrictEqual } from 'node:util';
import { type Job, timedStates } from '../core/job.js';
import type { Archive, KeyRecord } from './archive.js';
import type { QueueView } from './calls.js';
import type { Way } from './mark.js';
import type { MigrateProgress } from './migrate.js';
import { MigrationError } from './migration-error.js';

interface QueueCopy {
  readonly source: Archive;
  readonly target: Archive;
  readonly queue: string;
  readonly now: number;
  /** How far it is. */
  readonly way: Way;
  readonly setWay: (way: Way) => Promise<void>;
  readonly onProgress?: (progress: MigrateProgress) => void;
  readonly signal?: AbortSignal;
}

const batchJobs = 500;
const batchBytes = 4 * 1024 * 1024;

/** What was copied since the way was written down last is copied once more after an interruption. */
const batchesPerWay = 20;

const states = ['ready', ...timedStates] as const;

/** Nothing where there is no such queue; else how many jobs it has, and how many of these are dead since their texts are damaged. */
export async function copyQueue(copy: QueueCopy): Promise<{ jobs: number; damaged: number } | undefined> {
  const { source, target, queue } = copy;
  const view = await source.store.queue(0, { queue });
  const ends = await source.ends({ queue });
  if (!ends) return undefined;
  await target.startQueue({ queue, firstId: ends.firstId });
  const counts = await copyJobs(copy, totalOf(view));
  for await (const keys of keysOf(source, queue)) {
    copy.signal?.throwIfAborted();
    await target.putKeys({ queue, keys });
  }
  const { stopped, policy, revision, processed, failed } = view;
  await target.finishQueue({ queue, stopped, policy, revision, processed, failed, lastId: ends.lastId });
  await compare(copy, view, counts, ends);
  const jobs = totalOf(view);
  copy.onProgress?.({ queue, jobs, total: jobs, isWhole: true });
  return { jobs, damaged: states.reduce((sum, state) => sum + Math.max(0, missing(view, counts, state)), 0) };
}

type Counts = Way['counts'];

const totalOf = (counts: Counts | QueueView) =>
  states.reduce((sum, state) => sum + ((counts as Counts)[state] ?? 0), 0);

const missing = (view: QueueView, counts: Counts, state: (typeof states)[number]) =>
  state === 'dead' ? 0 : view[state] - (counts[state] ?? 0);

async function copyJobs(copy: QueueCopy, total: number): Promise<Counts> {
  const { source, target, queue, now, way, setWay, onProgress, signal } = copy;
  let { counts, after } = way;
  for (let batch = 1; ; batch++) {
    const from = after === undefined ? {} : { after };
    const { jobs, next } = await source.jobs({ queue, limit: batchJobs, maxBytes: batchBytes, now, ...from });
    if (jobs.length > 0) await target.putJobs({ queue, jobs });
    counts = countedWith(counts, jobs);
    if (next === undefined) return counts;
    after = next;
    onProgress?.({ queue, jobs: totalOf(counts), total, isWhole: false });
    if (batch % batchesPerWay === 0 || signal?.aborted) await setWay({ counts, after });
  }
}

function countedWith(counts: Counts, jobs: readonly Job[]): Counts {
  const more = { ...counts };
  for (const { state } of jobs) more[state] = (more[state] ?? 0) + 1;
  return more;
}

async function* keysOf(archive: Archive, queue: string): AsyncGenerator<readonly KeyRecord[]> {
  let after: string | undefined;
  do {
    const { keys, next } = await archive.keys({
      queue,
      limit: batchJobs,
      ...(after !== undefined && { after }),
    });
    if (keys.length > 0) yield keys;
    after = next;
  } while (after !== undefined);
}

async function countKeys(archive: Archive, queue: string): Promise<number> {
  let count = 0;
  for await (const keys of keysOf(archive, queue)) count += keys.length;
  return count;
}

type Pairs = { readonly [what: string]: readonly [there: unknown, here: unknown] };

const pairsOf = (there: QueueView, here: QueueView): Pairs => ({
  jobs: [totalOf(there), totalOf(here)],
  processed: [there.processed, here.processed],
  failed: [there.failed, here.failed],
  switch: [there.stopped, here.stopped],
  policy: [there.policy, here.policy],
  revision: [there.revision, here.revision],
});

/** Rejects with what is not the same on both sides; damaged jobs are dead where they are put. */
async function compare(
  { source, target, queue }: QueueCopy,
  view: QueueView,
  counts: Counts,
  ends: { firstId: number; lastId: number },
) {
  const put = await target.store.queue(0, { queue });
  const putEnds = await target.ends({ queue });
  checkSame(queue, {
    ...pairsOf(view, put),
    ...Object.fromEntries(states.map((state) => [`${state} jobs`, [counts[state] ?? 0, put[state]]])),
    'idempotency keys': [await countKeys(source, queue), await countKeys(target, queue)],
    'first id': [ends.firstId, putEnds?.firstId],
    // One that was filled from more than one store is as far as the furthest of them.
    'last id': [ends.lastId, Math.min(ends.lastId, putEnds?.lastId ?? 0)],
  });
}

/** Rejects when the source was in use since this queue was copied. */
export async function compareAgain({
  source,
  target,
  queue,
}: Pick<QueueCopy, 'source' | 'target' | 'queue'>) {
  checkSame(queue, pairsOf(await source.store.queue(0, { queue }), await target.store.queue(0, { queue })));
}

function checkSame(queue: string, pairs: Pairs) {
  const differences = Object.entries(pairs)
    .filter(([, [there, here]]) => !isDeepStrictEqual(there, here))
    .map(([what, [there, here]]) => `${what} ${JSON.stringify(there)}, copied ${JSON.stringify(here)}`);
  if (differences.length === 0) return;
  throw new MigrationError(`${queue} is not the same as it was copied: ${differences.join('; ')}`);
}
