/** Pushes, takes and settlements of one queue that go together: one script call for all of them, and what came of each. */

import { ApiError } from '../../api/errors.js';
import { chanceOf } from '../../core/retry.js';
import type { Push, Pushed, Settle, Settled, Take, Taken } from '../calls.js';
import type { Call } from './connection.js';
import type { Outbox } from './outbox.js';
import { jobsOf, movedOf, newJobOf, settledOf, settlementOf } from './records.js';

/** No bound, as JSON has none. */
export const anyLength = Number.MAX_SAFE_INTEGER;

const isPlain = (job: object) => Object.keys(job).length === 1;

export async function pushAll(call: Call, pushes: readonly Push[]): Promise<(Pushed | ApiError)[]> {
  const asked = pushes.map(({ jobs, failure, once, represent }) => ({
    count: jobs.length,
    ...(!jobs.every(isPlain) && { jobs: jobs.map(newJobOf) }),
    failure,
    once,
    represent,
  }));
  const bodies = pushes.flatMap(({ jobs }) => jobs.map(({ body }) => body));
  const { head, rest } = await call('push', { pushes: asked }, bodies);
  const shown = jobsOf(rest);
  return head.pushed.map(({ full, exists, differs, first, count, replayed }, index) => {
    if (full) return new ApiError('queue_full');
    if (exists !== undefined) return { exists: Number(exists) };
    if (differs) return { differs: true };
    const ids = Array.from({ length: count }, (_, nth) => Number(first) + nth);
    if (replayed) return { ids, replayed };
    return { ids, ...(pushes[index]?.represent && { jobs: shown.splice(0, count) }) };
  });
}

export interface TakeRequest {
  readonly request: number;
  /** The lowest of those that are under way. */
  readonly floor: number;
  /** Those whose replies came. */
  readonly came: readonly number[];
  readonly again: true | undefined;
  /** Only what was given already. */
  readonly tooLate?: true;
}

export async function takeAll(call: Call, takes: readonly Take[], asked: TakeRequest): Promise<Taken[]> {
  const given = takes.map(({ limit, maxBytes, worker, lease }) => ({
    limit,
    // The first job is always given.
    ...(maxBytes < anyLength && limit > 1 && { maxBytes }),
    worker,
    lease,
  }));
  const { head, rest } = await call('take', { takes: given, ...asked });
  const jobs = jobsOf(rest);
  return head.taken.map(({ jobs: count, left, nextAt, stopped, moved }) => ({
    jobs: jobs.splice(0, count),
    left,
    stopped,
    damaged: [],
    moved: movedOf(moved),
    ...(nextAt !== undefined && { nextAt }),
  }));
}

/** What came of the settlements of one caller, and which worker each was of that the queue counted. */
export interface SettledBy {
  readonly settled: readonly Settled[];
  readonly by: readonly (string | false)[];
}

export async function settleAll(
  call: Call,
  settles: readonly Settle[],
  deliver: (at: number, entries: readonly (string | null)[]) => ReturnType<Outbox['deliver']>,
): Promise<(SettledBy | ApiError)[]> {
  const asked = settles.flatMap(({ settlements, chance }) =>
    settlements.map((one, index) => settlementOf(one, chanceOf(chance, index))),
  );
  const { head, rest } = await call('settle', { settlements: asked });
  const delivered =
    rest.length > 0 ? await deliver(head.at, rest).catch((error: ApiError) => error) : new Map();
  const idOf = (name: string): number => {
    if (delivered instanceof ApiError) throw delivered;
    return delivered.get(name);
  };
  let at = 0;
  return settles.map(({ settlements }) => {
    const from = at;
    at += settlements.length;
    const by = head.by.slice(from, at);
    try {
      return { settled: head.settled.slice(from, at).map((one) => settledOf(one, idOf)), by };
    } catch (error) {
      // The settlement was done, and its follow-up jobs come later: whoever asks again is told.
      return error as ApiError;
    }
  });
}
