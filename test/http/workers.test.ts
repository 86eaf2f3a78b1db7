/** `/w`: workers say hello and goodbye, and what they did is counted. */

import { describe, expect, it } from 'vitest';
import { expectError, stores, useServer } from '../support/http.js';

describe.each(stores)('workers on %s', (store) => {
  const client = useServer(store);
  const register = (queue: string, name: string) =>
    client.send(`POST /w/${queue}`, `{"worker_id":"${name}"}`);

  it('registers with 201 and an empty body, and tells its statistics with counters that are strings', async () => {
    const before = Math.floor(Date.now() / 1000);
    const reply = await register('foo', 'w1');
    expect([reply.status, reply.text]).toEqual([201, '']);
    const worker = (await client.read('GET /w/?worker_id=w1')) as {
      started_at: number;
      last_seen_at: number;
    };
    expect(worker).toEqual({
      worker_id: 'w1',
      started_at: expect.any(Number),
      processed: '0',
      failed: '0',
      queues: ['foo'],
      last_seen_at: expect.any(Number),
      doing: [],
    });
    for (const time of [worker.started_at, worker.last_seen_at]) {
      expect(Number.isInteger(time) && time >= before && time <= Date.now() / 1000).toBe(true);
    }
  });

  it('counts what a registered worker takes and fails, and tells what it is doing', async () => {
    await register('foo', 'w1');
    const { headers } = await client.push('/q/foo', '1');
    await client.push('/q/foo', '2');
    await client.ask('GET /q/foo?worker_id=w1');
    const doing = [{ queue: 'foo', id: headers['presque-job'], since: expect.any(Number) }];
    expect(await client.read('GET /w/?worker_id=w1')).toMatchObject({ processed: '1', failed: '0', doing });
    await client.send('PUT /q/foo', '1', { 'X-presque-workerid': 'w1' });
    await client.ask('GET /qb/foo', { headers: { 'x-presque-workerid': 'w1' } });
    expect(await client.read('GET /w/?worker_id=w1')).toMatchObject({ processed: '3', failed: '1' });
    const listed = { queue_name: 'foo', workers_list: ['w1'], processed: 3, failed: 1 };
    expect(await client.read('GET /w/foo')).toEqual(listed);
  });

  it('keeps the counters when it registers again', async () => {
    await register('foo', 'w1');
    await client.push('/q/foo', '1');
    await client.ask('GET /q/foo?worker_id=w1');
    const before = (await client.read('GET /w/?worker_id=w1')) as { started_at: number };
    expect((await register('foo', 'w1')).status).toBe(201);
    const { started_at } = before;
    expect(await client.read('GET /w/?worker_id=w1')).toMatchObject({ processed: '1', started_at });
  });

  it('says exactly which workers a queue has, by path and by name, also when it was never seen', async () => {
    const empty = { queue_name: 'foo', workers_list: [], processed: 0, failed: 0 };
    const lines = ['GET /w/foo', 'GET /w/?queue_name=foo', 'GET /w?queue_name=foo'];
    for (const line of lines) expect(await client.read(line)).toEqual(empty);
    await register('foo', 'w2');
    await register('foo', 'w1');
    await register('bar', 'w3');
    for (const line of lines) {
      const { workers_list: list, ...rest } = (await client.read(line)) as { workers_list: string[] };
      expect(rest).toEqual({ queue_name: 'foo', processed: 0, failed: 0 });
      expect(list.sort()).toEqual(['w1', 'w2']);
    }
  });

  it('GET /w/ lists all workers, whatever name the header has', async () => {
    expect(await client.read('GET /w/')).toEqual([]);
    await register('foo', 'w1');
    await register('bar', 'w1');
    await register('foo', 'w2');
    const headers = { 'X-presque-workerid': 'w2' };
    const all = (await client.read('GET /w/', { headers })) as { worker_id: string }[];
    expect(all.map((worker) => worker.worker_id).sort()).toEqual(['w1', 'w2']);
    for (const worker of all) {
      expect(worker).toEqual(await client.read(`GET /w/?worker_id=${worker.worker_id}`));
    }
    expect(all.find((worker) => worker.worker_id === 'w1')).toMatchObject({ queues: ['bar', 'foo'] });
    expect(await client.read('GET /w')).toEqual(all);
  });

  it('a worker never seen is 404, and taking does not register one', async () => {
    await client.push('/q/foo', '1');
    await client.ask('GET /q/foo?worker_id=w1');
    expectError(await client.ask('GET /w/?worker_id=w1'), 404, /./);
    expect(await client.read('GET /w/')).toEqual([]);
  });

  it('unregisters with 204, as often as it likes', async () => {
    await register('foo', 'w1');
    await register('bar', 'w1');
    for (let times = 0; times < 2; times++) {
      const reply = await client.ask('DELETE /w/foo?worker_id=w1');
      expect([reply.status, reply.text]).toEqual([204, '']);
    }
    expect(await client.read('GET /w/foo')).toMatchObject({ workers_list: [] });
    expect(await client.read('GET /w/?worker_id=w1')).toMatchObject({ queues: ['bar'] });
    const byHeader = await client.ask('DELETE /w/bar', { headers: { 'X-presque-workerid': 'w1' } });
    expect(byHeader.status).toBe(204);
    expect(await client.read('GET /w/')).toEqual([]);
  });

  it('registers by header alone, by query, and with any content type', async () => {
    const ways = [
      client.ask('POST /w/foo', { headers: { 'X-presque-workerid': 'h' } }),
      client.ask('POST /w/foo?worker_id=q'),
      client.send('POST /w/foo', '{"worker_id":"t"}', { 'Content-Type': 'appplication/json' }),
      client.ask('POST /w/foo', { body: '{"worker_id":"n"}' }),
    ];
    for (const reply of await Promise.all(ways)) expect(reply.status, reply.text).toBe(201);
    const { workers_list: list } = (await client.read('GET /w/foo')) as { workers_list: string[] };
    expect(list.sort()).toEqual(['h', 'n', 'q', 't']);
  });
});
