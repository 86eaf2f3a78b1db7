/** `?uniq=`: one job with a key at a time. */

import { describe, expect, it } from 'vitest';
import { expectError, stores, useServer } from '../support/http.js';

describe.each(stores)('unique keys on %s', (store) => {
  const client = useServer(store);

  it.each(['POST', 'PUT'])(
    '%s of a second job with the key is 400, with the location of the first',
    async (method) => {
      const first = await client.send(`${method} /q/foo?uniq=k`, '1');
      expect(first.status).toBe(201);
      const second = await client.send(`${method} /q/foo?uniq=k`, '2');
      expectError(second, 400, 'job already exists');
      expect(second.headers.location).toBe(first.headers.location);
      expect(await client.drain('foo')).toEqual(['1']);
    },
  );

  it('is of its queue and of its spelling alone', async () => {
    await client.push('/q/foo?uniq=k', '1');
    await client.push('/q/bar?uniq=k', '2');
    await client.push('/q/foo?uniq=K', '3');
    await client.push('/q/foo', '4');
    expect(await client.drain('foo')).toEqual(['1', '3', '4']);
  });

  it('is free again when the job is taken, by GET /q and by GET /qb', async () => {
    await client.push('/q/foo?uniq=k', '1');
    await client.ask('GET /q/foo');
    await client.push('/q/foo?uniq=k', '2');
    await client.ask('GET /qb/foo');
    await client.push('/q/foo?uniq=k', '3');
    expectError(await client.send('POST /q/foo?uniq=k', '4'), 400, 'job already exists');
  });

  it('is free again when the queue is deleted', async () => {
    await client.push('/q/foo?uniq=k', '1');
    await client.ask('DELETE /q/foo');
    await client.push('/q/foo?uniq=k', '2');
    expect(await client.drain('foo')).toEqual(['2']);
  });

  it('is held by a job that is delayed', async () => {
    const first = await client.push('/q/foo?uniq=k&delayed=99999999999', '1');
    const second = await client.send('POST /q/foo?uniq=k', '2');
    expectError(second, 400, 'job already exists');
    expect(second.headers.location).toBe(first.headers.location);
  });

  it('lets one of 64 that come at the same time in', async () => {
    const pushes = Array.from({ length: 64 }, (_, n) => client.send('POST /q/foo?uniq=k', String(n)));
    const replies = await Promise.all(pushes);
    const taken = replies.filter((reply) => reply.status === 201);
    const refused = replies.filter((reply) => reply.status === 400);
    expect([taken.length, refused.length]).toEqual([1, 63]);
    for (const reply of refused) {
      expectError(reply, 400, 'job already exists');
      expect(reply.headers.location).toBe(taken[0]?.headers.location);
    }
    expect(await client.read('GET /j/foo')).toMatchObject({ job_count: 1 });
  });

  it.each(['__proto__', 'constructor', 'a%20b', '%C3%A9'.repeat(128), 'x'.repeat(256), '%F0%9F%98%80'])(
    'may be %s',
    async (key) => {
      await client.push(`/q/foo?uniq=${key}`, '1');
      expectError(await client.send(`POST /q/foo?uniq=${key}`, '2'), 400, 'job already exists');
    },
  );

  it.each([
    '',
    '%00',
    'a%0Ab',
    '%7F',
    '%C2%85',
    'x'.repeat(257),
    `${'%C3%A9'.repeat(128)}x`,
    '%FF',
    'a&uniq=a',
  ])('may not be "%s"', async (key) => {
    expectError(await client.send(`POST /q/foo?uniq=${key}`, '1'), 400, /uniq|query/);
    expectError(await client.ask('GET /q/foo'), 404, 'no job');
  });
});
