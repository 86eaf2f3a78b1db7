/** Routes about the server itself. */

import type { Route } from '../route.js';
import { object } from '../schema.js';

export const serverRoutes = {
  live: {
    method: 'GET',
    path: '/livez',
    scope: 'open',
    summary: 'Whether the process answers.',
    input: {},
    output: object({ status: { const: 'live' } }),
    answer: { status: 200 },
  },
  ready: {
    method: 'GET',
    path: '/readyz',
    scope: 'open',
    summary: 'Whether the server takes jobs: it really writes to its store.',
    input: {},
    output: object({ status: { const: 'ready' } }),
    answer: { status: 200 },
    errors: ['storage_full', 'storage_failed', 'stopping'],
  },
} as const satisfies { [name: string]: Route };
