/** The job as a thing one can ask about and steer: look, why, list, retry, cancel, delete, one by one or many. */

import { ApiError } from '../api/errors.js';
import { limits } from '../api/limits.js';
import type { Api, Call } from '../api/types.js';
import type { Steer, Steered } from '../store/calls.js';
import type { Shared } from './broker.js';
import { isEnded, type Job } from './job.js';
import { jobView } from './view.js';
import { jobKey, workerKey } from './watching.js';
import { type Asked, whyOf } from './why.js';

type Steering = Pick<Api, 'list' | 'bulk' | 'job' | 'why' | 'retry' | 'cancel' | 'remove'>;
type OneSteer = Extract<Steer, { id: number }>;

const jobsPerPage = 50;

export function createSteering(
  { store, clock, waiters, watching, tending }: Shared,
  asked: (queue: string) => Asked,
): Steering {
  const isOver = (found: { job: Job } | undefined) => !found || isEnded(found.job);

  async function find(queue: string, text: string, options: { ahead?: boolean; awaited?: boolean } = {}) {
    const id = idOf(text);
    return id === undefined ? undefined : store.job(clock.now(), { queue, id, ...options });
  }

  async function steer(
    queue: string,
    text: string,
    action: OneSteer['action'],
  ): Promise<Steered['changed'][number]> {
    const id = idOf(text);
    if (id === undefined) throw new ApiError('job_unknown');
    const { changed, refused } = await store.steer(clock.now(), { queue, action, id });
    if (refused) throw refusal(refused);
    tell(queue, changed);
    return changed[0] as Steered['changed'][number];
  }

  /** Who waits for these jobs' ends, for their workers' sake, or for jobs. */
  function tell(queue: string, changed: Steered['changed']) {
    tending.soon();
    let ready = 0;
    for (const { id, state, worker } of changed) {
      if (state === 'ready') ready++;
      if (state !== 'ready' && state !== 'leased') watching.tell(jobKey(queue, id));
      if (worker !== undefined) watching.tell(workerKey(worker));
    }
    if (ready > 0) waiters.wake(queue, ready);
  }

  async function actOnAll(
    queue: string,
    which: Omit<Extract<Steer, { limit: number }>, 'queue' | 'limit' | 'after'>,
    call: Call,
  ): Promise<{ matched: number; more: boolean }> {
    let gone = false;
    call.onGone(() => {
      gone = true;
    });
    let matched = 0;
    let next: string | undefined;
    do {
      const limit = limits.jobsPerBulk - matched;
      const after = next === undefined ? {} : { after: next };
      const step = await store.steer(clock.now(), { queue, ...which, limit, ...after });
      tell(queue, step.changed);
      matched += step.changed.length;
      next = step.next;
    } while (next !== undefined && matched < limits.jobsPerBulk && !gone);
    return { matched, more: next !== undefined };
  }

  return {
    async job({ queue, id, wait = 0 }, call) {
      const found = await watching.until(
        jobKey(queue, id),
        wait,
        call,
        () => find(queue, id, { awaited: wait > 0 }),
        isOver,
      );
      if (!found) throw new ApiError('job_unknown');
      return jobView(queue, found.job);
    },

    async why({ queue, id }) {
      const [found, view] = await Promise.all([
        find(queue, id, { ahead: true }),
        store.queue(clock.now(), { queue }),
      ]);
      if (!found) throw new ApiError('job_unknown');
      const why = whyOf(found.job, {
        now: clock.now(),
        stopped: view.stopped,
        ahead: found.ahead ?? 0,
        asked: asked(queue),
      });
      return { id, queue, state: found.job.state, ...why };
    },

    async list({ queue, state, limit = jobsPerPage, contains, after }) {
      const bounds = { limit, maxBytes: limits.answerBytes };
      const { jobs, next } = await store.list(clock.now(), {
        queue,
        state,
        ...bounds,
        ...(contains !== undefined && { contains }),
        ...(after !== undefined && { after }),
      });
      const search = contains === undefined ? '' : `&contains=${encodeURIComponent(contains)}`;
      return {
        jobs: jobs.map((job) => jobView(queue, job)),
        rest: `&limit=${limit}${search}`,
        ...(next !== undefined && { next }),
      };
    },

    async bulk({ queue, state, action, contains }, call) {
      if (action === 'retry' && state !== 'dead' && state !== 'delayed') {
        throw new ApiError('invalid', { message: 'state must be dead or delayed for action retry' });
      }
      return actOnAll(queue, { action, state, ...(contains !== undefined && { contains }) }, call);
    },

    async retry({ queue, id }) {
      const { state = 'ready' } = await steer(queue, id, 'retry');
      return { state };
    },

    async cancel({ queue, id }) {
      const { state = 'dead' } = await steer(queue, id, 'cancel');
      return { state };
    },

    async remove({ queue, id }) {
      await steer(queue, id, 'delete');
    },
  };
}

/** The number that an id stands for; nothing when it can't be one of ours. */
export function idOf(text: string): number | undefined {
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined;
}

function refusal({ why, state }: NonNullable<Steered['refused']>): ApiError {
  return why === 'job_state' ? new ApiError(why, { message: `job is ${state}` }) : new ApiError(why);
}
