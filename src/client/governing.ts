/** Queues and workers: what there is, how it is set, how it goes. */

import type { Output } from '../api/types.js';
import type { CallOptions, Calls } from './calls.js';
import type { Duration } from './duration.js';
import { backoffOf, given, ms } from './options.js';
import type { WaitOptions } from './steering.js';

type Policy = Output<'status'>['policy'];

/** What is to be set, under the names of the HTTP interface; `null` is the default again. */
export interface PolicyChange {
  /** Lease of a fetch that names none; 0: it takes without one. */
  readonly lease?: Duration | null | undefined;
  readonly attempts?: number | null | undefined;
  readonly max_crashes?: number | null | undefined;
  readonly backoff?: 'exponential' | Duration | readonly Duration[] | null | undefined;
  readonly keep_done?: Duration | null | undefined;
  readonly keep_done_count?: number | null | undefined;
  readonly keep_dead?: Duration | null | undefined;
  readonly keep_dead_count?: number | null | undefined;
  readonly max_size?: number | null | undefined;
  readonly ttl?: Duration | null | undefined;
}

export interface PolicyOptions extends CallOptions {
  /** Only if the policy is the one with this ETag; else it rejects with `policy_changed`. */
  readonly ifMatch?: string | undefined;
}

const orNull = <T, R>(value: T | null | undefined, convert: (value: T) => R) =>
  value === null || value === undefined ? (value as null | undefined) : convert(value);

const duration = (value: Duration | null | undefined, name: string) =>
  orNull(value, (set) => ms(set, name) ?? 0);

const changeOf = (change: PolicyChange) =>
  given({
    leaseMs: duration(change.lease, 'lease'),
    attempts: change.attempts,
    maxCrashes: change.max_crashes,
    backoff: orNull(change.backoff, (set) => backoffOf(set) ?? null),
    keepDoneMs: duration(change.keep_done, 'keep_done'),
    keepDoneCount: change.keep_done_count,
    keepDeadMs: duration(change.keep_dead, 'keep_dead'),
    keepDeadCount: change.keep_dead_count,
    maxSize: change.max_size,
    ttlMs: duration(change.ttl, 'ttl'),
  });

/** One after the other, until none follows. */
async function* pages<P extends { readonly next?: string }>(
  load: (from: { after?: string }) => Promise<P>,
): AsyncIterable<P> {
  let page = await load({});
  yield page;
  while (page.next !== undefined) {
    page = await load({ after: page.next });
    yield page;
  }
}

export function createGoverning({ calls }: { calls: Calls }) {
  return {
    /** Their names, page by page. */
    async *queues({ signal }: CallOptions = {}): AsyncIterable<string> {
      for await (const page of pages((from) => calls.queues(from, { signal }))) yield* page.queues;
    },

    status: (queue: string, options?: CallOptions) => calls.status({ queue }, options),
    counters: (queue: string, options?: CallOptions) => calls.counters({ queue }, options),
    /** Its jobs, keys, counters, settings and name are gone, at once. */
    purge: (queue: string, options?: CallOptions) => calls.purge({ queue }, options),

    async policy(queue: string, options?: CallOptions): Promise<Policy> {
      return (await calls.status({ queue }, options)).policy;
    },
    async setPolicy(queue: string, change: PolicyChange, { ifMatch, signal }: PolicyOptions = {}) {
      await calls.setControl({ queue, ...changeOf(change), ...given({ ifMatch }) }, { signal });
    },
    /** It gives jobs again. */
    async start(queue: string, options?: CallOptions) {
      await calls.setControl({ queue, status: 'start' }, options);
    },
    /** It takes jobs and gives none. */
    async stop(queue: string, options?: CallOptions) {
      await calls.setControl({ queue, status: 'stop' }, options);
    },

    async *workers({ signal }: CallOptions = {}): AsyncIterable<Output<'worker'>> {
      for await (const page of pages((from) => calls.workers(from, { signal }))) yield* page.workers;
    },

    /** With `wait` (60 s at most) once one of its jobs is asked to stop or lost its lease. */
    worker: (name: string, { wait, signal }: WaitOptions = {}) =>
      calls.worker({ worker: name, ...given({ wait: ms(wait, 'wait') }) }, { signal }),

    /** Resolves when the server takes jobs: it really writes to its store. */
    async ready(options?: CallOptions) {
      await calls.ready({}, options);
    },
  };
}
