/** `/q`: a job goes in, comes out once, comes back after a failure, and goes with its queue. */

import { describe, expect, it } from 'vitest';
import { expectError, stores, useServer } from '../support/http.js';

describe.each(stores)('jobs on %s', (store) => {
  const client = useServer(store);
  const durability = store === 'memory:' ? 'memory' : 'fsync';

  it.each(['POST', 'PUT'])(
    '%s /q answers 201 with an empty body and says which job it became',
    async (method) => {
      const reply = await client.send(`${method} /q/foo`, '{"key":"value"}');
      expect(reply.status).toBe(201);
      expect(reply.text).toBe('');
      expect(reply.headers['content-length']).toBe('0');
      const id = reply.headers['presque-job'];
      expect(id).toMatch(/^\S+$/);
      expect(reply.headers.location).toBe(`/j/foo/${id}`);
      expect(reply.headers['presque-durability']).toBe(durability);
    },
  );

  it('GET /q answers 200 with the job, its id and how it is delivered', async () => {
    const pushed = await client.push('/q/foo', '{"key":"value"}');
    const reply = await client.ask('GET /q/foo');
    expect(reply.status).toBe(200);
    expect(reply.text).toBe('{"key":"value"}');
    expect(reply.headers['content-type']).toBe('application/json');
    expect(reply.headers['content-length']).toBe('15');
    expect(reply.headers['presque-job']).toBe(pushed.headers['presque-job']);
    expect(reply.headers['presque-delivery']).toBe('at-most-once');
    expect(reply.headers['cache-control']).toBe('no-store');
    expect(reply.headers).not.toHaveProperty('etag');
  });

  it('GET /q takes the job out, and says 404 no job when there is none', async () => {
    expectError(await client.ask('GET /q/foo'), 404, 'no job');
    await client.push('/q/foo', '1');
    expect((await client.ask('GET /q/foo')).status).toBe(200);
    expectError(await client.ask('GET /q/foo'), 404, 'no job');
  });

  it('gives jobs in the order in which they came, each queue its own', async () => {
    for (const job of ['1', '2', '3']) await client.push('/q/foo', job);
    await client.push('/q/bar', '4');
    expect(await client.drain('foo')).toEqual(['1', '2', '3']);
    expect(await client.drain('bar')).toEqual(['4']);
  });

  it('PUT /q puts the job in again and counts it as failed', async () => {
    await client.push('/q/foo', '{"n":1}');
    const { text } = await client.ask('GET /q/foo');
    expect((await client.send('PUT /q/foo', text)).status).toBe(201);
    expect(await client.read('GET /j/foo')).toEqual({
      queue_name: 'foo',
      job_count: 1,
      job_processed: 1,
      job_failed: 1,
    });
    expect(await client.drain('foo')).toEqual([text]);
  });

  it('PUT /q counts for the registered worker that failed, and never for one named in the job', async () => {
    await client.send('POST /w/foo', '{"worker_id":"w1"}');
    await client.send('POST /w/foo', '{"worker_id":"w2"}');
    await client.send('PUT /q/foo', '{"worker_id":"w2"}', { 'X-presque-workerid': 'w1' });
    await client.send('PUT /q/foo?worker_id=w1', '{"worker_id":"w2"}');
    expect(await client.read('GET /w/?worker_id=w1')).toMatchObject({ processed: '0', failed: '2' });
    expect(await client.read('GET /w/?worker_id=w2')).toMatchObject({ processed: '0', failed: '0' });
    expect(await client.read('GET /j/foo')).toMatchObject({ job_failed: 2, job_count: 2 });
  });

  it('DELETE /q answers 204, and all that the queue had is gone', async () => {
    const { headers } = await client.push('/q/foo?uniq=k', '1');
    await client.push('/q/foo?delayed=99999999999', '2');
    await client.send('PUT /q/foo', '3');
    await client.send('POST /control/foo', '{"status":"stop"}');
    const reply = await client.ask('DELETE /q/foo');
    expect(reply.status).toBe(204);
    expect(reply.text).toBe('');
    expect(await client.read('GET /status/')).toEqual({ queues: [], size: 0 });
    expect(await client.read('GET /control/foo')).toEqual({ queue: 'foo', status: '1' });
    expect(await client.read('GET /j/foo')).toEqual({
      queue_name: 'foo',
      job_count: 0,
      job_processed: 0,
      job_failed: 0,
    });
    expectError(await client.ask('GET /q/foo'), 404, 'no job');
    const again = await client.push('/q/foo?uniq=k', '1');
    expect(again.headers['presque-job']).not.toBe(headers['presque-job']);
  });

  it('DELETE /q answers 204 for a queue that is not there', async () => {
    expect((await client.ask('DELETE /q/never')).status).toBe(204);
  });

  it('gives no id a second time, however often the queue is deleted', async () => {
    const ids = new Set<string>();
    for (let round = 0; round < 5; round++) {
      for (const job of ['1', '2'])
        ids.add(String((await client.push('/q/foo', job)).headers['presque-job']));
      await client.ask('DELETE /q/foo');
    }
    expect(ids.size).toBe(10);
  });

  it.each(['POST', 'PUT'])('%s /q wants a job of the right type', async (method) => {
    const type = 'content-type must be set to application/json';
    const json = { 'Content-Type': 'application/json' };
    expectError(await client.ask(`${method} /q/foo`, { body: '1' }), 400, type);
    for (const other of ['text/plain', 'application/jsonx', 'appplication/json', 'application/json-seq']) {
      expectError(await client.send(`${method} /q/foo`, '1', { 'Content-Type': other }), 400, type);
    }
    expectError(await client.ask(`${method} /q/foo`, { headers: json }), 400, 'job is missing');
    expectError(await client.send(`${method} /q/foo`, '{"a":'), 400, /JSON/);
    expect(await client.read('GET /status/')).toEqual({ queues: [], size: 0 });
  });

  it.each(['GET', 'POST', 'PUT', 'DELETE'])(
    '%s without a queue is 404 queue name is missing',
    async (method) => {
      const options = method === 'GET' || method === 'DELETE' ? {} : { body: '1' };
      const headers = { 'Content-Type': 'application/json' };
      expectError(await client.ask(`${method} /q/`, { headers, ...options }), 404, 'queue name is missing');
      expectError(await client.ask(`${method} /q`, { headers, ...options }), 404, 'queue name is missing');
    },
  );
});
