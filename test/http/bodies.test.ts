/** How large a body may be, and in what dress it may come. */

import { describe, expect, it } from 'vitest';
import { expectError, useServer } from '../support/http.js';

const mebibyte = 1024 * 1024;
const jobOf = (bytes: number) => `"${'x'.repeat(bytes - 2)}"`;
const head = (line: string, fields: string) =>
  `${line} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${fields}\r\n\r\n`;

describe('sizes', () => {
  const client = useServer('memory:');

  it.each(['POST', 'PUT'])('%s takes a job of 1 MiB, and one byte more is 413', async (method) => {
    const largest = jobOf(mebibyte);
    expect((await client.send(`${method} /q/foo`, largest)).status).toBe(201);
    expectError(await client.send(`${method} /q/foo`, jobOf(mebibyte + 1)), 413, /1048576/);
    expectError(await client.send(`${method} /q/foo`, `${largest} `), 413, /1048576/);
    expect(await client.drain('foo')).toEqual([largest]);
  });

  it('counts bytes, not characters', async () => {
    expectError(await client.send('POST /q/foo', `"${'é'.repeat(mebibyte / 2)}"`), 413, /./);
    expectError(await client.send('POST /qb/foo', `{"jobs":["${'é'.repeat(mebibyte / 2)}"]}`), 413, /./);
    await client.push('/q/foo', `"${'é'.repeat(mebibyte / 2 - 1)}"`);
  });

  it('takes a batch of 16 MiB with jobs of 1 MiB, and one byte more is 413', async () => {
    const jobs = Array.from({ length: 15 }, () => jobOf(mebibyte));
    const batch = `{"jobs":[${jobs.join()}]}`.padEnd(16 * mebibyte, ' ');
    expectError(await client.send('POST /qb/foo', `${batch} `), 413, /16777216/);
    expect((await client.send('POST /qb/foo', batch)).status).toBe(201);
    expect(await client.read('GET /j/foo')).toMatchObject({ job_count: 15 });
    const back = (await client.read('GET /qb/foo?batch_size=15')) as string[];
    expect(back.every((job) => job === jobs[0])).toBe(true);
  });

  it('refuses an announced 100 MB before any of it is sent', async () => {
    const { replies } = await client.exchange(head('POST /q/foo', 'Content-Length: 100000000'), {
      replies: 1,
    });
    expectError(replies[0] as never, 413, /./);
  });

  it('a client that sends all of its too large body before it reads gets its answer', async () => {
    for (const connection of ['keep-alive', 'close']) {
      const fields = `Connection: ${connection}\r\nTransfer-Encoding: chunked`;
      const chunk = `${(8 * mebibyte).toString(16)}\r\n${' '.repeat(8 * mebibyte)}\r\n`;
      const bytes = `${head('POST /q/foo', fields)}${chunk}0\r\n\r\n`;
      const { replies } = await client.exchange(bytes, { replies: 1, sendFirst: true });
      expectError(replies[0] as never, 413, /./);
    }
  });

  it('a client that waits to be told to go on is told so, or that its job is too large', async () => {
    const fields = (length: number) => `Expect: 100-continue\r\nContent-Length: ${length}`;
    const small = await client.exchange(`${head('POST /q/foo', fields(1))}1`, { replies: 2 });
    expect(small.replies.map((reply) => reply.status)).toEqual([100, 201]);
    const large = await client.exchange(head('POST /q/foo', fields(100_000_000)), { replies: 1 });
    expectError(large.replies[0] as never, 413, /./);
  });

  it('another expectation is refused in JSON', async () => {
    const bytes = `${head('POST /q/foo', 'Expect: miracles\r\nContent-Length: 1')}1`;
    const { replies } = await client.exchange(bytes, { replies: 1 });
    expectError(replies[0] as never, 417, /./);
  });

  it('a body that ends too early pushes nothing', async () => {
    const half = `${head('POST /q/foo', 'Content-Length: 10')}[1]`;
    const { replies } = await client.exchange(half, { end: true });
    expect(replies.every((reply) => reply.status === 400)).toBe(true);
    await client.exchange(`${head('POST /q/foo', 'Transfer-Encoding: chunked')}3\r\n[1]\r\n`, { end: true });
    expect(await client.read('GET /status/')).toEqual({ queues: [], size: 0 });
  });
});

describe('encodings', () => {
  const client = useServer('memory:');
  const routes = ['POST /q/foo', 'PUT /q/foo', 'POST /qb/foo'];

  it.each(['gzip', 'br', 'deflate', 'x', 'gzip, gzip'])('Content-Encoding: %s is 415', async (encoding) => {
    for (const line of [...routes, 'POST /control/foo', 'POST /w/foo']) {
      expectError(await client.send(line, '{"jobs":[1]}', { 'Content-Encoding': encoding }), 415, /./);
    }
    expect(await client.read('GET /status/')).toEqual({ queues: [], size: 0 });
  });

  it.each([
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'application/json ; charset="utf-8"',
    'Application/JSON',
    'application/json;',
    'application/json; version=1; charset=utf-8',
  ])('Content-Type: %s is JSON', async (type) => {
    for (const line of routes) {
      const reply = await client.send(line, '{"jobs":["é"]}', { 'Content-Type': type });
      expect(reply.status, reply.text).toBe(201);
    }
  });

  it.each([
    'application/json; charset=latin1',
    'application/json;charset=ISO-8859-1',
    'application/json; charset="utf-16"',
    'application/json; charset=utf-8x',
    'application/json; charset=',
    'application/json; version=1; charset=us-ascii',
  ])('Content-Type: %s is 400', async (type) => {
    for (const line of routes) {
      expectError(await client.send(line, '{"jobs":[1]}', { 'Content-Type': type }), 400, /charset/);
    }
    expect(await client.read('GET /status/')).toEqual({ queues: [], size: 0 });
  });
});
