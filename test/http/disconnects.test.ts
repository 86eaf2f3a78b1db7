/** A client that goes away before it has its answer leaves the job where it was. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Client, stores, useServer } from '../support/http.js';

const mebibyte = 1024 * 1024;
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

async function open(client: Client): Promise<Socket> {
  const socket = connect(client.port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

interface Counters {
  job_count: number;
  job_processed: number;
  job_failed: number;
}

const counters = (client: Client) => client.read('GET /j/foo') as Promise<Counters>;

/** Waits until the queue has so many jobs, then expects the counters to be as if nobody had asked. */
async function expectBack(client: Client, jobs: number) {
  const asBefore = { queue_name: 'foo', job_count: jobs, job_processed: 0, job_failed: 0 };
  await expect.poll(() => counters(client), { timeout: 10_000, interval: 10 }).toEqual(asBefore);
}

/** Resolves with the counters when they have not changed over ten looks at them. */
async function settled(client: Client): Promise<Counters> {
  let last = await counters(client);
  for (let same = 0; same < 10; ) {
    await setTimeout(10);
    const now = await counters(client);
    same = now.job_count === last.job_count ? same + 1 : 0;
    last = now;
  }
  return last;
}

/** Some moment soon: a few turns of the loop, or a few milliseconds. */
async function moment() {
  if (Math.random() < 0.5) await setTimeout(Math.random() * 30);
  else for (let turns = Math.random() * 20; turns > 0; turns--) await setImmediate();
}

describe.each(stores)('disconnects on %s', (store) => {
  // Jobs that are larger than what the system takes off the server's hands before the client reads.
  const client = useServer(store, { maxJobBytes: 12 * mebibyte });
  const large = (n: number) => `{"n":${n},"x":"${'x'.repeat(10 * mebibyte)}"}`;

  it('a large job that was not read is back in its place, whenever the client leaves', async () => {
    const order = [0, 1, 2];
    for (const n of order) await client.push('/q/foo', large(n));
    for (let round = 0; round < 40; round++) {
      const socket = await open(client);
      socket.pause().write(get('/q/foo'));
      await moment();
      if (round % 2) socket.destroy();
      else socket.resetAndDestroy();
    }
    await expectBack(client, 3);
    expect((await client.drain('foo')).map((text) => (JSON.parse(text) as { n: number }).n)).toEqual(order);
  });

  it('a job whose answer has begun is back in its place when the client leaves without reading on', async () => {
    for (const n of [0, 1]) await client.push('/q/foo', large(n));
    for (const leave of ['destroy', 'resetAndDestroy', 'destroy', 'resetAndDestroy'] as const) {
      const socket = await open(client);
      socket.write(get('/q/foo'));
      await once(socket, 'data');
      socket.pause();
      expect(await counters(client)).toMatchObject({ job_count: 1, job_processed: 1 });
      socket[leave]();
      await expectBack(client, 2);
    }
    expect((await client.drain('foo')).map((text) => (JSON.parse(text) as { n: number }).n)).toEqual([0, 1]);
  });

  it('a batch that was not read is back in its place, with the delayed and unique ones among it', async () => {
    const x = 'x'.repeat(mebibyte);
    const texts = Array.from({ length: 12 }, (_, n) => `{"n":${n},"x":"${x}"}`);
    for (const [n, text] of texts.entries()) {
      const query = ['', '?uniq=k', '', '?uniq=l'][n % 4];
      await client.push(`/q/foo${n < 4 ? query : ''}`, text);
    }
    await client.push('/q/foo?delayed=1', '"due"');
    for (let round = 0; round < 20; round++) {
      const socket = await open(client);
      socket.pause().write(get('/qb/foo?batch_size=1000'));
      await moment();
      socket.destroy();
    }
    await expectBack(client, 13);
    expect((await client.send('POST /q/foo?uniq=k', '1')).status).toBe(400);
    const back = await client.drain('foo');
    expect(back.filter((text) => text !== '"due"')).toEqual(texts);
    expect(back).toContain('"due"');
  });

  it('what waits behind an answer that nobody reads is not taken', async () => {
    await client.push('/q/foo', large(0));
    for (const n of ['1', '2', '3']) await client.push('/q/foo', n);
    const socket = await open(client);
    socket.pause().write(get('/q/foo').repeat(4));
    await expect.poll(() => counters(client)).toMatchObject({ job_count: 3, job_processed: 1 });
    socket.destroy();
    await expectBack(client, 4);
    expect((await client.drain('foo')).slice(1)).toEqual(['1', '2', '3']);
  });

  it('a client that leaves in the moment in which it asked takes nothing', async () => {
    const texts = Array.from({ length: 200 }, (_, n) => String(n));
    await client.send('POST /qb/foo', `{"jobs":[${texts.join()}]}`);
    for (let round = 0; round < 100; round++) {
      const socket = await open(client);
      socket.write(get('/q/foo'));
      socket.destroy();
    }
    await expectBack(client, 200);
    expect(await client.drain('foo')).toEqual(texts);
  });

  it('a small job is with the client or in the queue, and counted just once', async () => {
    const texts = Array.from({ length: 500 }, (_, n) => String(n));
    await client.send('POST /qb/foo', `{"jobs":[${texts.join()}]}`);
    let read = 0;
    for (let round = 0; round < 300; round++) {
      const socket = await open(client);
      socket.once('data', () => read++).write(get('/q/foo'));
      for (let turns = Math.random() * 6; turns > 0; turns--) await setImmediate();
      socket.destroy();
    }
    const { job_count: count, job_processed: processed } = await settled(client);
    // What was handed to the system counts as given, read or not; what was read was given.
    expect(processed).toBeGreaterThanOrEqual(read);
    expect(count + processed).toBe(500);
    const left = await client.drain('foo');
    expect(left).toHaveLength(count);
    expect(left).toEqual(texts.filter((text) => left.includes(text)));
  });
});
