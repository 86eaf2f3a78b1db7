/** What a job and a policy look like when they are shown. */

import type { Schema } from './schema.js';
import { array, object } from './schema.js';
import { count, epochWithMs, jobId, jsonValue, queueName, reason, state, text } from './shapes.js';

const seconds = { type: 'number', description: 'Seconds.' } as const satisfies Schema;

export const jobView = object(
  {
    id: jobId,
    queue: queueName,
    state,
    priority: { type: 'integer' },
    tags: array(text),
    attempt: {
      type: 'integer',
      description: 'Number of the attempt that is under way, or was the latest; 0: none was made.',
    },
    failures: count,
    crashes: { ...count, description: 'How many leases of it ran out.' },
    created_at: epochWithMs,
    run_at: {
      ...epochWithMs,
      description: 'When a delayed job is ready; of others, when it was pushed. Epoch seconds.',
    },
    attempts: {
      ...array(
        object(
          {
            attempt: count,
            started_at: epochWithMs,
            ended_at: epochWithMs,
            outcome: { type: 'string', enum: ['done', 'failed', 'crashed', 'released'] },
          },
          { worker: text, error: text },
        ),
      ),
      description: 'The latest 20 that are over.',
    },
  },
  {
    reason,
    expires_at: { ...epochWithMs, description: 'When the lease is over. Epoch seconds.' },
    worker: text,
    progress: { type: 'number' },
    note: text,
    job: jsonValue,
    result: jsonValue,
  },
);

/** What holds for a queue, set or by default. Durations are seconds. */
export const policyView = object(
  {
    status: { type: 'string', enum: ['start', 'stop'] },
    lease: seconds,
    attempts: count,
    max_crashes: count,
    backoff: {
      anyOf: [
        { type: 'string', enum: ['exponential'] },
        { type: 'array', items: seconds },
      ],
      description: '`exponential`, or the seconds after each failure.',
    },
    keep_done: seconds,
    keep_done_count: count,
    keep_dead: seconds,
    keep_dead_count: count,
  },
  { max_size: count, ttl: seconds },
);
