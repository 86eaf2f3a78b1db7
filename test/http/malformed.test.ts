/** What is no HTTP gets its error in JSON too, and a closed connection. */

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { expectError, type RawReply, useServer } from '../support/http.js';

const host = 'Host: localhost\r\n';
const garbage: { name: string; bytes: string | Buffer }[] = [
  { name: 'a word', bytes: 'HELLO\r\n\r\n' },
  { name: 'a TLS hello', bytes: Buffer.from('16030100a5010000a10303', 'hex') },
  { name: 'an HTTP/2 preface', bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' },
  { name: 'an unknown version', bytes: `GET / HTTP/9.9\r\n${host}\r\n` },
  { name: 'an unknown method', bytes: `TAKE /q/foo HTTP/1.1\r\n${host}\r\n` },
  { name: 'a length in letters', bytes: `POST /q/foo HTTP/1.1\r\n${host}Content-Length: x\r\n\r\n1` },
  { name: 'a negative length', bytes: `POST /q/foo HTTP/1.1\r\n${host}Content-Length: -1\r\n\r\n1` },
  {
    name: 'two lengths',
    bytes: `POST /q/foo HTTP/1.1\r\n${host}Content-Length: 1\r\nContent-Length: 2\r\n\r\n1`,
  },
  {
    name: 'a length and chunks',
    bytes: `POST /q/foo HTTP/1.1\r\n${host}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  },
  { name: 'a header without a colon', bytes: `GET /j/foo HTTP/1.1\r\n${host}nonsense\r\n\r\n` },
  { name: 'a space in a header name', bytes: `GET /j/foo HTTP/1.1\r\n${host}a b: c\r\n\r\n` },
  { name: 'a space before the colon', bytes: 'GET /j/foo HTTP/1.1\r\nHost : localhost\r\n\r\n' },
  { name: 'a NUL in a header', bytes: `GET /j/foo HTTP/1.1\r\n${host}a: \0\r\n\r\n` },
  { name: 'a space in the path', bytes: `GET /q/a b HTTP/1.1\r\n${host}\r\n` },
  { name: 'random bytes', bytes: createHash('sha512').update('presque').digest() },
];

describe('the parser', () => {
  const client = useServer('memory:');

  async function refused(bytes: string | Buffer): Promise<RawReply> {
    const { replies, closed } = await client.exchange(bytes);
    expect(closed).toBe(true);
    expect(replies).toHaveLength(1);
    return replies[0] as RawReply;
  }

  it.each(garbage)('answers $name with 400 in JSON and closes the connection', async ({ bytes }) => {
    expectError(await refused(bytes), 400, /./);
    expect((await client.ask('GET /livez')).status).toBe(200);
    expect(await client.read('GET /status/')).toEqual({ queues: [], size: 0 });
  });

  it('answers a chunk that is none with 400, and pushes nothing', async () => {
    const head = `POST /q/foo HTTP/1.1\r\n${host}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
    expectError(await refused(`${head}1\r\n1\r\nzz\r\n`), 400, /./);
    expect(await client.read('GET /status/')).toEqual({ queues: [], size: 0 });
  });

  it.each([
    { name: 'a long header', bytes: `GET /j/foo HTTP/1.1\r\n${host}X: ${'x'.repeat(20_000)}\r\n\r\n` },
    { name: 'many headers', bytes: `GET /j/foo HTTP/1.1\r\n${host}${'X: 1234567890\r\n'.repeat(2_000)}\r\n` },
    { name: 'a long path', bytes: `GET /q/${'x'.repeat(20_000)} HTTP/1.1\r\n${host}\r\n` },
    { name: 'an endless header', bytes: `GET /j/foo HTTP/1.1\r\n${host}X: ${'x'.repeat(100_000)}` },
  ])('answers $name with 431 in JSON and closes the connection', async ({ bytes }) => {
    expectError(await refused(bytes), 431, /./);
    expect((await client.ask('GET /livez')).status).toBe(200);
  });

  it('does not lose a job to a request that has garbage behind it', async () => {
    await client.push('/q/foo', '1');
    const { replies } = await client.exchange(`GET /q/foo HTTP/1.1\r\n${host}\r\nNONSENSE\r\n\r\n`);
    const got = replies.filter((reply) => reply.status === 200).map((reply) => reply.text);
    const back = async () => [...got, ...(await client.drain('foo'))];
    await expect.poll(back, { timeout: 2_000 }).toEqual(['1']);
  });

  it('forgets a client that says nothing, or half of something', async () => {
    for (const bytes of ['', 'G', `GET /j/foo HTTP/1.1\r\n${host}`]) {
      expect((await client.exchange(bytes, { end: true })).closed).toBe(true);
    }
    expect((await client.ask('GET /livez')).status).toBe(200);
  });
});
