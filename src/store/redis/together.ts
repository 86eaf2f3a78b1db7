/** Pushes, takes and settlements of one queue that go together: one script call for all of them, and what came of each. */

import { ApiError } from '../../api/errors.js';
import { chanceOf } from '../../core/retry.js';
import type { Push, Pushed, Settle, Settled, Take, Taken } from '../calls.js';
import type { Connection } from './connection.js';
import { jobsOf, movedOf, newJobOf, settledOf, settlementOf } from './records.js';

/** No bound, as JSON has none. */
export const anyLength = Number.MAX_SAFE_INTEGER;

export type Call = Connection['call'];

const isPlain = (job: object) => Object.keys(job).length === 1;

export async function pushAll(
  call: Call,
  queue: string,
  pushes: readonly Push[],
): Promise<(Pushed | ApiError)[]> {
  const asked = pushes.map(({ jobs, failure, once, represent }) => ({
    count: jobs.length,
    ...(!jobs.every(isPlain) && { jobs: jobs.map(newJobOf) }),
    failure,
    once,
    represent,
  }));
  const bodies = pushes.flatMap(({ jobs }) => jobs.map(({ body }) => body));
  const { head, rest } = await call('push', { queue, pushes: asked }, bodies);
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

export async function takeAll(call: Call, queue: string, takes: readonly Take[]): Promise<Taken[]> {
  const asked = takes.map(({ limit, maxBytes, worker, lease }) => ({
    limit,
    // The first job is always given.
    ...(maxBytes < anyLength && limit > 1 && { maxBytes }),
    worker,
    lease,
  }));
  const { head, rest } = await call('take', { queue, takes: asked });
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

export async function settleAll(call: Call, queue: string, settles: readonly Settle[]): Promise<Settled[][]> {
  const asked = settles.flatMap(({ settlements, chance }) =>
    settlements.map((one, index) => settlementOf(one, chanceOf(chance, index))),
  );
  const { head } = await call('settle', { queue, settlements: asked });
  const settled = head.settled.map(settledOf);
  return settles.map(({ settlements }) => settled.splice(0, settlements.length));
}
