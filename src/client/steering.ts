/** Jobs that are there: looked at, steered, waited for. */

import type { Input, Output } from '../api/types.js';
import type { Ambient } from './ambient.js';
import type { CallOptions, Calls } from './calls.js';
import type { Codec } from './codec.js';
import { type Duration, millisecondsOf } from './duration.js';
import { PresqueError } from './errors.js';
import { given, ms } from './options.js';
import { startPatience } from './patience.js';

export type JobState = Output<'job'>['state'];

/** A job as it is kept, `job` and `result` as the program has them. */
export type JobView<J = unknown> = Omit<Output<'job'>, 'job' | 'result'> & {
  readonly job?: J;
  readonly result?: unknown;
};

export interface WaitOptions extends CallOptions {
  readonly wait?: Duration | undefined;
}

export interface ListOptions extends CallOptions {
  /** How many in all; all of them unless told. */
  readonly limit?: number | undefined;
  /** Only jobs whose text has this in it. */
  readonly contains?: string | undefined;
}

const mostPerPage = 1_000;
const stepMs = 30_000;

export function createSteering({ calls, codec, ambient }: { calls: Calls; codec: Codec; ambient: Ambient }) {
  function viewOf({ job, result, ...view }: Output<'job'>): JobView {
    return {
      ...view,
      ...(job !== undefined && { job: codec.decode(job) }),
      ...(result !== undefined && { result: codec.decode(result) }),
    };
  }

  async function job(queue: string, id: string, { wait, signal }: WaitOptions = {}): Promise<JobView> {
    return viewOf(await calls.job({ queue, id, ...given({ wait: ms(wait, 'wait') }) }, { signal }));
  }

  return {
    /** With `wait` (60 s at most) once it is done or dead, or when that time is over. */
    job,

    why: (queue: string, id: string, options?: CallOptions) => calls.why({ queue, id }, options),
    /** A dead or delayed job is ready now. */
    retry: (queue: string, id: string, options?: CallOptions) => calls.retry({ queue, id }, options),
    /** A waiting job is dead; the worker of a leased one is asked to stop. */
    cancel: (queue: string, id: string, options?: CallOptions) => calls.cancel({ queue, id }, options),
    remove: (queue: string, id: string, options?: CallOptions) => calls.remove({ queue, id }, options),

    /** What came of a job, once it is done: as long as it takes unless `wait` says how long. Rejects with `job_dead` or `not_ended`. */
    async result(queue: string, id: string, { wait, signal }: WaitOptions = {}): Promise<unknown> {
      const until =
        wait === undefined ? Number.POSITIVE_INFINITY : ambient.now() + millisecondsOf(wait, 'wait');
      for (;;) {
        const leftMs = Math.max(0, until - ambient.now());
        const waitMs = Math.min(leftMs, stepMs);
        const patience = startPatience(ambient, waitMs, signal);
        const view = await job(queue, id, { wait: `${waitMs}ms`, signal });
        if (view.state === 'done') return view.result;
        if (view.state === 'dead') throw deathOf(view);
        if (leftMs === 0) throw new PresqueError('not_ended', 0, `job is ${view.state}`, { job: id });
        await patience.pause();
      }
    },

    /** The jobs of a state, in its order, page by page. */
    async *list(
      queue: string,
      state: JobState,
      { limit = Number.POSITIVE_INFINITY, contains, signal }: ListOptions = {},
    ): AsyncIterable<JobView> {
      let left = limit;
      let after: string | undefined;
      do {
        const page = { limit: Math.min(left, mostPerPage), ...given({ contains, after }) };
        if (page.limit < 1) return;
        const { jobs, next } = await calls.list({ queue, state, ...page }, { signal });
        for (const one of jobs) yield viewOf(one);
        left -= jobs.length;
        after = next;
      } while (after !== undefined);
    },

    /** Retries or deletes all the jobs of a state, step by step. */
    async bulk(
      queue: string,
      state: JobState,
      action: Input<'bulk'>['action'],
      { contains, signal }: Omit<ListOptions, 'limit'> = {},
    ): Promise<{ matched: number }> {
      let matched = 0;
      for (;;) {
        const step = await calls.bulk({ queue, state, action, ...given({ contains }) }, { signal });
        matched += step.matched;
        if (!step.more) return { matched };
      }
    },
  };
}

function deathOf({ reason, attempts, id }: JobView): PresqueError {
  const error = attempts.at(-1)?.error;
  return new PresqueError('job_dead', 424, error ?? `job is dead: ${reason ?? 'for an unknown reason'}`, {
    job: id,
  });
}
