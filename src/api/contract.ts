/** Every route as data: what comes in and from where, what goes out, who may, what can go wrong. */

import type { ErrorCode } from './errors.js';
import {
  array,
  count,
  durability,
  epochSeconds,
  flag,
  jobId,
  jobText,
  limits,
  object,
  queueName,
  queueStatus,
  type Schema,
  uniqueKey,
  workerName,
} from './schema.js';

/** One named value that an operation takes, and the places on the wire where it may stand (the first found counts). */
export interface Field {
  readonly schema: Schema;
  readonly path?: string | undefined;
  readonly query?: string;
  /** Member of the body, for a route whose body is `members`. */
  readonly member?: string;
  /** Lower-case name of the request header. */
  readonly header?: string;
  /** The error when it stands nowhere; without one the value is optional. */
  readonly missing?: ErrorCode;
  /** The error when it does not fit its schema, `invalid` by default. */
  readonly invalid?: ErrorCode;
  /** A number beyond the schema's maximum counts as the maximum. */
  readonly clamp?: true;
}

/** How a request body is read: `job` one job, `batch` `{"jobs":[…]}`, `members` an object of fields (any content type). */
export type BodyKind = 'job' | 'batch' | 'members';

export interface Answer {
  readonly status: number;
  /** Response headers as templates over what came in and what goes out: `/j/{queue}/{id}`. Left out when a value is absent. */
  readonly headers?: { readonly [name: string]: string };
  /** The member of the output that is the body, all of it by default; `text` sends a string as it is. */
  readonly body?: string;
  readonly text?: true;
  /** The headers say all there is to say. */
  readonly empty?: true;
  readonly type?: 'application/json' | 'text/html; charset=utf-8';
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  /** The query parameter whose presence chooses this route among those of the same path. */
  readonly when?: string;
  readonly scope: 'open' | 'push' | 'take' | 'read' | 'control';
  readonly summary: string;
  readonly input: { readonly [name: string]: Field };
  readonly body?: BodyKind;
  readonly output?: Schema;
  readonly answer: Answer;
  /** Its own ones; more follow from the fields and the body (`route-errors.ts`). */
  readonly errors: readonly ErrorCode[];
}

/** A method that a path refuses in words of its own instead of 405. */
export interface Refusal {
  readonly method: 'PUT' | 'DELETE';
  readonly path: string;
  readonly error: ErrorCode;
}

const queue = {
  schema: queueName,
  path: 'queue',
  missing: 'queue_missing',
  invalid: 'queue_invalid',
} as const;
const job = { schema: jobText, missing: 'job_missing' } as const;
const delayed = { schema: epochSeconds, query: 'delayed' } as const;
const uniq = { schema: uniqueKey, query: 'uniq' } as const;
const worker = { schema: workerName, query: 'worker_id', header: 'x-presque-workerid' } as const;
const registrant = { ...worker, member: 'worker_id', missing: 'worker_missing' } as const;
const after = {
  schema: {
    type: 'string',
    maxLength: 512,
    description: 'Where the page before this one ended (from `Link`).',
  },
  query: 'after',
} as const;

const workerView = object({
  worker_id: workerName,
  started_at: count,
  processed: { type: 'string', description: 'Jobs taken, a number in a string.' },
  failed: { type: 'string', description: 'Jobs failed, a number in a string.' },
  queues: array(queueName),
  last_seen_at: count,
  doing: array(object({ queue: queueName, id: jobId, since: count })),
});

const jobHeaders = {
  Location: '/j/{queue}/{id}',
  'Presque-Job': '{id}',
  'Presque-Durability': '{durability}',
} as const;

