/** presque for programs: a typed client and worker, for Node and browsers, against a URL or an embedded server. */

import type { Api } from '../api/types.js';
import { ambient } from './ambient.js';
import { type Calls, createCalls } from './calls.js';
import { texts, values } from './codec.js';
import { createGoverning } from './governing.js';
import { createLeasing, type Leases, type TakenJob } from './leasing.js';
import type { LeaseOptions, PushOptions, TakeOptions } from './options.js';
import { createPushing, type Pushed, type PushManyOptions } from './pushing.js';
import { createRemoteApi, defaultUrl } from './remote.js';
import type { JobContext } from './run.js';
import {
  createSteering,
  type JobState,
  type JobView,
  type ListOptions,
  type WaitOptions,
} from './steering.js';
import type { WorkOptions } from './work-options.js';
import { startWorker, type Worker } from './worker.js';

export type { Api, Input, Output, RouteName } from '../api/types.js';
export type { CallOptions, Calls } from './calls.js';
export type { Duration } from './duration.js';
export { Dead, PresqueError, type PresqueErrorCode, Snooze, Stopped } from './errors.js';
export type { PolicyChange, PolicyOptions } from './governing.js';
export type { ExtendOptions, FailOptions, Lease, Leases, TakenJob } from './leasing.js';
export type { LeaseOptions, ManyOptions, PushOptions, TakeOptions, Timing } from './options.js';
export type { Pushed, PushManyOptions } from './pushing.js';
export type { JobContext } from './run.js';
export type { JobState, JobView, ListOptions, WaitOptions } from './steering.js';
export type { WorkOptions } from './work-options.js';
export type { Totals, WorkedJob, Worker } from './worker.js';

export interface ConnectOptions {
  /** `http://127.0.0.1:5000` unless told; a password in it is the token. */
  readonly url?: string | undefined;
  readonly token?: string | undefined;
  /** `text`: jobs and results are texts of JSON, in and out, so that big integers keep their digits. */
  readonly json?: 'value' | 'text' | undefined;
  /** How long a call is made again after a 429, a 503 or a lost connection: 10,000 ms unless told. */
  readonly retryMs?: number | undefined;
  /** How long an answer may take, beyond what was asked to be waited: 30,000 ms unless told; then the connection counts as lost. */
  readonly timeoutMs?: number | undefined;
  /** In place of the global one. */
  readonly fetch?: typeof fetch | undefined;
}

type Governing = ReturnType<typeof createGoverning>;
type Steering = ReturnType<typeof createSteering>;

type Name<Q> = keyof Q & string;

/** Every method rejects with a `PresqueError`, but for wrong arguments (`TypeError`) and an abort (the signal's reason). `Q` says what the jobs of each queue are. */
export interface Client<Q = { [queue: string]: unknown }>
  extends Governing,
    Omit<Steering, 'job' | 'list' | 'result'> {
  push<N extends Name<Q>>(queue: N, job: Q[N], options?: PushOptions): Promise<Pushed>;
  /** In batches, each of which enters whole or not at all; the order is kept. */
  pushMany<N extends Name<Q>>(
    queue: N,
    jobs: Iterable<Q[N]> | AsyncIterable<Q[N]>,
    options?: PushManyOptions,
  ): Promise<{ count: number }>;
  /** Takes a job for good, at most once: `lease` is safer. Nothing when there is none. */
  take<N extends Name<Q>>(
    queues: N | readonly N[],
    options?: TakeOptions,
  ): Promise<TakenJob<Q[N]> | undefined>;
  /** `await` gives one lease, or nothing when there is none; `for await` one after the other. */
  lease<N extends Name<Q>>(queues: N | readonly N[], options?: LeaseOptions): Leases<Q[N]>;
  job<N extends Name<Q>>(queue: N, id: string, ...options: Rest<Steering['job']>): Promise<JobView<Q[N]>>;
  /** What came of a job, once it is done: as long as it takes unless `wait` says how long. Rejects with `job_dead` or `not_ended`. */
  result<R = unknown>(queue: Name<Q>, id: string, options?: WaitOptions): Promise<R>;
  list<N extends Name<Q>>(queue: N, state: JobState, options?: ListOptions): AsyncIterable<JobView<Q[N]>>;
  /** Has jobs handled until it is stopped. What the handler gives is the result; what it throws is the job's failure. */
  work<N extends Name<Q>>(
    queues: N | readonly N[],
    handler: (job: Q[N], context: JobContext) => unknown,
    options?: WorkOptions,
  ): Worker;
  /** Every route of the contract, as it is. */
  readonly calls: Calls;
}

type Rest<F> = F extends (queue: string, id: string, ...rest: infer R) => unknown ? R : never;

/**
 * A client of the server at a URL, or of an embedded one (`createServer().api`), which fails at once where the other one tries again.
 * Nothing is asked for yet. Throws a `TypeError` for what is no URL.
 */
export function connect<Q = { [queue: string]: unknown }>(
  to: string | ConnectOptions | Api = {},
  more: Pick<ConnectOptions, 'json'> = {},
): Client<Q> {
  const isApi = typeof to === 'object' && 'settleMany' in to;
  const options: ConnectOptions = isApi ? more : { ...(typeof to === 'string' ? { url: to } : to), ...more };
  const codec = options.json === 'text' ? texts : values;
  const calls = createCalls(isApi ? to : remoteApi(options));
  const deps = { calls, codec, ambient };
  const client = {
    ...createPushing(deps),
    ...createLeasing(deps),
    ...createSteering(deps),
    ...createGoverning(deps),
    work: (
      queues: string | readonly string[],
      handler: (job: never, context: JobContext) => unknown,
      how?: WorkOptions,
    ) => startWorker(deps, queues, handler, how),
    calls,
  };
  return client as unknown as Client<Q>;
}

const remoteApi = ({
  url = defaultUrl,
  token,
  retryMs = 10_000,
  timeoutMs = 30_000,
  fetch = globalThis.fetch,
}: ConnectOptions) => createRemoteApi({ url, token, retryMs, timeoutMs, fetch }, ambient);
