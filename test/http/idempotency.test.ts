/** `Idempotency-Key`: a push that is repeated is done once, and answered the same. */

import { describe, expect, it } from 'vitest';
import { expectError, stores, useServer } from '../support/http.js';

const says = 'idempotency-key must be 1 to 255 printable ASCII characters, quoted or bare';

describe.each(stores)('idempotency keys on %s', (store) => {
  const client = useServer(store);
  const send = (line: string, body: string, key: string) =>
    client.send(line, body, { 'Idempotency-Key': key });

  it.each(['POST', 'PUT'])('%s /q again has the first answer, and is done once', async (method) => {
    const first = await send(`${method} /q/foo`, '{"a":1}', 'key-1');
    expect(first.status).toBe(201);
    expect(first.headers).not.toHaveProperty('idempotency-replayed');
    for (let round = 0; round < 2; round++) {
      const again = await send(`${method} /q/foo`, '{"a":1}', 'key-1');
      expect([again.status, again.text]).toEqual([201, '']);
      expect(again.headers).toMatchObject({
        'idempotency-replayed': 'true',
        location: first.headers.location,
        'presque-job': first.headers['presque-job'],
        'presque-durability': first.headers['presque-durability'],
      });
    }
    const counters = { job_count: 1, job_failed: method === 'PUT' ? 1 : 0 };
    expect(await client.read('GET /j/foo')).toMatchObject(counters);
  });

  it('PUT under the key of a POST is another request, and so is the same with another preference not', async () => {
    expect((await send('POST /q/foo', '1', 'm')).status).toBe(201);
    expectError(await send('PUT /q/foo', '1', 'm'), 422, 'idempotency-key was used for another request');
    const waiting = await client.send('POST /q/foo', '1', { 'Idempotency-Key': 'm', Prefer: 'wait=0.1' });
    expect([waiting.status, waiting.headers['idempotency-replayed']]).toEqual([202, 'true']);
  });

  it('POST /qb again pushes nothing', async () => {
    const first = await send('POST /qb/foo', '{"jobs":[1,2,3]}', 'k');
    expect(first.headers).not.toHaveProperty('idempotency-replayed');
    const again = await send('POST /qb/foo', '{"jobs":[1,2,3]}', 'k');
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([201, 'true']);
    expectError(
      await send('POST /qb/foo', '{"jobs":[1,2]}', 'k'),
      422,
      'idempotency-key was used for another request',
    );
    expect(await client.drain('foo')).toEqual(['1', '2', '3']);
  });

  it.each([
    ['POST /q/foo', '{"a":2}'],
    ['POST /q/foo', '{"a":1} '],
    ['POST /q/foo?priority=9', '{"a":1}'],
    ['POST /q/foo?uniq=k', '{"a":1}'],
    ['POST /q/foo?tag=x', '{"a":1}'],
    ['POST /q/foo?delay=5m', '{"a":1}'],
    ['POST /qb/foo', '{"jobs":[{"a":1}]}'],
  ])('another request under the key is 422: %s %s', async (line, body) => {
    await send('POST /q/foo', '{"a":1}', 'k');
    const sentence = 'idempotency-key was used for another request';
    expectError(await send(line, body, 'k'), 422, sentence);
    expect(await client.read('GET /status/foo')).toMatchObject({ ready: 1, delayed: 0 });
  });

  it('a repeat is known though the job was taken, settled, or has a key that is held', async () => {
    const taken = await send('POST /q/foo?uniq=k', '1', 'a');
    await client.drain('foo');
    expect((await send('POST /q/foo?uniq=k', '1', 'a')).headers.location).toBe(taken.headers.location);
    await client.control('foo', { max_size: 0 });
    expect((await send('POST /q/foo?uniq=k', '1', 'a')).status).toBe(201);
    expect(await client.drain('foo')).toEqual([]);
  });

  it('is of its queue, and free again when the queue was deleted', async () => {
    await send('POST /q/foo', '1', 'k');
    await send('POST /q/bar', '2', 'k');
    expect(await client.drain('bar')).toEqual(['2']);
    await client.ask('DELETE /q/foo');
    expect((await send('POST /q/foo', '3', 'k')).headers).not.toHaveProperty('idempotency-replayed');
    expect(await client.drain('foo')).toEqual(['3']);
  });

  it('is the same quoted and bare', async () => {
    await send('POST /q/foo', '1', '"8e03978e-40d5-43dd-bc93-6894a57f9324"');
    const again = await send('POST /q/foo', '1', '8e03978e-40d5-43dd-bc93-6894a57f9324');
    expect(again.headers['idempotency-replayed']).toBe('true');
    await send('POST /q/foo', '2', '"a\\"b\\\\c"');
    expect((await send('POST /q/foo', '2', 'a"b\\c')).headers['idempotency-replayed']).toBe('true');
  });

  it('may have 255 characters, and tells keys apart by each of them', async () => {
    const key = 'k'.repeat(254);
    for (const last of ['a', 'A', '~', ' !'])
      await send('POST /q/foo', '1', `${key.slice(last.length - 1)}${last}`);
    expect(await client.drain('foo')).toHaveLength(4);
    expect((await send('POST /q/foo', '1', `"${key}a"`)).headers['idempotency-replayed']).toBe('true');
  });

  it.each(['k'.repeat(256), `"${'k'.repeat(256)}"`, '""', 'é'])('%s is 400', async (key) => {
    expectError(await send('POST /q/foo', '1', Buffer.from(key).toString('latin1')), 400, says);
    expectError(await send('POST /qb/foo', '{"jobs":[1]}', Buffer.from(key).toString('latin1')), 400, says);
    expect(await client.read('GET /status/')).toEqual({ queues: [], size: 0 });
  });

  it('given twice is 400', async () => {
    const head =
      'POST /q/foo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1\r\n';
    const { replies } = await client.exchange(`${head}Idempotency-Key: a\r\nIdempotency-Key: a\r\n\r\n1`, {
      replies: 1,
    });
    expectError(replies[0] as never, 400, 'idempotency-key is given more than once');
  });

  it('a push that was refused leaves the key free', async () => {
    await client.push('/q/foo?uniq=k', '1');
    expectError(await send('POST /q/foo?uniq=k', '2', 'a'), 400, 'job already exists');
    await client.drain('foo');
    const pushed = await send('POST /q/foo?uniq=k', '2', 'a');
    expect(pushed.headers).not.toHaveProperty('idempotency-replayed');
    expect(await client.drain('foo')).toEqual(['2']);
  });

  it('lets one of 32 that come at the same time in, and answers all of them the same', async () => {
    const replies = await Promise.all(Array.from({ length: 32 }, () => send('POST /q/foo', '1', 'k')));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(replies.map(({ headers }) => headers.location)).size).toBe(1);
    expect(replies.filter(({ headers }) => headers['idempotency-replayed'] === undefined)).toHaveLength(1);
    expect(await client.drain('foo')).toEqual(['1']);
  });

  it('an empty batch under a key is nothing new', async () => {
    await send('POST /qb/foo', '{"jobs":[]}', 'k');
    expect((await send('POST /qb/foo', '{"jobs":[]}', 'k')).status).toBe(201);
  });
});
