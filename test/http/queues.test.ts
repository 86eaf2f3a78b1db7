/** `/status`, `/j` and `/control`: what a queue says of itself, and the switch that stops it. */

import { describe, expect, it } from 'vitest';
import { expectError, stores, useServer } from '../support/http.js';

describe.each(stores)('queues on %s', (store) => {
  const client = useServer(store);

  it('a queue never seen looks empty and open, and reading does not create it', async () => {
    expect(await client.read('GET /status/foo')).toMatchObject({ queue: 'foo', size: 0, policy: {} });
    const counters = { queue_name: 'foo', job_count: 0, job_processed: 0, job_failed: 0 };
    expect(await client.read('GET /j/foo')).toEqual(counters);
    expect(await client.read('GET /control/foo')).toEqual({ queue: 'foo', status: '1' });
    await client.ask('GET /q/foo');
    await client.ask('GET /qb/foo');
    await client.ask('GET /w/foo');
    await client.send('POST /w/foo', '{"worker_id":"w1"}');
    expect(await client.read('GET /status/')).toEqual({ queues: [], size: 0 });
  });

  it('GET /status/ lists the queues that had a push or a setting', async () => {
    await client.push('/q/foo', '1');
    expect(await client.read('GET /status/')).toEqual({ queues: ['foo'], size: 1 });
    await client.send('POST /control/bar', '{"status":"start"}');
    await client.send('POST /qb/baz', '{"jobs":[1]}');
    expect(await client.read('GET /status')).toEqual({ queues: ['bar', 'baz', 'foo'], size: 3 });
    await client.drain('foo');
    expect(await client.read('GET /status/')).toMatchObject({ size: 3 });
  });

  it('GET /j counts what is there, what was taken and what failed', async () => {
    for (const job of ['1', '2', '3']) await client.push('/q/foo', job);
    await client.ask('GET /q/foo');
    await client.send('PUT /q/foo', '1');
    await client.ask('GET /qb/foo?batch_size=2');
    const reply = await client.ask('GET /j/foo');
    expect(reply.text).toBe('{"queue_name":"foo","job_count":1,"job_processed":3,"job_failed":1}');
  });

  it('sizes are the jobs that a fetch would give now', async () => {
    const soon = Math.floor(Date.now() / 1000) + 100;
    await client.push('/q/foo', '1');
    await client.push('/q/foo?delayed=1', '2');
    await client.push(`/q/foo?delayed=${soon}`, '3');
    expect(await client.read('GET /status/foo')).toMatchObject({ queue: 'foo', size: 2 });
    expect(await client.read('GET /j/foo')).toMatchObject({ job_count: 2 });
    expect((await client.drain('foo')).sort()).toEqual(['1', '2']);
    expect(await client.read('GET /status/foo')).toMatchObject({ size: 0 });
  });

  it('a stopped queue takes jobs and gives none until it is started', async () => {
    const stopped = await client.send('POST /control/foo', '{"status":"stop"}');
    expect(stopped.status).toBe(200);
    expect(JSON.parse(stopped.text)).toEqual({ queue: 'foo', response: 'updated' });
    expect(await client.read('GET /control/foo')).toEqual({ queue: 'foo', status: '0' });
    expectError(await client.ask('GET /q/foo'), 404, 'queue is closed');
    await client.push('/q/foo', '1');
    expectError(await client.ask('GET /q/foo'), 404, 'queue is closed');
    expectError(await client.ask('GET /qb/foo'), 404, 'queue is closed');
    expect(await client.read('GET /control/bar')).toEqual({ queue: 'bar', status: '1' });
    const started = await client.send('POST /control/foo', '{"status":"start"}');
    expect(JSON.parse(started.text)).toEqual({ queue: 'foo', response: 'updated' });
    expect(await client.read('GET /control/foo')).toEqual({ queue: 'foo', status: '1' });
    expect(await client.drain('foo')).toEqual(['1']);
  });

  it('an old client stops a queue with an action', async () => {
    await client.send('POST /control/foo', '{"action":"stop"}');
    expect(await client.read('GET /control/foo')).toMatchObject({ status: '0' });
    await client.send('POST /control/foo', '{"action":"start"}');
    expect(await client.read('GET /control/foo')).toMatchObject({ status: '1' });
  });

  it.each([undefined, 'text/plain', 'application/x-www-form-urlencoded', 'appplication/json'])(
    'POST /control takes the content type %s',
    async (type) => {
      const headers = { 'Content-Length': '17', ...(type && { 'Content-Type': type }) };
      const reply = await client.ask('POST /control/foo', { headers, body: '{"status":"stop"}' });
      expect(reply.status, reply.text).toBe(200);
      expect(await client.read('GET /control/foo')).toMatchObject({ status: '0' });
    },
  );

  it.each([
    '',
    '{}',
    '[]',
    'null',
    '"stop"',
    '{"status":"stop"',
    '{"status":"halt"}',
    '{"status":0}',
    '{"status":null}',
    '{"status":"stop","nonsense":1}',
    '{"__proto__":{"status":"stop"}}',
  ])('POST /control refuses the body %s and sets nothing', async (body) => {
    expectError(await client.send('POST /control/foo', body), 400, /./);
    expect(await client.read('GET /control/foo')).toMatchObject({ status: '1' });
    expect(await client.read('GET /status/')).toEqual({ queues: [], size: 0 });
  });

  it.each(['GET /j/', 'GET /control/', 'POST /control/', 'GET /j', 'GET /control'])(
    '%s is 404 queue name is missing',
    async (line) => {
      expectError(await client.ask(line), 404, 'queue name is missing');
    },
  );
});
