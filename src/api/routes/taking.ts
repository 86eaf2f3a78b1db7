/** Routes that take jobs out. */

import { leaseMs, queues, wait, worker } from '../fields.js';
import { limits } from '../limits.js';
import type { Route } from '../route.js';
import { array, object } from '../schema.js';
import { count, delivery, epochWithMs, jobId, jobText, jsonValue, queueName, text } from '../shapes.js';

const settle = (verb: string) => `<{origin}/j/{queue}/{id}/${verb}?lease={lease}>; rel="${verb}"` as const;

export const takingRoutes = {
  take: {
    method: 'GET',
    path: '/q/:queue',
    scope: 'take',
    summary:
      'Take a job out of the queue: under a lease, whose links settle it, or for good: at most once, and gone when the answer is on its way.',
    input: { queues, wait, leaseMs, worker },
    output: object(
      { queue: queueName, id: jobId, job: jobText, delivery },
      { lease: text, attempt: count, expires: text, traceparent: text },
    ),
    answer: {
      status: 200,
      headers: {
        'Presque-Queue': '{queue}',
        'Presque-Job': '{id}',
        'Presque-Delivery': '{delivery}',
        'Presque-Lease': '{lease}',
        'Presque-Attempt': '{attempt}',
        'Presque-Expires': '{expires}',
        traceparent: '{traceparent}',
        Link: [settle('done'), settle('fail'), settle('extend'), settle('release')].join(', '),
      },
      body: 'job',
      text: true,
    },
    errors: ['no_job', 'queue_closed'],
  },
  takeMany: {
    method: 'GET',
    path: '/qb/:queue',
    scope: 'take',
    summary:
      'Take several jobs out of the queue: for good, as an array of their texts, or under leases, as an array of objects.',
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
      leaseMs,
      worker,
    },
    answers: {
      taken: {
        status: 200,
        headers: { 'Presque-Queue': '{queue}', 'Presque-Delivery': '{delivery}' },
        body: 'jobs',
        output: object({ queue: queueName, jobs: array(jobText), delivery }),
      },
      leased: {
        status: 200,
        headers: { 'Presque-Queue': '{queue}', 'Presque-Delivery': '{delivery}' },
        body: 'jobs',
        output: object({
          queue: queueName,
          delivery,
          jobs: array(
            object(
              {
                id: jobId,
                lease: text,
                attempt: count,
                expires_at: epochWithMs,
                queue: queueName,
                job: jsonValue,
              },
              { traceparent: text },
            ),
          ),
        }),
      },
    },
    errors: ['no_job', 'queue_closed'],
  },
} as const satisfies { [name: string]: Route };
