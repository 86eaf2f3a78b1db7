/** Routes about workers. */

import { after, queue, registrant, wait, worker } from '../fields.js';
import { limits } from '../limits.js';
import type { Route } from '../route.js';
import { array, object } from '../schema.js';
import { count, jobId, queueName, workerName } from '../shapes.js';

const workerView = object({
  worker_id: workerName,
  started_at: count,
  processed: { type: 'string', description: 'Jobs taken, a number in a string.' },
  failed: { type: 'string', description: 'Jobs failed, a number in a string.' },
  queues: array(queueName),
  last_seen_at: count,
  doing: array(object({ queue: queueName, id: jobId, since: count }, { cancel: { const: true } })),
});

const queueWorkers = object({
  queue_name: queueName,
  workers_list: array(workerName),
  processed: count,
  failed: count,
});

export const workersRoutes = {
  register: {
    method: 'POST',
    path: '/w/:queue',
    scope: 'take',
    summary: 'Register a worker on the queue. Again is a heartbeat: the counters are kept.',
    input: { queue, worker: registrant },
    body: 'members',
    answer: { status: 201 },
  },
  unregister: {
    method: 'DELETE',
    path: '/w/:queue',
    scope: 'take',
    summary: 'Unregister a worker from the queue.',
    input: { queue, worker: { ...worker, missing: 'worker_missing' } },
    answer: { status: 204 },
  },
  queueWorkers: {
    method: 'GET',
    path: '/w/:queue',
    scope: 'read',
    summary: 'The workers of a queue, with what they processed and failed there.',
    input: { queue },
    output: queueWorkers,
    answer: { status: 200 },
  },
  worker: {
    method: 'GET',
    path: '/w/',
    when: 'worker_id',
    scope: 'read',
    summary:
      'Statistics about one worker (with `queue_name`: if it is registered on that queue). With `wait`, once one of its jobs is asked to stop or lost its lease, or when the time is over.',
    input: {
      worker: { schema: workerName, query: 'worker_id', missing: 'worker_missing' },
      queue: { schema: queueName, query: 'queue_name', invalid: 'queue_invalid' },
      wait,
    },
    output: workerView,
    answer: { status: 200 },
    errors: ['worker_unknown'],
  },
  queueWorkersByName: {
    method: 'GET',
    path: '/w/',
    when: 'queue_name',
    scope: 'read',
    summary: 'The same as `GET /w/:queue`.',
    input: { queue: { ...queue, path: undefined, query: 'queue_name' } },
    output: queueWorkers,
    answer: { status: 200 },
  },
  workers: {
    method: 'GET',
    path: '/w/',
    scope: 'read',
    summary: `Statistics about the workers, ${limits.workersPerList} at a time.`,
    input: { after },
    output: object({ workers: array(workerView) }),
    answer: { status: 200, headers: { Link: '</w/?after={next}>; rel="next"' }, body: 'workers' },
  },
} as const satisfies { [name: string]: Route };
