/** What may be the name of a worker, and what is said when there is none. */

import { describe, expect, it } from 'vitest';
import { expectError, stores, useServer } from '../support/http.js';

describe.each(stores)('names of workers on %s', (store) => {
  const client = useServer(store);

  it.each(['foo::Worker_17', 'a b', '__proto__', 'constructor', '~'.repeat(128), '<&"\'>', '!'])(
    'may be %s',
    async (name) => {
      const body = JSON.stringify({ worker_id: name });
      expect((await client.send('POST /w/foo', body)).status).toBe(201);
      const path = `/w/?worker_id=${encodeURIComponent(name)}`;
      expect(await client.read(`GET ${path}`)).toMatchObject({ worker_id: name, queues: ['foo'] });
      expect(await client.read('GET /w/foo')).toMatchObject({ workers_list: [name] });
    },
  );

  it.each([
    '"~"',
    `"${'x'.repeat(129)}"`,
    '" a"',
    '"a "',
    '"é"',
    '"a\\nb"',
    '"\\u0000"',
    '1',
    'true',
    '["a"]',
    '{}',
  ])('of %s is said to be right or wrong by the same rule', async (worker) => {
    const reply = await client.send('POST /w/foo', `{"worker_id":${worker}}`);
    if (worker === '"~"') expect(reply.status).toBe(201);
    else expectError(reply, 400, /worker_id/);
  });

  it.each(['x'.repeat(129), '%20a', 'a%20', '%C3%A9', 'a%00', 'a&worker_id=b'])(
    'may not be %s in a query, wherever one is taken',
    async (name) => {
      for (const line of ['GET /q/foo', 'GET /qb/foo', 'POST /w/foo', 'DELETE /w/foo', 'GET /w/']) {
        expectError(await client.ask(`${line}?worker_id=${name}`), 400, /worker_id/);
      }
    },
  );

  it.each(['POST /w/foo', 'DELETE /w/foo', 'POST /w/foo?worker_id=', 'DELETE /w/foo?worker_id='])(
    '%s without a name is 400 worker_id is missing',
    async (line) => {
      expectError(await client.ask(line), 400, 'worker_id is missing');
      expectError(
        await client.ask(line, { headers: { 'X-presque-workerid': '' } }),
        400,
        'worker_id is missing',
      );
    },
  );

  it.each(['{}', '{"worker_id":""}'])('POST /w with %s is 400 worker_id is missing', async (body) => {
    expectError(await client.send('POST /w/foo', body), 400, 'worker_id is missing');
  });

  it.each(['[]', '1', '"w1"', '{"worker_id":"w1"', '{"worker_id":"w1","nonsense":1}'])(
    'POST /w with %s is 400',
    async (body) => {
      expectError(await client.send('POST /w/foo', body), 400, /./);
      expect(await client.read('GET /w/')).toEqual([]);
    },
  );

  it.each(['POST /w/?worker_id=w1', 'DELETE /w/?worker_id=w1', 'GET /w/?queue_name='])(
    '%s is 404 queue name is missing',
    async (line) => {
      expectError(await client.ask(line), 404, 'queue name is missing');
    },
  );
});