export const contract = {
  push: {
    method: 'POST',
    path: '/q/:queue',
    scope: 'push',
    summary: 'Insert a job in the queue.',
    input: { queue, job, delayed, uniq },
    body: 'job',
    output: object({ id: jobId, durability }),
    answer: { status: 201, headers: jobHeaders, empty: true },
    errors: ['job_exists'],
  },
  take: {
    method: 'GET',
    path: '/q/:queue',
    scope: 'take',
    summary: 'Take a job out of the queue: at most once, and gone when the answer is on its way.',
    input: { queue, worker },
    output: object({ id: jobId, job: jobText, delivery: { const: 'at-most-once' } }),
    answer: {
      status: 200,
      headers: { 'Presque-Job': '{id}', 'Presque-Delivery': '{delivery}' },
      body: 'job',
      text: true,
      type: 'application/json',
    },
    errors: ['no_job', 'queue_closed'],
  },
  reinsert: {
    method: 'PUT',
    path: '/q/:queue',
    scope: 'take',
    summary:
      'Insert a job again after a worker failed on it: counted as failed for the queue and the worker.',
    input: { queue, job, delayed, uniq, worker },
    body: 'job',
    output: object({ id: jobId, durability }),
    answer: { status: 201, headers: jobHeaders, empty: true },
    errors: ['job_exists'],
  },
  purge: {
    method: 'DELETE',
    path: '/q/:queue',
    scope: 'control',
    summary: 'Purge and delete the queue: its jobs, unique keys, counters, settings and name, at once.',
    input: { queue },
    answer: { status: 204 },
    errors: [],
  },
  pushMany: {
    method: 'POST',
    path: '/qb/:queue',
    scope: 'push',
    summary: `Insert up to ${limits.jobsPerPush} jobs, all or none.`,
    input: {
      queue,
      jobs: {
        schema: {
          type: 'array',
          items: jobText,
          maxItems: limits.jobsPerPush,
          description: 'The jobs, any JSON values. Other members of the body are ignored.',
          says: `jobs should be an array of at most ${limits.jobsPerPush} jobs`,
        },
        missing: 'jobs_invalid',
      },
      delayed,
    },
    body: 'batch',
    output: object({ durability }),
    answer: { status: 201, headers: { 'Presque-Durability': '{durability}' }, empty: true },
    errors: [],
  },
  takeMany: {
    method: 'GET',
    path: '/qb/:queue',
    scope: 'take',
    summary: 'Take several jobs out of the queue, as an array of their texts.',
    input: {
      queue,
      batchSize: {
        schema: {
          type: 'integer',
          minimum: 1,
          maximum: limits.jobsPerTake,
          description: `How many at most (${limits.jobsPerTake} are the most one answer holds, 10 unless told).`,
          says: 'batch_size must be a whole number from 1',
        },
        query: 'batch_size',
        clamp: true,
      },
      worker,
    },
    output: object({ jobs: array(jobText), delivery: { const: 'at-most-once' } }),
    answer: { status: 200, headers: { 'Presque-Delivery': '{delivery}' }, body: 'jobs' },
    errors: ['no_job', 'queue_closed'],
  },
  queues: {
    method: 'GET',
    path: '/status/',
    scope: 'read',
    summary: 'List the queues.',
    input: { after },
    output: object({ queues: array(queueName), size: count }),
    answer: { status: 200, headers: { Link: '</status/?after={next}>; rel="next"' } },
    errors: [],
  },
  status: {
    method: 'GET',
    path: '/status/:queue',
    scope: 'read',
    summary: 'The size of the queue and its policy.',
    input: {
      queue,
      withDesc: { schema: { ...flag, says: 'with_desc must be 1 or 0' }, query: 'with_desc' },
      after,
    },
    output: {
      ...object({
        queue: queueName,
        size: count,
        policy: object({ status: { type: 'string', enum: ['start', 'stop'] } }),
        ready: count,
        delayed: count,
        jobs: array(jobText),
      }),
      required: ['queue', 'size', 'policy', 'ready', 'delayed'],
    },
    answer: { status: 200, headers: { Link: '</status/{queue}?with_desc=1&after={next}>; rel="next"' } },
    errors: [],
  },
  counters: {
    method: 'GET',
    path: '/j/:queue',
    scope: 'read',
    summary: 'How many jobs the queue has, and how many were processed and failed.',
    input: { queue },
    output: object({ queue_name: queueName, job_count: count, job_processed: count, job_failed: count }),
    answer: { status: 200 },
    errors: [],
  },
  control: {
    method: 'GET',
    path: '/control/:queue',
    scope: 'read',
    summary: 'Whether the queue is open or stopped.',
    input: { queue },
    output: object({ queue: queueName, status: queueStatus }),
    answer: { status: 200 },
    errors: [],
  },
  setControl: {
    method: 'POST',
    path: '/control/:queue',
    scope: 'control',
    summary: 'Stop the queue or start it again.',
    input: {
      queue,
      status: {
        schema: { type: 'string', enum: ['start', 'stop'], says: 'status must be "start" or "stop"' },
        member: 'status',
      },
      action: {
        schema: { type: 'string', enum: ['start', 'stop'], says: 'action must be "start" or "stop"' },
        member: 'action',
      },
    },
    body: 'members',
    output: object({ queue: queueName, response: { const: 'updated' } }),
    answer: { status: 200 },
    errors: ['status_missing'],
  },
  register: {
    method: 'POST',
    path: '/w/:queue',
    scope: 'take',
    summary: 'Register a worker on the queue. Again is a heartbeat: the counters are kept.',
    input: { queue, worker: registrant },
    body: 'members',
    answer: { status: 201 },
    errors: [],
  },
  unregister: {
    method: 'DELETE',
    path: '/w/:queue',
    scope: 'take',
    summary: 'Unregister a worker from the queue.',
    input: { queue, worker: { ...worker, missing: 'worker_missing' } },
    answer: { status: 204 },
    errors: [],
  },
  queueWorkers: {
    method: 'GET',
    path: '/w/:queue',
    scope: 'read',
    summary: 'The workers of a queue, with what they processed and failed there.',
    input: { queue },
    output: object({
      queue_name: queueName,
      workers_list: array(workerName),
      processed: count,
      failed: count,
    }),
    answer: { status: 200 },
    errors: [],
  },
  worker: {
    method: 'GET',
    path: '/w/',
    when: 'worker_id',
    scope: 'read',
    summary: 'Statistics about one worker.',
    input: { worker: { schema: workerName, query: 'worker_id', missing: 'worker_missing' } },
    output: workerView,
    answer: { status: 200 },
    errors: ['worker_unknown'],
  },
  queueWorkersByName: {
    method: 'GET',
    path: '/w/',
    when: 'queue_name',
    scope: 'read',
    summary: 'The same as `GET /w/:queue`.',
    input: { queue: { ...queue, path: undefined, query: 'queue_name' } },
    output: object({
      queue_name: queueName,
      workers_list: array(workerName),
      processed: count,
      failed: count,
    }),
    answer: { status: 200 },
    errors: [],
  },
  workers: {
    method: 'GET',
    path: '/w/',
    scope: 'read',
    summary: 'Statistics about every worker.',
    input: {},
    output: object({ workers: array(workerView) }),
    answer: { status: 200, body: 'workers' },
    errors: [],
  },
  live: {
    method: 'GET',
    path: '/livez',
    scope: 'open',
    summary: 'Whether the process answers.',
    input: {},
    output: object({ status: { const: 'live' } }),
    answer: { status: 200 },
    errors: [],
  },
  ready: {
    method: 'GET',
    path: '/readyz',
    scope: 'open',
    summary: 'Whether the server takes jobs: it really writes to its store.',
    input: {},
    output: object({ status: { const: 'ready' } }),
    answer: { status: 200 },
    errors: ['storage_full', 'storage_failed', 'stopping'],
  },
} as const satisfies { [name: string]: Route };

/** Refused in the words of 2010. */
export const refusals: readonly Refusal[] = [
  { method: 'PUT', path: '/qb/:queue', error: 'not_in_batch_mode' },
  { method: 'DELETE', path: '/qb/:queue', error: 'not_in_batch_mode' },
];
