/** The pages that are not operations: the dashboard at `/`, and the contract as OpenAPI. */

import type { ServerResponse } from 'node:http';
import { openapi } from '../api/openapi.js';
import type { Api } from '../api/types.js';
import { type QueueLine, renderHome } from './home.js';
import { unknownParameter } from './input.js';
import type { Query } from './query.js';
import type { Target } from './server.js';

/** The page shows so many queues; `/status/` lists them all. */
const queuesShown = 200;

export function createPages(api: Api): { readonly [path: string]: Target } {
  const document = JSON.stringify(openapi(), null, 2);
  const call = { undelivered() {}, onGone() {} };

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

  const home: Target = {
    async page(request, response, query, base) {
      refuseAll(query);
      const host = request.headers.host ?? 'localhost:5000';
      const page = renderHome({ ...(await queueLines()), url: `http://${host}` });
      base.push(...pageHeaders);
      send(response, base, 'text/html; charset=utf-8', page);
    },
  };
  const openapiDocument: Target = {
    page(_request, response, query, base) {
      refuseAll(query);
      send(response, base, 'application/json', document);
    },
  };
  return { '/': home, '/openapi.json': openapiDocument };
}

/** The page needs nothing but its own style, and nobody may frame it. */
const pageHeaders = [
  ...['Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"],
  ...['X-Content-Type-Options', 'nosniff'],
  ...['Referrer-Policy', 'no-referrer'],
  ...['X-Frame-Options', 'DENY'],
];

function refuseAll(query: Query) {
  for (const name of query.keys()) throw unknownParameter(name);
}

function send(response: ServerResponse, base: string[], type: string, body: string) {
  base.push('Content-Type', type, 'Content-Length', String(Buffer.byteLength(body)));
  response.writeHead(200, base).end(body);
}
