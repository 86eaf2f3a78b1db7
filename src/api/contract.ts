/**
 * Every route as data: what comes in and from where, what goes out, who may, what can go wrong. Types, validation,
 * OpenAPI, the pages in `docs/` and the routing all follow from here.
 */

import type { Refusal, Route } from './route.js';
import { pushingRoutes } from './routes/pushing.js';
import { queuesRoutes } from './routes/queues.js';
import { serverRoutes } from './routes/server.js';
import { settlingRoutes } from './routes/settling.js';
import { steeringRoutes } from './routes/steering.js';
import { takingRoutes } from './routes/taking.js';
import { workersRoutes } from './routes/workers.js';

export const contract = {
  ...pushingRoutes,
  ...takingRoutes,
  ...settlingRoutes,
  ...steeringRoutes,
  ...queuesRoutes,
  ...workersRoutes,
  ...serverRoutes,
} as const satisfies { [name: string]: Route };

/** Refused in the words of 2010. */
export const refusals: readonly Refusal[] = [
  { method: 'PUT', path: '/qb/:queue', error: 'not_in_batch_mode' },
  { method: 'DELETE', path: '/qb/:queue', error: 'not_in_batch_mode' },
];
