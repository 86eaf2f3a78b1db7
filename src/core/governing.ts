/** Queues as a whole: what they have, whether they are open, their policy, and their end. */

import { ApiError } from '../api/errors.js';
import { limits } from '../api/limits.js';
import type { PolicyChange } from '../api/policy.js';
import type { Api, Output } from '../api/types.js';
import type { QueueView } from '../store/calls.js';
import type { Shared } from './broker.js';
import { policyView, seconds } from './view.js';

type Governing = Pick<Api, 'purge' | 'queues' | 'status' | 'counters' | 'control' | 'setControl'>;

export function createGoverning({ store, clock, waiters, watching, tending }: Shared): Governing {
  return {
    async purge({ queue }) {
      await store.purge(clock.now(), { queue });
      watching.tellAll();
      tending.now();
    },

    async queues({ after }) {
      const limit = limits.queuesPerList;
      const page = { limit: limit + 1, ...(after !== undefined && { after }) };
      const { names, total } = await store.queues(clock.now(), page);
      const last = names.length > limit ? names[limit - 1] : undefined;
      return { queues: names.slice(0, limit), size: total, ...(last !== undefined && { next: last }) };
    },

    async status({ queue, withDesc = '0', after }) {
      if (after !== undefined && withDesc === '0') {
        throw new ApiError('invalid', { message: 'after goes with with_desc=1' });
      }
      const now = clock.now();
      const view = store.queue(now, { queue });
      if (withDesc === '0') return statusOf(queue, await view, now);
      const page = {
        queue,
        state: 'ready',
        limit: limits.jobsPerTake,
        maxBytes: limits.answerBytes,
      } as const;
      const listed = store.list(now, { ...page, ...(after !== undefined && { after }) });
      const [status, { jobs, next }] = await Promise.all([view, listed]);
      const texts = jobs.map(({ body }) => body);
      return { ...statusOf(queue, status, now), jobs: texts, ...(next !== undefined && { next }) };
    },

    async counters({ queue }) {
      const { ready, processed, failed } = await store.queue(clock.now(), { queue });
      return { queue_name: queue, job_count: ready, job_processed: processed, job_failed: failed };
    },

    async control({ queue }) {
      const { stopped, revision } = await store.queue(clock.now(), { queue });
      return { queue, status: stopped ? '0' : '1', etag: etagOf(revision) };
    },

    async setControl({ queue, status, action, ifMatch, ...members }) {
      const wanted = status ?? action;
      const policy = members as PolicyChange;
      if (wanted === undefined && Object.keys(policy).length === 0) throw new ApiError('status_missing');
      if (status !== undefined && action !== undefined && status !== action) {
        throw new ApiError('invalid', { message: 'status and action say different things' });
      }
      const ifRevision = ifMatch === undefined || ifMatch === '*' ? undefined : revisionsOf(ifMatch);
      const set = await store.setQueue(clock.now(), {
        queue,
        policy,
        ...(wanted !== undefined && { stopped: wanted === 'stop' }),
        ...(ifRevision && { ifRevision }),
      });
      if (!set) throw new ApiError('policy_changed');
      if (wanted === 'start') waiters.wake(queue, 1);
      tending.soon();
      return { queue, response: 'updated', etag: etagOf(set.revision) };
    },
  };
}

const etagOf = (revision: number) => `"${revision}"`;

/** The revisions that strong tags name; weak ones match nothing (RFC 9110, 13.1.1). */
const revisionsOf = (tags: string) =>
  tags.split(',').flatMap((tag) => {
    const revision = /^"(\d{1,15})"$/.exec(tag.trim())?.[1];
    return revision === undefined ? [] : [Number(revision)];
  });

function statusOf(queue: string, view: QueueView, now: number): Output<'status'> {
  const { ready, delayed, leased, done, dead, oldestAt, workers, stopped } = view;
  return {
    queue,
    size: ready,
    policy: policyView(view),
    ready,
    delayed,
    leased,
    done,
    dead,
    oldest_age: oldestAt === undefined ? 0 : Math.max(0, seconds(now - oldestAt)),
    workers,
    paused: stopped ? 1 : 0,
  };
}
