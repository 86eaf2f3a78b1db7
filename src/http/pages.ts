/** The pages that are not operations: the dashboard at `/`, and the contract as OpenAPI. */

import type { ServerResponse } from 'node:http';
import { ApiError } from '../api/errors.js';
import { openapi } from '../api/openapi.js';
import type { Api } from '../api/types.js';
import { type QueueLine, renderHome } from './home.js';
import type { Serve } from './server.js';

/** The page shows so many queues; `/status/` lists them all. */
const queuesShown = 200;

export function createPages(api: Api): { readonly [path: string]: Serve } {
  const document = JSON.stringify(openapi(), null, 2);
  const call = { undelivered() {} };

  async function queueLines(): Promise<{ lines: QueueLine[]; total: number }> {
    const { queues, size } = await api.queues({}, call);
    const lines = queues.slice(0, queuesShown).map(async (queue) => {
      const [status, counters] = await Promise.all([
        api.status({ queue }, call),
        api.counters({ queue }, call),
      ]);
      return { ...status, processed: counters.job_processed, failed: counters.job_failed };
    });
    return { lines: await Promise.all(lines), total: size };
  }

  return {
    '/': async (request, response, { query }, base) => {
      refuseQuery(query.keys());
      const host = request.headers.host ?? 'localhost:5000';
      const page = renderHome({ ...(await queueLines()), url: `http://${host}` });
      base.push('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'");
      base.push(
        'X-Content-Type-Options',
        'nosniff',
        'Referrer-Policy',
        'no-referrer',
        'X-Frame-Options',
        'DENY',
      );
      send(response, base, 'text/html; charset=utf-8', page);
    },
    '/openapi.json': (_request, response, { query }, base) => {
      refuseQuery(query.keys());
      send(response, base, 'application/json', document);
    },
  };
}

function refuseQuery(names: Iterable<string>) {
  for (const name of names) {
    throw new ApiError('invalid', { message: `${JSON.stringify(name)} is not a parameter of this route` });
  }
}

function send(response: ServerResponse, base: string[], type: string, body: string) {
  base.push('Content-Type', type, 'Content-Length', String(Buffer.byteLength(body)));
  response.writeHead(200, base).end(body);
}
