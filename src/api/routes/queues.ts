/** Routes about queues. */

import { after, queue } from '../fields.js';
import { policyFields } from '../policy.js';
import type { Route } from '../route.js';
import { array, object } from '../schema.js';
import { count, flag, jobText, queueName, queueStatus } from '../shapes.js';
import { policyView } from '../views.js';

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
    output: object(
      {
        queue: queueName,
        size: count,
        policy: policyView,
        ready: count,
        delayed: count,
        leased: count,
        done: count,
        dead: count,
        oldest_age: {
          type: 'number',
          description: 'Seconds since the oldest of the ready jobs was pushed; 0 when there is none.',
        },
        workers: count,
        paused: { type: 'integer', description: '1 when the queue is stopped, else 0.' },
      },
      { jobs: array(jobText) },
    ),
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
    answer: { status: 200, headers: { ETag: '{etag}' } },
  },
  setControl: {
    method: 'POST',
    path: '/control/:queue',
    scope: 'control',
    summary:
      'Stop the queue or start it again, and set its policy; a member that is null has its default again.',
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
      ...policyFields,
      ifMatch: {
        schema: {
          type: 'string',
          pattern: '^(\\*|(W/)?"[!#-~]*"(\\s*,\\s*(W/)?"[!#-~]*")*)$',
          maxLength: 1_024,
          description: 'Only if the policy is the one with this `ETag`; else a 412, and nothing is set.',
          says: 'if-match must be an ETag',
        },
        header: 'if-match',
      },
    },
    body: 'members',
    output: object({ queue: queueName, response: { const: 'updated' } }),
    answer: { status: 200, headers: { ETag: '{etag}' } },
    errors: ['status_missing', 'policy_changed'],
  },
} as const satisfies { [name: string]: Route };
