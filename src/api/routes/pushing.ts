/** Routes that put jobs in. */

import { demands, job, queue, timing, trace, unique, wait, worker } from '../fields.js';
import { limits } from '../limits.js';
import type { Route } from '../route.js';
import { object } from '../schema.js';
import { durability, jobId, jobText, jsonValue } from '../shapes.js';
import { jobView } from '../views.js';

const place = { Location: '/j/{queue}/{id}', 'Presque-Job': '{id}' } as const;
const replayed = {
  'Idempotency-Replayed': '{replayed}',
} as const;
const stored = { ...place, 'Presque-Durability': '{durability}', ...replayed } as const;
const created = object({ id: jobId, durability }, { replayed: { const: 'true' } });

export const pushingRoutes = {
  push: {
    method: 'POST',
    path: '/q/:queue',
    scope: 'push',
    summary:
      'Insert a job in the queue. With `Prefer: wait=` the answer is what came of it; with `Prefer: return=representation` the job.',
    input: {
      queue,
      job,
      ...timing,
      ...unique,
      ...demands,
      ...trace,
      wait: { schema: wait.schema, prefer: 'wait', form: 'duration' },
      return: {
        schema: {
          type: 'string',
          enum: ['representation', 'minimal'],
          description: '`representation`: the answer has the job as JSON.',
          says: 'return must be representation or minimal',
        },
        prefer: 'return',
      },
    },
    body: 'job',
    answers: {
      created: { status: 201, headers: stored, empty: true, output: created },
      represented: {
        status: 201,
        headers: stored,
        body: 'job',
        output: object({ id: jobId, durability, job: jobView }, { replayed: { const: 'true' } }),
      },
      result: {
        status: 200,
        headers: stored,
        body: 'result',
        text: true,
        output: object({ id: jobId, durability, result: jsonValue }, { replayed: { const: 'true' } }),
      },
      accepted: { status: 202, headers: stored, empty: true, output: created },
    },
    errors: ['job_exists', 'job_dead', 'queue_full', 'key_reused', 'not_durable'],
  },
  reinsert: {
    method: 'PUT',
    path: '/q/:queue',
    scope: 'take',
    summary:
      'Insert a job again after a worker failed on it: counted as failed for the queue and the worker.',
    input: { queue, job, ...timing, ...unique, ...demands, ...trace, worker },
    body: 'job',
    output: created,
    answer: { status: 201, headers: stored, empty: true },
    errors: ['job_exists', 'key_reused', 'not_durable'],
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
      ...timing,
      ...demands,
      ...trace,
    },
    body: 'batch',
    output: object({ durability }, { replayed: { const: 'true' } }),
    answer: { status: 201, headers: { 'Presque-Durability': '{durability}', ...replayed }, empty: true },
    errors: ['queue_full', 'key_reused', 'not_durable'],
  },
} as const satisfies { [name: string]: Route };
