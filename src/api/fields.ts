/** The fields that several routes take. */

import type { Field } from './route.js';
import {
  attempts,
  backoff,
  delayMs,
  demandedDurability,
  epochSeconds,
  idempotencyKey,
  jobText,
  jsonValue,
  keepMs,
  leaseMs as leaseMsSchema,
  leaseToken,
  priority,
  queueName,
  queueNames,
  tags,
  traceparent,
  ttlMs,
  uniqUntil,
  uniqueKey,
  waitMs,
  workerName,
} from './shapes.js';

export const queue = {
  schema: queueName,
  path: 'queue',
  missing: 'queue_missing',
  invalid: 'queue_invalid',
} as const;
export const queues = { ...queue, schema: queueNames, form: 'list' } as const;
export const id = {
  schema: { type: 'string', description: 'Id of the job (`Presque-Job`).' },
  path: 'id',
  missing: 'job_unknown',
  invalid: 'job_unknown',
} as const;
export const job = { schema: jobText, missing: 'job_missing' } as const;
export const wait = { schema: waitMs, query: 'wait', prefer: 'wait', form: 'duration' } as const;
export const worker = { schema: workerName, query: 'worker_id', header: 'x-presque-workerid' } as const;
export const registrant = { ...worker, member: 'worker_id', missing: 'worker_missing' } as const;
export const leaseMs = { schema: leaseMsSchema, query: 'lease', form: 'duration' } as const;
/** The right to settle a job. */
export const lease = {
  schema: leaseToken,
  query: 'lease',
  member: 'lease',
  missing: 'lease_missing',
} as const;
export const after = {
  schema: {
    type: 'string',
    maxLength: 512,
    description: 'Where the page before this one ended (from `Link`).',
  },
  query: 'after',
} as const;

/** When a job is to be taken, and before which others. */
export const timing = {
  delayed: { schema: epochSeconds, query: 'delayed', member: 'delayed' },
  delay: { schema: delayMs, query: 'delay', member: 'delay', form: 'duration' },
  priority: { schema: priority, query: 'priority', member: 'priority' },
  ttl: { schema: ttlMs, query: 'ttl', member: 'ttl', form: 'duration' },
  attempts: { schema: attempts, query: 'attempts', member: 'attempts' },
  backoff: { schema: backoff, query: 'backoff', member: 'backoff', form: 'backoff' },
  keep: { schema: keepMs, query: 'keep', member: 'keep', form: 'duration' },
  tags: { schema: tags, query: 'tag', member: 'tags', form: 'repeated' },
} as const satisfies { [name: string]: Field };

/** What one job may have of its own, beside that. */
export const unique = {
  uniq: { schema: uniqueKey, query: 'uniq', member: 'uniq' },
  uniqUntil: { schema: uniqUntil, query: 'uniq_until', member: 'uniq_until' },
} as const satisfies { [name: string]: Field };

export const trace = { traceparent: { schema: traceparent, header: 'traceparent' } } as const;

/** How a push is to be done. */
export const demands = {
  once: { schema: idempotencyKey, header: 'idempotency-key', form: 'quoted' },
  durability: { schema: demandedDurability, prefer: 'durability' },
} as const satisfies { [name: string]: Field };

/** A job that a settlement pushes. */
export const followUp = {
  queue: { schema: queueName, member: 'queue', missing: 'member_queue_missing', invalid: 'queue_invalid' },
  job: { schema: jsonValue, member: 'job', form: 'json', missing: 'job_missing' },
  ...timing,
  ...unique,
} as const satisfies { [name: string]: Field };
