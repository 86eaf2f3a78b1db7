/** What is seen of a queue in one look, and what happened between two. */

import type { JobState, JobView } from '../../client/client.js';
import { states } from '../jobs/record.js';
import type { Session } from '../session.js';

/** So many jobs of each state are looked at. */
export const windowSize = 100;

interface Seen extends Pick<JobView, 'id' | 'state' | 'attempt' | 'created_at' | 'run_at'> {
  readonly reason: string | undefined;
  readonly worker: string | undefined;
  readonly error: string | undefined;
}

export interface Look {
  /** By id; those of a state in its order. */
  readonly jobs: ReadonlyMap<string, Seen>;
  /** States that have more jobs than were looked at. */
  readonly full: ReadonlySet<JobState>;
  /** When the youngest of the jobs was pushed, epoch seconds. */
  readonly latest: number;
  /** How many jobs were done or taken for good. */
  readonly processed: number;
}

export interface Happening {
  /** Nothing: it is known by numbers only. */
  readonly id?: string;
  readonly state: JobState | 'gone' | 'processed';
  readonly attempt?: number | undefined;
  readonly worker?: string | undefined;
  readonly reason?: string | undefined;
  /** Epoch seconds. */
  readonly run_at?: number | undefined;
  readonly error?: string | undefined;
  readonly count?: number;
}

export async function lookAt(client: Session['client'], queue: string): Promise<Look> {
  const { job_processed: processed } = await client.counters(queue);
  const status = await client.status(queue);
  const jobs = new Map<string, Seen>();
  const full = new Set<JobState>();
  let latest = 0;
  for (const state of states) {
    if (status[state] === 0) continue;
    let many = 0;
    for await (const job of client.list(queue, state, { limit: windowSize })) {
      jobs.set(job.id, seenOf(job));
      latest = Math.max(latest, job.created_at);
      many++;
    }
    if (many === windowSize) full.add(state);
  }
  return { jobs, full, latest, processed };
}

function seenOf({ id, state, attempt, created_at, reason, worker, run_at, attempts }: JobView): Seen {
  const { error } = attempts.at(-1) ?? {};
  return { id, state, attempt, created_at, reason, worker, run_at, error };
}

/** In the order of the states: what was seen before and is elsewhere now, what is new, what has gone. */
export function* changes(before: Look, now: Look): Iterable<Happening> {
  let ended = 0;
  const known = new Set<JobState>();
  for (const job of now.jobs.values()) {
    const old = before.jobs.get(job.id);
    if (old?.state === job.state && old.attempt === job.attempt) {
      known.add(job.state);
      continue;
    }
    if (!old && isOld(job, before, known)) continue;
    if (job.state === 'done') ended++;
    yield happeningOf(job);
  }
  for (const old of before.jobs.values()) {
    if (now.jobs.has(old.id) || now.full.size > 0 || old.state === 'done' || old.state === 'dead') continue;
    ended++;
    yield { id: old.id, state: 'gone' };
  }
  const more = now.processed - before.processed - ended;
  if (more > 0) yield { state: 'processed', count: more };
}

/** Whether it may have been there, behind those that were looked at. */
function isOld({ state, created_at }: Seen, before: Look, known: ReadonlySet<JobState>): boolean {
  if (!before.full.has(state)) return false;
  // Done and dead ones stand the latest first, so what follows one that was known is older.
  if (state === 'done' || state === 'dead') return known.has(state);
  return created_at <= before.latest;
}

function happeningOf({ id, state, attempt, worker, reason, run_at, error }: Seen): Happening {
  const failed = state === 'delayed' || state === 'dead' || state === 'ready';
  return {
    id,
    state,
    attempt: attempt > 0 ? attempt : undefined,
    worker: state === 'leased' ? worker : undefined,
    reason,
    run_at: state === 'delayed' ? run_at : undefined,
    error: failed ? error : undefined,
  };
}
