/** What the clients of 2010 really send, oddities included. */

import { describe, expect, it } from 'vitest';
import { expectError, stores, useServer } from '../support/http.js';

const json = { 'Content-Type': 'application/json' };
const named = { ...json, 'X-presque-workerid': 'foo::Worker_17' };
const java = 'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2';

describe.each(stores)('old clients on %s', (store) => {
  const client = useServer(store);

  it('POST /w with a JSON type, no body and the name in the header registers', async () => {
    expect((await client.ask('POST /w/foo', { headers: named })).status).toBe(201);
    const bytes =
      'POST /w/foo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nX-presque-workerid: w2\r\n\r\n';
    expect((await client.exchange(bytes, { replies: 1 })).replies[0]?.status).toBe(201);
    expect(await client.read('GET /w/foo')).toMatchObject({ workers_list: ['foo::Worker_17', 'w2'] });
  });

  it('POST /control without a content type stops the queue', async () => {
    const body = '{"status":"stop"}';
    const bytes = `POST /control/foo HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const { replies } = await client.exchange(bytes, { replies: 1 });
    expect(replies[0]).toMatchObject({ status: 200, text: '{"queue":"foo","response":"updated"}' });
  });

  it('DELETE and GET with a JSON type and no body do their work', async () => {
    await client.push('/q/foo', '1');
    expect((await client.ask('GET /q/foo', { headers: json })).text).toBe('1');
    expect((await client.ask('DELETE /q/foo', { headers: json })).status).toBe(204);
    await client.ask('POST /w/foo', { headers: named });
    const goodbye = await client.ask('DELETE /w/foo?worker_id=foo%3A%3AWorker_17', { headers: json });
    expect(goodbye.status).toBe(204);
    expect((await client.ask('DELETE /w/foo', { headers: named })).status).toBe(204);
  });

  it('sends its name with every request, and each is answered as without', async () => {
    expect((await client.send('POST /q/foo', '1', named)).status).toBe(201);
    expect((await client.send('POST /qb/foo', '{"jobs":[2]}', named)).status).toBe(201);
    for (const path of [
      '/status/',
      '/status/foo',
      '/j/foo',
      '/control/foo',
      '/w/',
      '/w/foo',
      '/w/?queue_name=foo',
    ]) {
      // What was read later is a moment older.
      const ageless = { oldest_age: undefined };
      const asNamed = (await client.read(`GET ${path}`, { headers: named })) as object;
      const asNobody = (await client.read(`GET ${path}`)) as object;
      expect({ ...asNamed, ...ageless }).toEqual({ ...asNobody, ...ageless });
    }
    expect((await client.send('POST /control/foo', '{"status":"start"}', named)).status).toBe(200);
    expect((await client.ask('DELETE /q/foo', { headers: named })).status).toBe(204);
    expectError(
      await client.ask('PUT /qb/foo', { headers: named }),
      400,
      'PUT is not supported in batch mode',
    );
  });

  it('empty pairs in a query are nothing', async () => {
    await client.send('POST /qb/foo', '{"jobs":[1,2,3,4]}');
    expect((await client.ask('GET /q/foo?')).text).toBe('1');
    expect(await client.read('GET /qb/foo?&batch_size=2')).toEqual(['2', '3']);
    expect((await client.ask('GET /q/foo?&&')).text).toBe('4');
    expect(await client.read('GET /w?&queue_name=foo&')).toMatchObject({ queue_name: 'foo' });
    expect(await client.read('GET /status?')).toEqual({ queues: ['foo'], size: 1 });
  });

  it.each([java, '*/*', 'text/html', 'application/xml;q=0.9', 'nonsense', ''])(
    'gets JSON when it accepts "%s"',
    async (accept) => {
      const headers = { Accept: accept };
      await client.push('/q/foo', '{"a":1}');
      await client.send('POST /w/foo', '{"worker_id":"w1"}');
      for (const path of [
        '/q/foo',
        '/status/',
        '/status/foo',
        '/j/foo',
        '/control/foo',
        '/w/',
        '/w/foo',
        '/w?worker_id=w1',
      ]) {
        await client.read(`GET ${path}`, { headers });
      }
      expectError(await client.ask('GET /q/foo', { headers }), 404, 'no job');
      expectError(await client.ask('GET /nowhere', { headers }), 404, /./);
    },
  );

  it('keeps its connection over errors', async () => {
    const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    const bytes = get('/q/foo') + get('/q/foo?x=1') + get('/nowhere') + get('/j/foo');
    const { replies } = await client.exchange(bytes, { replies: 4 });
    expect(replies.map((reply) => reply.status)).toEqual([404, 400, 404, 200]);
  });

  it('speaks HTTP/1.0', async () => {
    const get = 'GET /j/foo HTTP/1.0\r\nHost: localhost\r\n\r\n';
    const { replies, closed } = await client.exchange(get);
    expect(closed).toBe(true);
    expect(replies).toMatchObject([{ status: 200 }]);
  });
});
