/** A Redis at rest, to be read or filled, each step of it a script or two. */

import { type Job, timedStates } from '../../core/job.js';
import type { Archive, KeyRecord } from '../archive.js';
import { MigrationError } from '../migration-error.js';
import type { Others } from '../others.js';
import { type Call, type Connection, connect } from './connection.js';
import { idsNote } from './opening.js';
import { idText, jobsOf, listOf, recordText } from './records.js';
import { openRedisStore } from './redis.js';
import { indexLane } from './roster.js';
import { parseUrl } from './url.js';

const states: readonly string[] = ['ready', ...timedStates];
/** As in `_queue.lua`. */
const idsPerMs = 100;
const straysPerPage = 500;

/** There is no other server to be told of anything, and no reply that is waited for a second time. */
const alone: Others = { name: 'archive', onNews() {}, after: () => ({ cancel() {} }) };

/** Rejects with an `OpenError` when Redis can't be reached or is none that can be used, with a `MigrationError` when it is not at rest. */
export async function openRedisArchive(url: string, purpose: 'read' | 'fill'): Promise<Archive> {
  const { prefix } = parseUrl(url);
  const connection = await connect(url, `${prefix}news`, { onMessage() {}, after: alone.after });
  const scripts = createScripts(connection, prefix);
  try {
    if (purpose === 'read') await findStrays(scripts);
    const store = await openRedisStore({ url, ...alone, isAtRest: true });
    const close = async () => {
      await store.close();
      await connection.close();
    };
    return { store: { ...store, close }, ...createCalls(scripts) };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

interface Scripts {
  on(queue: string): Call;
  readonly onIndex: Call;
}

function createScripts(connection: Connection, prefix: string): Scripts {
  const on =
    (queue: string): Call =>
    (name, args, payloads) =>
      connection.on(`${prefix}{${queue}}`)(name, { queue, now: 0, ...args }, payloads);
  return { on, onIndex: on(indexLane) };
}

/**
 * A server that died may not have told the index of a queue: somebody is to look there, so the queue is found. Its follow-up jobs that
 * were not delivered are in no queue.
 */
async function findStrays({ on, onIndex }: Scripts) {
  for (const kind of ['next', 'visit']) {
    for (let from = 0, more = true; more; from += straysPerPage) {
      const { head } = await onIndex('strays', { kind, from, limit: straysPerPage });
      for (const queue of listOf(head.queues)) {
        const { first } = await endsOf(on, queue);
        if (first !== undefined) await onIndex('tell', { all: [{ queue, opened: first }] });
      }
      more = head.more;
    }
  }
}

async function endsOf(on: Scripts['on'], queue: string) {
  const { head } = await on(queue)('ends', {});
  if (!head.outbox) return head;
  throw new MigrationError(
    `${queue} has follow-up jobs for other queues that are not delivered yet: start a server for a minute`,
  );
}

function createCalls({ on, onIndex }: Scripts): Omit<Archive, 'store'> {
  /** A worker of a leased job is to be found by it. */
  async function tellHolders(queue: string, jobs: readonly Job[]) {
    const workers = new Set(jobs.map(({ state, details }) => state === 'leased' && details?.lease?.worker));
    const all = [...workers].filter(Boolean).map((worker) => ({ queue, worker, leased: true }));
    if (all.length > 0) await onIndex('worked', { all });
  }

  return {
    note: async (note) => (await onIndex('note', note)).head.text,

    async ends({ queue }) {
      const { first, last } = await endsOf(on, queue);
      return first === undefined ? undefined : { firstId: Number(first), lastId: Number(last) };
    },

    // Ids begin with the time at which their queue was opened, or behind those of the store that this one was filled from.
    async lastId({ least, now }) {
      const known = Number((await onIndex('note', { name: idsNote })).head.text ?? 0);
      if (least > known) await onIndex('note', { name: idsNote, text: String(least) });
      return Math.max(known, least, now * idsPerMs);
    },

    /** State by state. */
    async jobs({ queue, limit, maxBytes, after = 'ready' }) {
      const [state = '', at, id] = after.split(' ');
      const from = id === undefined ? {} : { from: { at, id } };
      const { head, rest } = await on(queue)('list', { state, limit, maxBytes, ...from });
      const following = states[states.indexOf(state) + 1];
      const next = head.next ? `${state} ${head.next.at} ${head.next.id}` : following;
      return { jobs: jobsOf(rest), ...(next !== undefined && { next }) };
    },

    async keys({ queue, limit, after = '0' }) {
      const from = Number(after);
      const { head } = await on(queue)('keys', { from, limit });
      const keys = listOf(head.keys).map(
        ({ first, count, ...key }): KeyRecord => ({ ...key, firstId: Number(first), jobs: count }),
      );
      return { keys, ...(head.more && { next: String(from + limit) }) };
    },

    async startQueue({ queue, firstId }) {
      const first = idText(firstId);
      await on(queue)('startQueue', { first });
      await onIndex('enlist', { queue, first });
    },

    async putJobs({ queue, jobs }) {
      const payloads = jobs.flatMap((job) => [recordText(job), job.body, job.result ?? '']);
      await on(queue)('putJobs', { ids: jobs.map(({ id }) => idText(id)) }, payloads);
      await tellHolders(queue, jobs);
    },

    async putKeys({ queue, keys }) {
      const all = keys.map(({ firstId, jobs, ...key }) => ({ ...key, first: idText(firstId), count: jobs }));
      await on(queue)('putKeys', { keys: all });
    },

    async finishQueue({ queue, revision, lastId, ...record }) {
      const asked = { ...record, revision: String(revision), last: idText(lastId) };
      const { head } = await on(queue)('finishQueue', asked);
      if (head.index) await onIndex('tell', { all: [{ queue, ...head.index }] });
    },

    async putWorkers({ workers }) {
      for (const { doing, ...worker } of workers) {
        const took = doing.map((one) => ({ ...one, id: idText(one.id) }));
        await onIndex('putWorker', { ...worker, doing: took });
      }
    },
  };
}
