/** Routes that say what came of a lease. */

import { followUp, id, lease, queue } from '../fields.js';
import { limits } from '../limits.js';
import type { Field, Route } from '../route.js';
import { array, object } from '../schema.js';
import {
  count,
  delayMs,
  epochWithMs,
  errorText,
  extensionMs,
  jobId,
  jsonValue,
  state,
  text,
} from '../shapes.js';

const list = (name: string, most: number) =>
  ({
    type: 'array',
    maxItems: most,
    says: `${name} must be an array of at most ${most} objects`,
  }) as const;

const delay = {
  schema: delayMs,
  query: 'delay',
  member: 'delay',
  header: 'retry-after',
  form: 'duration',
} as const;
const result = { schema: jsonValue, member: 'result', form: 'json' } as const;
const push = { schema: list('push', limits.followUps), member: 'push', each: followUp } as const;

const failure = {
  error: { schema: errorText, member: 'error' },
  delay,
  dead: {
    schema: {
      type: 'boolean',
      description: 'It is not to be tried again.',
      says: 'dead must be true or false',
    },
    member: 'dead',
  },
} as const satisfies { [name: string]: Field };

const extension = {
  for: { schema: extensionMs, query: 'for', member: 'for', form: 'duration' },
  progress: {
    schema: { type: 'number', minimum: 0, maximum: 1, says: 'progress must be a number from 0 to 1' },
    member: 'progress',
  },
  note: {
    schema: { ...errorText, description: 'How it goes, for people; cut at 65536 characters.' },
    member: 'note',
  },
} as const satisfies { [name: string]: Field };

/** A settlement in a list names its job. */
const item = {
  id: {
    schema: { type: 'string', description: 'Id of the job.', says: 'id must be a string' },
    member: 'id',
    missing: 'id_missing',
  },
  lease: { schema: lease.schema, member: 'lease', missing: 'lease_missing' },
} as const satisfies { [name: string]: Field };

const member = <const N extends string, const E extends { [name: string]: Field }>(name: N, each: E) =>
  ({ schema: list(name, limits.settlements), member: name, each: { ...item, ...each } }) as const;

const settled = array(
  object(
    { id: jobId, status: count },
    {
      error: text,
      state,
      run_at: epochWithMs,
      expires_at: epochWithMs,
      cancel: { type: 'boolean' },
      pushed: array(text),
    },
  ),
);

export const settlingRoutes = {
  done: {
    method: 'POST',
    path: '/j/:queue/:id/done',
    scope: 'take',
    summary: `The job is done. A body is its result; one of the type \`application/vnd.presque.done+json\` has \`result\` and up to ${limits.followUps} follow-up jobs to push in the same commit.`,
    input: { queue, id, lease: { ...lease, member: undefined }, result, push },
    body: 'result',
    answers: {
      settled: { status: 204 },
      pushed: { status: 200, output: object({ pushed: array(text) }) },
    },
    errors: ['job_unknown', 'lease_lost'],
  },
  fail: {
    method: 'POST',
    path: '/j/:queue/:id/fail',
    scope: 'take',
    summary:
      'The attempt failed: the job is tried again after its backoff, or `delay`, or is dead when its attempts are used up.',
    input: { queue, id, lease, ...failure },
    body: 'settlement',
    output: object({ state }, { run_at: epochWithMs }),
    answer: { status: 200 },
    errors: ['job_unknown', 'lease_lost'],
  },
  release: {
    method: 'POST',
    path: '/j/:queue/:id/release',
    scope: 'take',
    summary: 'Give the job back to its place, no attempt spent.',
    input: { queue, id, lease, delay },
    body: 'settlement',
    output: object({ state }, { run_at: epochWithMs }),
    answer: { status: 200 },
    errors: ['job_unknown', 'lease_lost'],
  },
  extend: {
    method: 'POST',
    path: '/j/:queue/:id/extend',
    scope: 'take',
    summary: 'The lease is over later; says whether somebody asked the worker to stop.',
    input: { queue, id, lease, ...extension },
    body: 'settlement',
    output: object({ expires_at: epochWithMs, cancel: { type: 'boolean' } }),
    answer: { status: 200 },
    errors: ['job_unknown', 'lease_lost'],
  },
  settleMany: {
    method: 'POST',
    path: '/jb/:queue',
    scope: 'take',
    summary: `Settle up to ${limits.settlements} leases, each by itself, in the order done, fail, release, extend.`,
    input: {
      queue,
      done: member('done', { result, push }),
      fail: member('fail', { ...failure, delay: { ...delay, header: undefined } }),
      release: member('release', { delay: { ...delay, header: undefined } }),
      extend: member('extend', extension),
    },
    body: 'settlements',
    output: object({}, { done: settled, fail: settled, release: settled, extend: settled }),
    answer: { status: 200 },
  },
} as const satisfies { [name: string]: Route };
