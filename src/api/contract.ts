/**
 * Every route as data: what comes in and from where, what goes out, who may, what can go wrong. Types, validation,
 * OpenAPI, the pages in `docs/` and the routing all follow from here.
 */

import type { Refusal, Route } from './route.js';
import { jobsRoutes } from './routes/jobs.js';
import { queuesRoutes } from './routes/queues.js';
import { serverRoutes } from './routes/server.js';
import { workersRoutes } from './routes/workers.js';

export const contract = {
  ...jobsRoutes,
  ...queuesRoutes,
  ...workersRoutes,
  ...serverRoutes,
} as const satisfies { [name: string]: Route };

/** Refused in the words of 2010. */
export const refusals: readonly Refusal[] = [
  { method: 'PUT', path: '/qb/:queue', error: 'not_in_batch_mode' },
  { method: 'DELETE', path: '/qb/:queue', error: 'not_in_batch_mode' },
];
