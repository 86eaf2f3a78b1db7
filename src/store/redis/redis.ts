/** The store on a Redis: each method is a script (`lua/`) or a few, so that several servers may share one. */

import { ApiError } from '../../api/errors.js';
import { tendStep } from '../calls.js';
import type { Store } from '../store.js';
import { createUntold } from '../untold.js';
import { createBatches } from './batches.js';
import type { Call } from './connection.js';
import { createDirectory } from './directory.js';
import { createLanes } from './lanes.js';
import { openConnection, type RedisStoreOptions } from './opening.js';
import { createOutbox } from './outbox.js';
import { fromOf, idText, jobsOf, listOf, movedOf, nextOf, withNumber } from './records.js';
import type { ForIndex, News } from './replies.js';
import { createRoster, indexLane } from './roster.js';
import type { ScriptName } from './scripts.js';
import { createSettling } from './settling.js';
import { createTaking } from './taking.js';
import { createTendStep } from './tend-step.js';
import { anyLength, pushAll } from './together.js';
import { parseUrl } from './url.js';

/** Pushes of one job that is not longer go together. */
const smallChars = 64 * 1024;
/** Scripts that only look: they leave nothing that somebody would have to see to. */
const looks = new Set<ScriptName>(['job', 'list', 'queue', 'held', 'tend']);

