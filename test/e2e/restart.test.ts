/** Shows that what a queue is outlives the process, whether that was stopped or killed. */

import { describe, expect, test } from 'vitest';
import { startServer, temporaryDirectory } from '../support/process.js';
import { createClient, pause } from './client.js';

describe.each(['stop', 'kill'] as const)('after %s, the next server on the directory', (end) => {
  test('gives the jobs byte for byte in their order', async () => {
    const data = temporaryDirectory();
    const server = await startServer({ data });
    const { push, ask } = createClient(server.url);
    const jobs = [
      '{"n":12345678901234567890,"n":1.50}',
      ' [ 1 , 2 ] ',
      '{"__proto__":[]}',
      '"\\u00e9é💾"',
      'null',
    ];
    for (const job of jobs) expect((await push('foo', job)).status).toBe(201);
    await server[end]();
    const next = createClient((await startServer({ data })).url);
    const [first, ...rest] = jobs;
    expect((await next.ask('GET', '/q/foo')).text).toBe(first);
    expect(await next.takeAll('foo')).toEqual(rest);
    await expect(ask('GET', '/livez')).rejects.toThrow();
  });

  test('knows counters, switch, unique keys and workers', async () => {
    const data = temporaryDirectory();
    const server = await startServer({ data });
    const { ask, push } = createClient(server.url);
    await ask('POST', '/w/foo', '{"worker_id":"w1"}');
    for (let n = 0; n < 5; n++) await push('foo', `${n}`);
    const named = { 'X-presque-workerid': 'w1' };
    await ask('GET', '/q/foo', undefined, named);
    await ask('GET', '/q/foo', undefined, named);
    await ask('PUT', '/q/foo', '1', { ...named, 'Content-Type': 'application/json' });
    expect((await ask('POST', '/q/foo?uniq=key', '"unique"')).status).toBe(201);
    await ask('POST', '/control/bar', '{"status":"stop"}');
    await server[end]();

    const next = createClient((await startServer({ data })).url);
    expect(await next.json('/j/foo')).toEqual({
      queue_name: 'foo',
      job_count: 5,
      job_processed: 2,
      job_failed: 1,
    });
    expect(await next.json('/w/?worker_id=w1')).toMatchObject({
      processed: '2',
      failed: '1',
      queues: ['foo'],
    });
    expect(await next.json('/control/bar')).toEqual({ queue: 'bar', status: '0' });
    const refused = await next.ask('POST', '/q/foo?uniq=key', '"again"');
    expect({ status: refused.status, text: refused.text }).toEqual({
      status: 400,
      text: '{"error":"job already exists"}',
    });
    expect(await next.takeAll('foo')).toEqual(['2', '3', '4', '1', '"unique"']);
    expect((await next.ask('POST', '/q/foo?uniq=key', '"again"')).status).toBe(201);
  });

  test('never gives a job’s id again, not even that of a purged queue', async () => {
    const data = temporaryDirectory();
    const ids: number[] = [];
    for (let round = 0; round < 3; round++) {
      const server = await startServer({ data });
      const client = createClient(server.url);
      for (let n = 0; n < 3; n++) ids.push(Number((await client.push('foo', '1')).headers['presque-job']));
      if (round === 0) await client.takeAll('foo');
      else await client.ask('DELETE', '/q/foo');
      await server[end]();
    }
    expect(ids.every(Number.isSafeInteger)).toBe(true);
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('gives a delayed job on time, not early', async () => {
    const data = temporaryDirectory();
    const server = await startServer({ data });
    const at = Math.ceil(Date.now() / 1000) + 3;
    const pushed = await createClient(server.url).ask('POST', `/q/foo?delayed=${at}`, '"later"');
    expect(pushed.status).toBe(201);
    await server[end]();
    const next = createClient((await startServer({ data })).url);
    let takenAt = 0;
    for (let n = 0; n < 1_000 && takenAt === 0; n++) {
      const { status } = await next.ask('GET', '/q/foo');
      if (status === 200) takenAt = Date.now();
      else await pause(10);
    }
    expect(takenAt).toBeGreaterThanOrEqual(at * 1000);
    expect(takenAt).toBeLessThan(at * 1000 + 500);
  });
});
