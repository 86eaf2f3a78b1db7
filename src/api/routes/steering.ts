/** Routes about jobs as things one can ask about and steer. */

import { after, id, queue, wait } from '../fields.js';
import { limits } from '../limits.js';
import type { Route } from '../route.js';
import { array, object } from '../schema.js';
import { count, epochWithMs, jobId, queueName, reason, state, text } from '../shapes.js';
import { jobView } from '../views.js';

const contains = {
  schema: {
    type: 'string',
    minLength: 1,
    maxLength: 1_024,
    description: 'Only jobs whose text has this in it, as it stands there.',
    says: 'contains must be 1 to 1024 characters',
  },
  query: 'contains',
} as const;

const stateField = { schema: state, query: 'state', missing: 'state_missing' } as const;

export const steeringRoutes = {
  list: {
    method: 'GET',
    path: '/j/:queue',
    when: 'state',
    scope: 'read',
    summary:
      'The jobs of a state: ready ones in the order in which they are taken, delayed and leased ones by their time, done and dead ones the latest first.',
    input: {
      queue,
      state: stateField,
      limit: {
        schema: {
          type: 'integer',
          minimum: 1,
          maximum: limits.jobsPerList,
          description: `How many at most, 50 unless told. A page may have fewer and go on; \`Link\` tells.`,
          says: `limit must be a whole number from 1 to ${limits.jobsPerList}`,
        },
        query: 'limit',
      },
      contains,
      after,
    },
    output: object({ jobs: array(jobView) }, { rest: text }),
    answer: {
      status: 200,
      headers: { Link: '</j/{queue}?state={state}{rest}&after={next}>; rel="next"' },
      body: 'jobs',
    },
  },
  bulk: {
    method: 'POST',
    path: '/j/:queue',
    scope: 'control',
    summary: `Retry or delete all the jobs of a state, ${limits.jobsPerBulk} a call: \`more\` says that there may be more of them.`,
    input: {
      queue,
      state: stateField,
      action: {
        schema: { type: 'string', enum: ['retry', 'delete'], says: 'action must be retry or delete' },
        query: 'action',
        missing: 'action_missing',
      },
      contains,
    },
    body: 'members',
    output: object({ matched: count, more: { type: 'boolean' } }),
    answer: { status: 200 },
  },
  job: {
    method: 'GET',
    path: '/j/:queue/:id',
    scope: 'read',
    summary: 'All about a job. With `wait`, once it is done or dead, or when the time is over.',
    input: { queue, id, wait },
    output: jobView,
    answer: { status: 200 },
    errors: ['job_unknown'],
  },
  why: {
    method: 'GET',
    path: '/j/:queue/:id/why',
    scope: 'read',
    summary: 'Why the job is not running, in a sentence and in fields.',
    input: { queue, id },
    output: object(
      { id: jobId, queue: queueName, state, why: text },
      {
        reason,
        stopped: { type: 'boolean' },
        run_at: epochWithMs,
        expires_at: epochWithMs,
        ended_at: epochWithMs,
        worker: text,
        behind: count,
        asked_at: epochWithMs,
      },
    ),
    answer: { status: 200 },
    errors: ['job_unknown'],
  },
  retry: {
    method: 'POST',
    path: '/j/:queue/:id/retry',
    scope: 'control',
    summary: 'A dead or delayed job is ready now.',
    input: { queue, id },
    body: 'members',
    output: object({ state }),
    answer: { status: 200 },
    errors: ['job_unknown', 'job_state', 'key_held'],
  },
  cancel: {
    method: 'POST',
    path: '/j/:queue/:id/cancel',
    scope: 'control',
    summary: 'A waiting job is dead; the worker of a leased one is asked to stop.',
    input: { queue, id },
    body: 'members',
    output: object({ state }),
    answer: { status: 200 },
    errors: ['job_unknown', 'job_state'],
  },
  remove: {
    method: 'DELETE',
    path: '/j/:queue/:id',
    scope: 'control',
    summary: 'Delete the job, whatever its state.',
    input: { queue, id },
    answer: { status: 204 },
    errors: ['job_unknown'],
  },
} as const satisfies { [name: string]: Route };
