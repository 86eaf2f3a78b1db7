/** The store on a Redis: each method is a script (`lua/`), so that several servers may share one. */

import { ApiError } from '../../api/errors.js';
import { limits } from '../../api/limits.js';
import { tendStep } from '../calls.js';
import { listCursor, parseCursor } from '../cursor.js';
import type { Store } from '../store.js';
import { createUntold } from '../untold.js';
import { createBatches } from './batches.js';
import { type Connection, connect } from './connection.js';
import { createFacts } from './facts.js';
import { jobsOf, listOf, movedOf, recordOf, withNumber } from './records.js';
import type { News, Replies } from './replies.js';
import { anyLength, type Call, pushAll, settleAll, takeAll } from './together.js';
import { parseUrl } from './url.js';

export interface RedisStoreOptions {
  readonly url: string;
  /** Jobs of this queue may be there now, or its settings have changed, whoever did that. */
  readonly onNews: (queue: string) => void;
}

/** Pushes of one job that is not longer go together. */
const smallChars = 64 * 1024;

/** Rejects with an `OpenError` when Redis can't be reached or is none that can be used. */
export async function openRedisStore({ url, onNews }: RedisStoreOptions): Promise<Store> {
  const { address, prefix, isCallersClock } = parseUrl(url);
  const connection = await connect(address, prefix, onNews);
  const facts = await factsOf(connection);
  const { alone, together, flush } = createBatches();
  const untold = createUntold();

  /** The scripts have a clock of their own, but for those who hand in a time to test them. */
  const at =
    (now: number): Call =>
    (name, args, payloads) =>
      connection.call(name, isCallersClock ? { ...args, now } : args, payloads);

  /** Calls of one kind go together: where the time is the callers', those of the same time. */
  const kindOf = (name: string, now: number) => (isCallersClock ? `${name} at ${now}` : name);

  function hear(queue: string, { moved, ready = 0 }: News) {
    untold.note(queue, { moved: movedOf(moved), ready });
  }

  return {
    get durability() {
      return facts.durability;
    },
    get about() {
      return facts.about;
    },
    isShared: true,

    async push(now, push) {
      const { queue, jobs } = push;
      const isSmall = jobs.length === 1 && (jobs[0]?.body.length ?? 0) < smallChars;
      const kind = isSmall ? kindOf('push', now) : undefined;
      const pushed = await together(queue, kind, push, (all) => pushAll(at(now), queue, all));
      if (pushed instanceof ApiError) throw pushed;
      return pushed;
    },

    take(now, take) {
      const { queue, limit } = take;
      const kind = limit === 1 ? kindOf('take', now) : undefined;
      return together(queue, kind, take, (all) => takeAll(at(now), queue, all));
    },

    restore: (now, { queue, jobs, worker }) =>
      alone(queue, async () => {
        const asked = jobs.map((job) => ({
          id: String(job.id),
          lease: job.details?.lease?.token,
          record: recordOf(job),
        }));
        const bodies = jobs.map(({ body }) => body);
        await at(now)('restore', { queue, jobs: asked, worker }, bodies);
      }),

    async settle(now, settle) {
      const { queue, settlements } = settle;
      if (settlements.length === 0) return [];
      const kind = settlements.length === 1 ? kindOf('settle', now) : undefined;
      return together(queue, kind, settle, (all) => settleAll(at(now), queue, all));
    },

    async steer(now, steer) {
      const { queue, action } = steer;
      const limit = 'id' in steer ? 1 : Math.min(steer.limit, tendStep);
      const which =
        'id' in steer
          ? { id: String(steer.id) }
          : { state: steer.state, contains: steer.contains, limit, ...fromOf(steer.after) };
      return alone(queue, async () => {
        const { head } = await at(now)('steer', { queue, action, ...which });
        hear(queue, head);
        const changed = listOf(head.changed).map(withNumber);
        return { changed, ...(head.refused && { refused: head.refused }), ...nextOf(head) };
      });
    },

    job: (now, { queue, id, ahead }) =>
      alone(queue, async () => {
        const { head, rest } = await at(now)('job', { queue, id: String(id), ahead });
        hear(queue, head);
        const [job] = jobsOf(rest);
        return job && { job, ...(head.ahead !== undefined && { ahead: head.ahead }) };
      }),

    async list(now, { queue, state, limit, maxBytes, contains, after }) {
      const bounds = { limit, ...(maxBytes < anyLength && { maxBytes }) };
      const page = { state, contains, ...bounds, ...fromOf(after) };
      return alone(queue, async () => {
        const { head, rest } = await at(now)('list', { queue, ...page });
        hear(queue, head);
        return { jobs: jobsOf(rest), ...nextOf(head) };
      });
    },

    purge: (now, { queue }) => alone(queue, async () => void (await at(now)('purge', { queue }))),

    async tend(now, { restart = false }) {
      const { head } = await at(now)('tend', { restart });
      const told = untold.tell();
      return {
        more: head.more,
        moved: [...told.moved, ...movedOf(head.moved)],
        ready: [...told.ready, ...listOf(head.ready)],
        ...(head.nextAt !== undefined && { nextAt: head.nextAt }),
      };
    },

    setQueue: (now, { queue, stopped, policy, ifRevision }) =>
      alone(queue, async () => {
        const given = ifRevision && { ifRevision: ifRevision.map(String) };
        const { head } = await at(now)('setQueue', { queue, stopped, policy, ...given });
        const { revision, ...settings } = head;
        return revision === undefined ? undefined : { ...settings, revision: Number(revision) };
      }),

    queue: (now, { queue }) =>
      alone(queue, async () => {
        const { moved, passed, revision, ...view } = (await at(now)('queue', { queue })).head;
        hear(queue, { ...(moved && { moved }), ready: passed });
        return { ...view, revision: Number(revision) };
      }),

    queues: (now, { limit, after = '' }) =>
      alone('', async () => {
        const { head } = await at(now)('queues', { limit, after });
        return { names: listOf(head.names), total: head.total };
      }),

    register: (now, { worker, queue }) =>
      alone(queue, async () => {
        const bounds = { mostWorkers: limits.workers, mostQueues: limits.queuesPerWorker };
        return (await at(now)('register', { worker, queue, ...bounds })).head.registered;
      }),

    unregister: (now, { worker, queue }) =>
      alone(queue, async () => void (await at(now)('unregister', { worker, queue }))),

    workers: (now, { limit, after = '', worker, queue }) =>
      alone(queue ?? '', async () => {
        const asked = { limit, after, worker, on: queue, mostDoing: limits.jobsPerTake };
        const { head } = await at(now)('workers', asked);
        return listOf(head.workers).map((view) => ({
          ...view,
          queues: listOf(view.queues),
          doing: listOf(view.doing).map(withNumber),
        }));
      }),

    look: facts.look,

    async probe(now) {
      await at(now)('probe', {});
      await facts.check();
    },

    async close() {
      flush();
      await connection.close();
    },
  };
}

async function factsOf({ redis, close }: Connection) {
  try {
    return await createFacts(redis);
  } catch (error) {
    await close();
    throw error;
  }
}

function fromOf(after: string | undefined) {
  const from = parseCursor(after);
  return from && { from: { at: String(from.at), id: String(from.id) } };
}

function nextOf({ next }: Pick<Replies['list'], 'next'>) {
  return next && { next: listCursor({ at: next.at, id: Number(next.id) }) };
}
