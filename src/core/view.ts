/** What a job and a policy look like to those who ask: the words and units of the wire. */

import type { Output } from '../api/types.js';
import type { QueueSettings } from '../store/calls.js';
import { type Attempt, defaultPriority, type Job, type Life } from './job.js';
import { attemptOf, crashesOf, failuresOf } from './moves.js';
import { defaultPolicy } from './policy.js';

export const seconds = (ms: number) => ms / 1000;

export function jobView(queue: string, job: Job): Output<'job'> {
  const { details = {} } = job;
  const { lease, log = [], reason, progress, note, tags = [] } = details;
  const worker = lease?.worker;
  return {
    id: String(job.id),
    queue,
    state: job.state,
    ...(reason !== undefined && { reason }),
    priority: job.priority ?? defaultPriority,
    tags: [...tags],
    attempt: lease ? attemptOf(job) : (log.at(-1)?.attempt ?? 0),
    failures: failuresOf(job),
    crashes: crashesOf(job),
    created_at: seconds(job.createdAt),
    run_at: seconds(job.state === 'delayed' ? Number(job.dueAt) : job.createdAt),
    ...(lease && { expires_at: seconds(Number(job.dueAt)) }),
    ...(worker !== undefined && { worker }),
    ...(progress !== undefined && { progress }),
    ...(note !== undefined && { note }),
    attempts: log.map(attemptView),
    // A text that does not match its checksum is not handed out.
    ...(reason !== 'damaged' && { job: job.body }),
    ...(job.result !== undefined && { result: job.result }),
  };
}

function attemptView({ attempt, startedAt, endedAt, outcome, worker, error }: Attempt) {
  return {
    attempt,
    ...(worker !== undefined && { worker }),
    started_at: seconds(startedAt),
    ended_at: seconds(endedAt),
    outcome,
    ...(error !== undefined && { error }),
  };
}

/** What the latest failure said. */
export const lastError = ({ details }: Life) =>
  details?.log?.findLast(({ error }) => error !== undefined)?.error;

export function policyView({ stopped, policy }: QueueSettings): Output<'status'>['policy'] {
  const { leaseMs, attempts, maxCrashes, backoff, keepDoneMs, keepDoneCount, keepDeadMs, keepDeadCount } = {
    ...defaultPolicy,
    ...policy,
  };
  const { maxSize, ttlMs } = policy;
  return {
    status: stopped ? 'stop' : 'start',
    lease: seconds(leaseMs),
    attempts,
    max_crashes: maxCrashes,
    backoff: typeof backoff === 'string' ? backoff : backoff.map(seconds),
    keep_done: seconds(keepDoneMs),
    keep_done_count: keepDoneCount,
    keep_dead: seconds(keepDeadMs),
    keep_dead_count: keepDeadCount,
    ...(maxSize !== undefined && { max_size: maxSize }),
    ...(ttlMs !== undefined && { ttl: seconds(ttlMs) }),
  };
}
