/** The fields that several routes take. */

import {
  delayMs,
  epochSeconds,
  jobText,
  priority as prioritySchema,
  queueName,
  queueNames,
  uniqueKey,
  waitMs,
  workerName,
} from './schema.js';

export const queue = {
  schema: queueName,
  path: 'queue',
  missing: 'queue_missing',
  invalid: 'queue_invalid',
} as const;
export const queues = { ...queue, schema: queueNames, form: 'list' } as const;
export const job = { schema: jobText, missing: 'job_missing' } as const;
export const delayed = { schema: epochSeconds, query: 'delayed' } as const;
export const delay = { schema: delayMs, query: 'delay', form: 'duration' } as const;
export const priority = { schema: prioritySchema, query: 'priority' } as const;
export const wait = { schema: waitMs, query: 'wait', prefer: 'wait', form: 'duration' } as const;
export const uniq = { schema: uniqueKey, query: 'uniq' } as const;
export const worker = { schema: workerName, query: 'worker_id', header: 'x-presque-workerid' } as const;
export const registrant = { ...worker, member: 'worker_id', missing: 'worker_missing' } as const;
export const after = {
  schema: {
    type: 'string',
    maxLength: 512,
    description: 'Where the page before this one ended (from `Link`).',
  },
  query: 'after',
} as const;
