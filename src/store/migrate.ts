/** Copies what a store keeps into another one, queue by queue; after an interruption the same call goes on. */

import type { Archive } from './archive.js';
import { identityOf, knownIdentityOf, type Mark, readMark, unfinished, writeMark } from './mark.js';
import { compareAgain, copyQueue } from './migrate-queue.js';
import { copyWorkers } from './migrate-workers.js';
import { MigrationError } from './migration-error.js';
import { openArchive, withoutPassword } from './open.js';

export interface MigrateOptions {
  /** URLs of stores that no server uses meanwhile. The one to be filled may be one that is not there yet. */
  readonly from: string;
  readonly to: string;
  /** Queues go beside those that are there; one that is there already is refused before anything is copied. */
  readonly merge?: boolean;
  /** Told after every batch, and when a queue is whole. */
  readonly onProgress?: (progress: MigrateProgress) => void;
  /** Stops after the batch that is under way. */
  readonly signal?: AbortSignal;
}

export interface MigrateProgress {
  readonly queue: string;
  /** How many of its jobs are copied, and how many there are. */
  readonly jobs: number;
  readonly total: number;
  readonly isWhole: boolean;
}

export interface Migrated extends Pick<Mark, 'queues' | 'jobs' | 'workers' | 'damaged'> {
  /** It was whole before: nothing was done. */
  readonly before: boolean;
}

/** Of chance and time: a text that no other store has as its identity, and since when damaged jobs are dead. */
interface Given {
  readonly fresh: string;
  readonly now: number;
}

const namesPerPage = 1_000;
const namesShown = 10;

/** Rejects with a `MigrationError` or an `OpenError` that says why it can't be, or with what a store rejects with. */
export async function migrate(options: MigrateOptions, given: Given): Promise<Migrated> {
  const source = await openArchive(options.from, 'read');
  try {
    const target = await openArchive(options.to, 'fill');
    try {
      return await copy(source, target, options, given);
    } finally {
      await target.store.close();
    }
  } finally {
    await source.store.close();
  }
}

async function copy(
  source: Archive,
  target: Archive,
  options: MigrateOptions,
  { fresh, now }: Given,
): Promise<Migrated> {
  let mark = await begin(source, target, options, fresh);
  if (mark.isWhole) return toldOf(mark, true);
  const set = async (change: Partial<Mark>) => {
    mark = { ...mark, ...change };
    await writeMark(target, mark);
    if (!mark.isWhole) options.signal?.throwIfAborted();
  };
  for await (const queue of wholeBefore(source, mark)) await compareAgain({ source, target, queue });
  for await (const queue of namesOf(source, mark.after)) {
    const copied = await copyQueue({
      source,
      target,
      queue,
      now,
      way: mark.under?.queue === queue ? mark.under.way : { counts: {} },
      setWay: (way) => set({ under: { queue, way } }),
      ...options,
    });
    // The list of the queues may be behind.
    if (!copied) continue;
    const { jobs, damaged } = copied;
    const { under: _, ...rest } = mark;
    mark = rest;
    await set({
      queues: mark.queues + 1,
      jobs: mark.jobs + jobs,
      damaged: mark.damaged + damaged,
      after: queue,
    });
  }
  await target.lastId({ least: await source.lastId({ least: 0, now }), now });
  await set({ workers: await copyWorkers(source, target), isWhole: true });
  return toldOf(mark, false);
}

const toldOf = ({ queues, jobs, workers, damaged }: Mark, before: boolean): Migrated => ({
  queues,
  jobs,
  workers,
  damaged,
  before,
});

/** How far it is. Rejects when the one must not go into the other. */
async function begin(
  source: Archive,
  target: Archive,
  options: MigrateOptions,
  fresh: string,
): Promise<Mark> {
  const from = withoutPassword(options.from);
  const to = withoutPassword(options.to);
  const half = unfinished(await readMark(source));
  if (half) throw new MigrationError(`${from} ${half}`);
  const identity = await identityOf(source, fresh);
  if (identity === (await knownIdentityOf(target))) {
    throw new MigrationError(`${to} and ${from} are the same`);
  }
  const mark = await readMark(target);
  if (mark?.source === identity) return mark;
  const other = unfinished(mark);
  if (other) throw new MigrationError(`${to} ${other}`);
  if (!(await isEmpty(target))) await checkBeside(source, target, to, options);
  const none = { queues: 0, jobs: 0, workers: 0, damaged: 0 };
  const first: Mark = { source: identity, from, isWhole: false, ...none };
  await writeMark(target, first);
  return first;
}

async function isEmpty({ store }: Archive): Promise<boolean> {
  const { total } = await store.queues(0, { limit: 1 });
  return total === 0 && (await store.workers(0, { limit: 1 })).length === 0;
}

async function checkBeside(source: Archive, target: Archive, to: string, { merge }: MigrateOptions) {
  if (!merge) {
    throw new MigrationError(`${to} is not empty: --merge puts the queues beside those that are there`);
  }
  const there: string[] = [];
  for await (const queue of namesOf(source)) if (await target.ends({ queue })) there.push(queue);
  if (there.length === 0) return;
  const more = there.length > namesShown ? ` and ${there.length - namesShown} more` : '';
  throw new MigrationError(
    `${to} has queues of the same names: ${there.slice(0, namesShown).join(', ')}${more}`,
  );
}

/** Those that are whole since before an interruption. */
async function* wholeBefore(source: Archive, { after }: Mark): AsyncGenerator<string> {
  if (after === undefined) return;
  for await (const queue of namesOf(source)) {
    yield queue;
    if (queue === after) return;
  }
}

async function* namesOf({ store }: Archive, first?: string): AsyncGenerator<string> {
  let after = first;
  for (;;) {
    const { names } = await store.queues(0, { limit: namesPerPage, ...(after !== undefined && { after }) });
    yield* names;
    if (names.length < namesPerPage) return;
    after = names.at(-1);
  }
}
