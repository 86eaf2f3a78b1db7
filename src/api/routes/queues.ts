/** Routes about queues. */

import { after, queue } from '../fields.js';
import type { Route } from '../route.js';
import { array, count, flag, jobText, object, queueName, queueStatus } from '../schema.js';

export const queuesRoutes = {
  purge: {
    method: 'DELETE',
    path: '/q/:queue',
    scope: 'control',
    summary: 'Purge and delete the queue: its jobs, unique keys, counters, settings and name, at once.',
    input: { queue },
    answer: { status: 204 },
  },
  queues: {
    method: 'GET',
    path: '/status/',
    scope: 'read',
    summary: 'List the queues.',
    input: { after },
    output: object({ queues: array(queueName), size: count }),
    answer: { status: 200, headers: { Link: '</status/?after={next}>; rel="next"' } },
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
  },
  counters: {
    method: 'GET',
    path: '/j/:queue',
    scope: 'read',
    summary: 'How many jobs the queue has, and how many were processed and failed.',
    input: { queue },
    output: object({ queue_name: queueName, job_count: count, job_processed: count, job_failed: count }),
    answer: { status: 200 },
  },
  control: {
    method: 'GET',
    path: '/control/:queue',
    scope: 'read',
    summary: 'Whether the queue is open or stopped.',
    input: { queue },
    output: object({ queue: queueName, status: queueStatus }),
    answer: { status: 200 },
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
} as const satisfies { [name: string]: Route };
