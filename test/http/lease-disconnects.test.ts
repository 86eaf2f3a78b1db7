/** A client that leaves while it waits, or while it is given a job under a lease, leaves no lease and spends no attempt. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Client, type JobRecord, stores, useServer } from '../support/http.js';

const mebibyte = 1024 * 1024;
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

async function open(client: Client): Promise<Socket> {
  const socket = connect(client.port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Waits until the queue has so many jobs again, then expects each to be as if nobody had asked. */
async function expectUntouched(client: Client, jobs: number) {
  const counts = { ready: jobs, leased: 0, delayed: 0, dead: 0, done: 0 };
  await expect
    .poll(() => client.read('GET /status/foo'), { timeout: 10_000, interval: 10 })
    .toMatchObject(counts);
  const records = (await client.read('GET /j/foo?state=ready&limit=1000')) as JobRecord[];
  for (const record of records) {
    expect(record).toMatchObject({ attempt: 0, failures: 0, crashes: 0, attempts: [] });
    expect(record).not.toHaveProperty('worker');
  }
  expect(await client.read('GET /j/foo')).toMatchObject({ job_processed: 0, job_failed: 0 });
}

describe.each(stores)('leaving a lease on %s', (store) => {
  // Jobs that are larger than what the system takes off the server's hands before the client reads.
  const client = useServer(store, { maxJobBytes: 12 * mebibyte });
  const large = (n: number) => `{"n":${n},"x":"${'x'.repeat(10 * mebibyte)}"}`;

  it('that was answered and not read', async () => {
    for (const n of [0, 1]) await client.push(`/q/foo?uniq=k${n}`, large(n));
    await client.ask('POST /w/foo?worker_id=w1');
    for (const leave of ['destroy', 'resetAndDestroy', 'destroy'] as const) {
      const socket = await open(client);
      socket.write(get('/q/foo?lease=60s&worker_id=w1'));
      await once(socket, 'data');
      socket.pause();
      expect(await client.read('GET /status/foo')).toMatchObject({ ready: 1, leased: 1 });
      socket[leave]();
      await expect.poll(() => client.read('GET /status/foo')).toMatchObject({ ready: 2, leased: 0 });
    }
    expect(await client.read('GET /w/?worker_id=w1')).toMatchObject({
      doing: [],
      processed: '0',
      failed: '0',
    });
    expect((await client.send('POST /q/foo?uniq=k0', '1')).status).toBe(400);
    const { reply } = await client.lease('foo');
    expect(reply.headers['presque-attempt']).toBe('1');
    expect(reply.text.startsWith('{"n":0')).toBe(true);
  });

  it('of a batch that was answered and not read', async () => {
    for (let n = 0; n < 3; n++) await client.push('/q/foo', `{"n":${n},"x":"${'x'.repeat(5 * mebibyte)}"}`);
    const socket = await open(client);
    socket.write(get('/qb/foo?lease=60s'));
    await once(socket, 'data');
    socket.pause();
    socket.destroy();
    await expect.poll(() => client.read('GET /status/foo')).toMatchObject({ ready: 3, leased: 0 });
    const { reply } = await client.lease('foo');
    expect(reply.headers['presque-attempt']).toBe('1');
    expect(reply.text.startsWith('{"n":0')).toBe(true);
  });

  it('in the moment in which it was asked for', async () => {
    const texts = Array.from({ length: 100 }, (_, n) => String(n));
    await client.send('POST /qb/foo', `{"jobs":[${texts}]}`);
    for (let round = 0; round < 100; round++) {
      const socket = await open(client);
      socket.write(get(round % 2 ? '/q/foo?lease=60s' : '/qb/foo?lease=60s'));
      socket.destroy();
    }
    await expectUntouched(client, 100);
    expect(await client.drain('foo')).toEqual(texts);
  });

  it('while it waits, and a job comes in just then', async () => {
    for (let round = 0; round < 30; round++) {
      const sockets = await Promise.all([open(client), open(client)]);
      for (const socket of sockets) socket.write(get('/q/foo?lease=60s&wait=20s'));
      await client.ask('GET /livez');
      const pushed = client.push('/q/foo', `${round}`);
      for (let turns = Math.random() * 4; turns > 0; turns--) await setImmediate();
      for (const socket of sockets) socket.destroy();
      await pushed;
    }
    // Each job is back and untouched, or was handed to the system as a whole and is leased for the first time.
    const records = async () =>
      (await Promise.all(
        ['ready', 'leased'].map((state) => client.read(`GET /j/foo?state=${state}&limit=1000`)),
      )) as [JobRecord[], JobRecord[]];
    await expect.poll(async () => (await records()).flat().length).toBe(30);
    const [ready, leased] = await records();
    for (const record of ready)
      expect(record).toMatchObject({ attempt: 0, attempts: [], failures: 0, crashes: 0 });
    for (const record of leased)
      expect(record).toMatchObject({ attempt: 1, attempts: [], failures: 0, crashes: 0 });
  });

  it('leaves nothing when all who wait are gone before the job comes', async () => {
    const sockets = await Promise.all(Array.from({ length: 20 }, () => open(client)));
    for (const socket of sockets) socket.write(get('/q/foo,bar?lease=60s&wait=60s'));
    await client.ask('GET /livez');
    for (const socket of sockets) socket.destroy();
    // What is sent before the server knows that they left would be theirs.
    await setTimeout(50);
    await client.push('/q/foo', '1');
    await expectUntouched(client, 1);
  });

  it('gives the job to the next one who waits', async () => {
    await client.push('/q/foo', large(7));
    const socket = await open(client);
    socket.write(get('/q/foo?lease=60s'));
    await once(socket, 'data');
    socket.pause();
    const next = client.lease('foo', 'lease=60s&wait=20s');
    await client.ask('GET /livez');
    socket.destroy();
    const { reply } = await next;
    expect(reply.headers['presque-attempt']).toBe('1');
    expect(reply.text.startsWith('{"n":7')).toBe(true);
  });
});
