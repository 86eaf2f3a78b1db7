/** Shows what becomes of a lease that runs out while the server is down, and of one that nobody asks about. */

import { expect, test } from 'vitest';
import { startServer, temporaryDirectory } from '../support/process.js';
import { type Answer, type Client, createClient, pause } from './client.js';

/** How late a job may be back that nobody asks for. */
const lateMs = 1_000;

async function push(client: Client, job: string): Promise<string> {
  const { status, headers } = await client.push('foo', job);
  expect(status).toBe(201);
  return String(headers['presque-job']);
}

const expiryOf = ({ headers }: Answer) => Number(headers['presque-expires']) * 1000;

async function lease(client: Client, expected: string): Promise<number> {
  const taken = await client.ask('GET', '/q/foo?lease=1s');
  expect(taken).toMatchObject({ status: 200, text: expected });
  return expiryOf(taken);
}

const untilTime = (time: number) => pause(Math.max(0, time - Date.now()) + 1);

test.each(['stop', 'kill'] as const)(
  'a lease that runs out after %s is no crash: the job is ready at its old place when the next server serves',
  async (end) => {
    const data = temporaryDirectory();
    const first = await startServer({ data });
    const client = createClient(first.url);
    const id = await push(client, '"a"');
    await push(client, '"b"');
    const expires = await lease(client, '"a"');
    await first[end]();
    await untilTime(expires);

    const next = createClient((await startServer({ data })).url);
    await expect
      .poll(() => next.json('/status/foo'), { timeout: lateMs, interval: 20 })
      .toMatchObject({ size: 2, ready: 2, leased: 0 });
    expect(await next.json(`/j/foo/${id}`)).toMatchObject({
      state: 'ready',
      failures: 0,
      crashes: 0,
      attempts: [{ attempt: 1, outcome: 'released' }],
    });
    const again = await next.ask('GET', '/q/foo?lease=1h');
    expect(again).toMatchObject({ status: 200, text: '"a"' });
    expect(again.headers['presque-attempt']).toBe('1');
    expect((await next.ask('GET', '/q/foo')).text).toBe('"b"');
  },
);

test('a poll gets a job whose lease ran out while the server was down', async () => {
  const data = temporaryDirectory();
  const first = await startServer({ data });
  const client = createClient(first.url);
  await push(client, '"a"');
  const expires = await lease(client, '"a"');
  await first.kill();
  await untilTime(expires);
  const next = createClient((await startServer({ data })).url);
  const got = await next.ask('GET', '/q/foo?wait=30s&lease=1h');
  expect(got).toMatchObject({ status: 200, text: '"a"' });
  expect(got.headers['presque-attempt']).toBe('1');
  expect(got.ms).toBeLessThan(lateMs);
});

test('a lease that outlives the restart holds, and when it runs out then, that is a crash', async () => {
  const data = temporaryDirectory();
  const first = await startServer({ data });
  const client = createClient(first.url);
  const id = await push(client, '"a"');
  const taken = await client.ask('GET', '/q/foo?lease=20s');
  await first.kill();
  const next = createClient((await startServer({ data })).url);
  expect(await next.json('/status/foo')).toMatchObject({ ready: 0, leased: 1 });
  expect((await next.ask('GET', '/q/foo')).status).toBe(404);
  const extend = `/j/foo/${id}/extend?lease=${taken.headers['presque-lease']}&for=1s`;
  const { expires_at } = JSON.parse((await next.ask('POST', extend)).text) as { expires_at: number };
  const got = await next.ask('GET', '/q/foo?wait=30s&lease=1h');
  const at = Date.now();
  expect(got).toMatchObject({ status: 200, text: '"a"' });
  expect(got.headers['presque-attempt']).toBe('2');
  expect(at).toBeGreaterThanOrEqual(expires_at * 1000);
  expect(at).toBeLessThan(expires_at * 1000 + lateMs);
  expect(await next.json(`/j/foo/${id}`)).toMatchObject({ crashes: 1, failures: 0 });
});

test('a lease that runs out with nobody asking is a crash, and the job is ready within a second', async () => {
  const client = createClient((await startServer({ data: temporaryDirectory() })).url);
  const id = await push(client, '"a"');
  await push(client, '"b"');
  const expires = await lease(client, '"a"');
  expect(await client.json('/status/foo')).toMatchObject({ ready: 1, leased: 1 });
  await untilTime(expires + lateMs);
  expect(await client.json('/status/foo')).toMatchObject({ size: 2, ready: 2, leased: 0 });
  expect(await client.json(`/j/foo/${id}`)).toMatchObject({
    state: 'ready',
    crashes: 1,
    attempts: [{ attempt: 1, outcome: 'crashed' }],
  });
  expect((await client.ask('GET', '/q/foo')).text).toBe('"a"');
});

test('a lease runs out by itself: who waits for the job’s end is told, though nobody asks the queue', async () => {
  const client = createClient((await startServer({ data: temporaryDirectory() })).url);
  expect((await client.ask('POST', '/control/foo', '{"max_crashes":1}')).status).toBe(200);
  const id = await push(client, '"a"');
  const expires = await lease(client, '"a"');
  const seen = (await client.json(`/j/foo/${id}?wait=30s`)) as object;
  const at = Date.now();
  expect(seen).toMatchObject({ state: 'dead', reason: 'crashed', crashes: 1 });
  expect(at).toBeGreaterThanOrEqual(expires);
  expect(at).toBeLessThan(expires + lateMs);
});
