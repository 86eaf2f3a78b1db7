/** `?delayed=`: not before that second, and from that second on. */

import { describe, expect, it } from 'vitest';
import { expectError, stores, useServer } from '../support/http.js';

describe.each(stores)('delayed jobs on %s', (store) => {
  const client = useServer(store);

  it.each(['0', '1', '1273923534'])('a job for the past second %s is due now', async (second) => {
    await client.push(`/q/foo?delayed=${second}`, '1');
    expect(await client.read('GET /status/foo')).toMatchObject({ size: 1 });
    expect(await client.drain('foo')).toEqual(['1']);
  });

  it.each(['POST /q/foo', 'PUT /q/foo', 'POST /qb/foo'])('%s gives no job before its time', async (line) => {
    const later = Math.floor(Date.now() / 1000) + 60;
    const body = line.includes('/qb/') ? '{"jobs":[1]}' : '1';
    expect((await client.send(`${line}?delayed=${later}`, body)).status).toBe(201);
    expectError(await client.ask('GET /q/foo'), 404, 'no job');
    expectError(await client.ask('GET /qb/foo'), 404, 'no job');
    expect(await client.read('GET /status/foo')).toMatchObject({ size: 0 });
  });

  it.each(['q', 'qb'])(
    'a job for second T is never given before T, and at T on the first try by GET /%s',
    async (route) => {
      const second = Math.floor(Date.now() / 1000) + 2;
      const due = second * 1000;
      await client.push(`/q/foo?delayed=${second}`, '"due"');
      // The last of these answers before T for sure.
      while (Date.now() < due - 100) expectError(await client.ask(`GET /${route}/foo`), 404, 'no job');
      while (Date.now() < due) {
        // Busy, so that the request leaves within this millisecond.
      }
      const reply = await client.ask(`GET /${route}/foo`);
      expect(reply.status).toBe(200);
      expect(reply.text).toBe(route === 'q' ? '"due"' : '["\\"due\\""]');
    },
  );

  it('a job that became due counts in the sizes before anybody asks for it', async () => {
    const second = Math.floor(Date.now() / 1000) + 1;
    await client.push(`/q/foo?delayed=${second}`, '1');
    while (Date.now() < second * 1000) {
      // Busy, so that the request leaves within this millisecond.
    }
    expect(await client.read('GET /j/foo')).toMatchObject({ job_count: 1 });
    expect(await client.read('GET /status/foo')).toMatchObject({ size: 1 });
  });

  it.each(['1700000000000', '100000000000', '9'.repeat(30)])(
    'delayed=%s is 400 and says that seconds are meant, not milliseconds',
    async (value) => {
      expectError(
        await client.send(`POST /q/foo?delayed=${value}`, '1'),
        400,
        /delayed.*seconds.*milliseconds/,
      );
      expectError(
        await client.send(`POST /qb/foo?delayed=${value}`, '{"jobs":[1]}'),
        400,
        /seconds.*milliseconds/,
      );
      expect(await client.read('GET /status/')).toEqual({ queues: [], size: 0 });
    },
  );

  it('the last second that is taken is 99999999999', async () => {
    await client.push('/q/foo?delayed=99999999999', '1');
  });

  it.each([
    '',
    '-1',
    '1.5',
    '1e3',
    '0x10',
    'now',
    '10s',
    '%201',
    '%D9%A3',
    'NaN',
    '1&delayed=1',
    '1&delaye%64=1',
  ])('delayed=%s is 400', async (value) => {
    expectError(await client.send(`POST /q/foo?delayed=${value}`, '1'), 400, /delayed/);
    expect(await client.read('GET /status/')).toEqual({ queues: [], size: 0 });
  });
});
