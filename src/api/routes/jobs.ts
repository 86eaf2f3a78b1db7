/** Routes that put jobs in and take them out. */

import { delay, delayed, job, priority, queue, queues, uniq, wait, worker } from '../fields.js';
import type { Route } from '../route.js';
import { array, durability, jobId, jobText, limits, object, queueName } from '../schema.js';

const jobHeaders = {
  Location: '/j/{queue}/{id}',
  'Presque-Job': '{id}',
  'Presque-Durability': '{durability}',
} as const;

export const jobsRoutes = {
  push: {
    method: 'POST',
    path: '/q/:queue',
    scope: 'push',
    summary: 'Insert a job in the queue.',
    input: { queue, job, delayed, delay, priority, uniq },
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
    input: { queues, wait, worker },
    output: object({ queue: queueName, id: jobId, job: jobText, delivery: { const: 'at-most-once' } }),
    answer: {
      status: 200,
      headers: { 'Presque-Queue': '{queue}', 'Presque-Job': '{id}', 'Presque-Delivery': '{delivery}' },
      body: 'job',
      text: true,
    },
    errors: ['no_job', 'queue_closed'],
  },
  reinsert: {
    method: 'PUT',
    path: '/q/:queue',
    scope: 'take',
    summary:
      'Insert a job again after a worker failed on it: counted as failed for the queue and the worker.',
    input: { queue, job, delayed, delay, priority, uniq, worker },
    body: 'job',
    output: object({ id: jobId, durability }),
    answer: { status: 201, headers: jobHeaders, empty: true },
    errors: ['job_exists'],
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
      delay,
      priority,
    },
    body: 'batch',
    output: object({ durability }),
    answer: { status: 201, headers: { 'Presque-Durability': '{durability}' }, empty: true },
  },
  takeMany: {
    method: 'GET',
    path: '/qb/:queue',
    scope: 'take',
    summary: 'Take several jobs out of the queue, as an array of their texts.',
    input: {
      queues,
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
      wait,
      worker,
    },
    output: object({ queue: queueName, jobs: array(jobText), delivery: { const: 'at-most-once' } }),
    answer: {
      status: 200,
      headers: { 'Presque-Queue': '{queue}', 'Presque-Delivery': '{delivery}' },
      body: 'jobs',
    },
    errors: ['no_job', 'queue_closed'],
  },
} as const satisfies { [name: string]: Route };