/** Rejects with an `OpenError` when Redis can't be reached or is none that can be used. */
export async function openRedisStore(options: RedisStoreOptions): Promise<Store> {
  const { name: sender, after, isAtRest } = options;
  const isCallersClock = isAtRest || parseUrl(options.url).isCallersClock;
  const { connection, callIndex, facts, baseOf, idsFrom } = await openConnection(options);
  const { alone, together, finish } = createBatches();
  const lanes = createLanes();
  const { inTurn } = lanes;
  const untold = createUntold();

  /** The scripts have a clock of their own, but for those who hand in a time to test them. */
  const timed = (now: number, args: object) => (isCallersClock ? { ...args, now } : args);
  /** Calls of one kind go together: where the time is the callers', those of the same time. */
  const kindOf = (name: string, now: number) => (isCallersClock ? `${name} at ${now}` : name);

  const onIndex =
    (now: number): Call =>
    (name, args, payloads) =>
      callIndex(name, timed(now, args), payloads);
  const directory = createDirectory(onIndex);

  function on(now: number, queue: string): Call {
    const callQueue = connection.on(baseOf(queue));
    return async (name, args, payloads) => {
      const isReady = looks.has(name) ? directory.pending(queue) : directory.ready(now, queue);
      if (isReady) await isReady;
      const reply = await callQueue(name, timed(now, { ...args, queue, sender, idsFrom }), payloads);
      const { index } = reply.head as ForIndex;
      if (!index) return reply;
      const { told } = await directory.send(now, [{ queue, ...index }]);
      // Others are to see the queue in their lists from now on; when time changes something there is no hurry.
      if (index.opened !== undefined) await directory.unlessAway(now, told);
      return reply;
    };
  }

  const outbox = createOutbox(on);
  const taking = createTaking(on, after);
  const roster = createRoster({ onIndex, on, together, alone, kindOf, ...lanes });

  function hear(queue: string, { moved, ready = 0 }: News) {
    untold.note(queue, { moved: movedOf(moved), ready });
  }

  return {
    get durability() {
      return facts.durability;
    },
    get replicas() {
      return facts.replicas;
    },
    get about() {
      return facts.about;
    },
    isShared: true,

    async push(now, push) {
      const { queue, jobs, failure, replicas } = push;
      const isSmall = jobs.length === 1 && (jobs[0]?.body.length ?? 0) < smallChars;
      const kind = isSmall ? kindOf('push', now) : undefined;
      const pushing = together(queue, kind, push, (all) => pushAll(on(now, queue), all)).then(
        async (pushed) => {
          if (pushed instanceof ApiError) throw pushed;
          if (replicas === undefined || !('ids' in pushed)) return pushed;
          return { ...pushed, replicas: await connection.replicas(baseOf(queue), replicas) };
        },
      );
      const worker = failure?.worker;
      if (worker === undefined) return pushing;
      return inTurn(queue, pushing, (pushed) => {
        if ('ids' in pushed && !pushed.replayed) roster.tell(now, { queue, worker, failed: jobs.length });
      });
    },

    take(now, take) {
      const { queue, limit, worker } = take;
      const kind = limit === 1 ? kindOf('take', now) : undefined;
      const taken = together(queue, kind, take, (all) => taking.take(now, queue, all)).then((come) =>
        'late' in come ? come.late : come,
      );
      if (worker === undefined) return taken;
      return inTurn(queue, taken, ({ jobs }) => {
        const leased = jobs[0]?.state === 'leased';
        const took = leased ? [] : jobs.map(({ id }) => idText(id));
        roster.tell(now, { queue, worker, took, leased });
      });
    },

    async restore(now, { queue, jobs, worker }) {
      const untook = jobs.map(({ id }) => idText(id));
      const restoring = alone(queue, () => taking.restore(now, queue, { jobs }));
      await inTurn(queue, restoring, (counted) => {
        if (worker !== undefined) roster.tell(now, { queue, worker, untook, counted });
      });
    },

    settle: createSettling({ on, outbox, roster, together, inTurn, kindOf }),

    async steer(now, steer) {
      const { queue, action } = steer;
      const limit = 'id' in steer ? 1 : Math.min(steer.limit, tendStep);
      const which =
        'id' in steer
          ? { id: idText(steer.id) }
          : { state: steer.state, contains: steer.contains, limit, ...fromOf(steer.after) };
      return alone(queue, async () => {
        const { head } = await on(now, queue)('steer', { action, ...which });
        hear(queue, head);
        const changed = listOf(head.changed).map(withNumber);
        return { changed, ...(head.refused && { refused: head.refused }), ...nextOf(head) };
      });
    },

    job: (now, { queue, id, ahead, awaited }) =>
      alone(queue, async () => {
        const { head, rest } = await on(now, queue)('job', { id: idText(id), ahead, awaited });
        hear(queue, head);
        const [job] = jobsOf(rest);
        return job && { job, ...(head.ahead !== undefined && { ahead: head.ahead }) };
      }),

    async list(now, { queue, state, limit, maxBytes, contains, after }) {
      const bounds = { limit, ...(maxBytes < anyLength && { maxBytes }) };
      const page = { state, contains, ...bounds, ...fromOf(after) };
      return alone(queue, async () => {
        const { head, rest } = await on(now, queue)('list', page);
        hear(queue, head);
        return { jobs: jobsOf(rest), ...nextOf(head) };
      });
    },

    async purge(now, { queue }) {
      const purging = alone(queue, async () => {
        const { first } = (await on(now, queue)('purge', {})).head;
        if (first === undefined) return;
        const { told } = await directory.send(now, [{ queue, closed: first }]);
        await directory.unlessAway(now, told);
      });
      await inTurn(queue, purging, () => roster.tell(now, { queue, deleted: true }));
    },

    tend: createTendStep({ onIndex, on, directory, outbox, untold }),

    setQueue: (now, { queue, stopped, policy, ifRevision }) =>
      alone(queue, async () => {
        const given = ifRevision && { ifRevision: ifRevision.map(String) };
        const { head } = await on(now, queue)('setQueue', { stopped, policy, ...given });
        if (head.revision === undefined) return undefined;
        return { stopped: head.stopped, policy: head.policy, revision: Number(head.revision) };
      }),

    async queue(now, { queue }) {
      const [{ head }, workers] = await Promise.all([
        alone(queue, () => on(now, queue)('queue', {})),
        roster.countOn(now, queue),
      ]);
      const { moved, passed, revision, index: _, ...view } = head;
      hear(queue, { ...(moved && { moved }), ready: passed });
      return { ...view, workers, revision: Number(revision) };
    },

    queues: (now, { limit, after = '' }) =>
      alone(indexLane, async () => {
        const { head } = await onIndex(now)('queues', { limit, after });
        return { names: listOf(head.names), total: head.total };
      }),

    register: roster.register,
    unregister: roster.unregister,
    workers: roster.list,

    async look() {
      connection.listen();
      await facts.look();
    },

    async probe(now) {
      await onIndex(now)('probe', {});
      await facts.check();
    },

    async close() {
      taking.end();
      await finish();
      await connection.close();
    },
  };
}
