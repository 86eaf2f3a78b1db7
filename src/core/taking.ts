/** How jobs are taken: from the first of several queues that has one, now or within a time, for good or under leases. */

import { ApiError } from '../api/errors.js';
import { limits } from '../api/limits.js';
import type { Api, Call, Input, Output } from '../api/types.js';
import type { Taken } from '../store/calls.js';
import type { Shared } from './broker.js';
import type { Job } from './job.js';
import { attemptOf } from './moves.js';
import { seconds } from './view.js';
import { jobKey } from './watching.js';

interface Wanted {
  readonly queues: readonly string[];
  readonly limit: number;
  readonly worker?: string | undefined;
  /** How long to wait for a job, milliseconds. */
  readonly waitMs: number;
  readonly leaseMs: number | undefined;
}

interface Given {
  readonly queue: string;
  readonly jobs: readonly Job[];
}

export interface Taking extends Pick<Api, 'take' | 'takeMany'> {
  /** When somebody asked the queue for a job the last time, epoch milliseconds, as far as it is known. */
  askedAt(queue: string): number | undefined;
  /** Resolves when every job that is to go back is back. */
  settled(): Promise<void>;
}

/** Each brings a take forward by many jobs, so that more of them are not needed. */
const mostTries = 100;
/** The default of `batch_size`. */
const defaultBatchSize = 10;
/** For so many queues it is remembered when somebody asked. */
const queuesRemembered = 100_000;

export function createTaking({
  store,
  clock,
  chance,
  waiters,
  watching,
  tending,
  tellMoved,
  onDamaged,
  onError,
}: Shared): Taking {
  const restoring = new Set<Promise<void>>();
  const asked = new Map<string, number>();

  function noteAsked(queue: string, now: number) {
    if (asked.size >= queuesRemembered && !asked.has(queue)) asked.clear();
    asked.set(queue, now);
  }

  /** Where the store stopped at a bound before it came to a job, it is asked again. */
  async function takeFrom(queue: string, wanted: Wanted): Promise<Taken> {
    for (let tries = 1; ; tries++) {
      const taken = await takeOnce(queue, wanted);
      if (taken.jobs.length > 0 || taken.left === 0 || tries === mostTries) return taken;
    }
  }

  async function takeOnce(queue: string, { limit, worker, leaseMs }: Wanted): Promise<Taken> {
    const now = clock.now();
    noteAsked(queue, now);
    const ms = leaseMs === undefined ? {} : { ms: leaseMs };
    const taken = await store.take(now, {
      queue,
      limit,
      maxBytes: limits.answerBytes,
      ...(worker !== undefined && { worker }),
      ...(leaseMs !== 0 && { lease: { token: chance.token(), ...ms } }),
    });
    for (const id of taken.damaged) onDamaged({ queue, id: String(id) });
    if (taken.moved.length > 0) tellMoved(taken.moved);
    if (taken.nextAt !== undefined) waiters.wakeAt(queue, taken.nextAt);
    if (taken.left > 0) waiters.wake(queue, taken.left);
    if (taken.jobs.length > 0) tending.soon();
    return taken;
  }

  function give(queue: string, jobs: readonly Job[], { worker }: Wanted, call: Call): Given {
    const by = worker === undefined ? {} : { worker };
    for (const { state, id } of jobs) if (state === 'done') watching.tell(jobKey(queue, id));
    call.undelivered(() => {
      const restored = store
        .restore(clock.now(), { queue, jobs, ...by })
        .then(() => {
          waiters.wake(queue, jobs.length);
          tending.soon();
        })
        .catch(onError)
        .finally(() => restoring.delete(restored));
      restoring.add(restored);
    });
    return { queue, jobs };
  }

  /** What the first queue gave that had something, or whether all of them are stopped. */
  async function tryQueues(
    queues: readonly string[],
    wanted: Wanted,
    call: Call,
  ): Promise<Given | 'stopped' | 'empty'> {
    let stopped = 0;
    for (const queue of queues) {
      const taken = await takeFrom(queue, wanted);
      if (taken.jobs.length > 0) return give(queue, taken.jobs, wanted, call);
      if (taken.stopped) stopped++;
    }
    return stopped === wanted.queues.length ? 'stopped' : 'empty';
  }

  async function waitFor(wanted: Wanted, call: Call): Promise<Given | 'stopped' | 'empty'> {
    const waiter = waiters.join(wanted.queues, clock.now() + wanted.waitMs);
    let gone = false;
    call.onGone(() => {
      gone = true;
      waiter.end();
    });
    let outcome: Parameters<typeof waiter.leave>[0] = 'failed';
    try {
      let result = await tryQueues(waiter.free, wanted, call);
      while (typeof result === 'string' && !gone && !waiter.isOver) {
        await waiter.woken();
        if (!gone) result = await tryQueues(wanted.queues, wanted, call);
      }
      outcome = typeof result === 'string' ? undefined : { gotFrom: result.queue };
      return result;
    } finally {
      waiter.leave(outcome);
    }
  }

  async function takeJobs(
    { queues, worker, wait = 0, leaseMs }: Pick<Input<'take'>, 'queues' | 'worker' | 'wait' | 'leaseMs'>,
    limit: number,
    call: Call,
  ): Promise<Given> {
    const wanted = { queues, limit, worker, waitMs: wait, leaseMs };
    const result = wait > 0 ? await waitFor(wanted, call) : await tryQueues(queues, wanted, call);
    if (typeof result !== 'string') return result;
    throw new ApiError(result === 'stopped' ? 'queue_closed' : 'no_job');
  }

  return {
    async take(input, call) {
      const { queue, jobs } = await takeJobs(input, 1, call);
      return takenView(queue, jobs[0] as Job);
    },

    async takeMany({ batchSize = defaultBatchSize, ...input }, call) {
      const { queue, jobs } = await takeJobs(input, batchSize, call);
      if (jobs[0]?.details?.lease === undefined) {
        return { answer: 'taken', queue, jobs: jobs.map((job) => job.body), delivery: 'at-most-once' };
      }
      return {
        answer: 'leased',
        queue,
        delivery: 'at-least-once',
        jobs: jobs.map((job) => ({
          id: String(job.id),
          lease: job.details?.lease?.token ?? '',
          attempt: attemptOf(job),
          expires_at: seconds(Number(job.dueAt)),
          queue,
          job: job.body,
          ...(job.details?.traceparent !== undefined && { traceparent: job.details.traceparent }),
        })),
      };
    },

    askedAt: (queue) => asked.get(queue),

    async settled() {
      await Promise.all(restoring);
    },
  };
}

function takenView(queue: string, job: Job): Output<'take'> {
  const view = { queue, id: String(job.id), job: job.body } as const;
  const { lease, traceparent } = job.details ?? {};
  if (!lease) return { ...view, delivery: 'at-most-once' };
  return {
    ...view,
    delivery: 'at-least-once',
    lease: lease.token,
    attempt: attemptOf(job),
    expires: withThreeDecimals(Number(job.dueAt)),
    ...(traceparent !== undefined && { traceparent }),
  };
}

/** Epoch seconds; `toFixed` takes several times as long. */
function withThreeDecimals(ms: number): string {
  const digits = String(ms).padStart(4, '0');
  return `${digits.slice(0, -3)}.${digits.slice(-3)}`;
}
