/** Shows how the server ends: what is under way is answered, what was acknowledged stays, a second signal is enough. */

import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { startServer, temporaryDirectory, within } from '../support/process.js';
import { createClient, openWire, pause } from './client.js';

const host = 'Host: 127.0.0.1';
const chunked = `${host}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal}: a push begun before is answered after, exit 0, no log left, and its job is there`, async () => {
    const data = temporaryDirectory();
    const server = await startServer({ data });
    const client = createClient(server.url);
    expect((await client.push('foo', '"before"')).status).toBe(201);
    const wire = await openWire(server.url);
    wire.write(`POST /q/foo HTTP/1.1\r\n${chunked}${chunk('"slow')}`);
    await pause(50);
    server.signal(signal);
    await server.printed(/"msg":"stopping"/);
    await pause(200);
    const finished = performance.now();
    wire.write(`${chunk('ly"')}0\r\n\r\n`);
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(await wire.received).toMatch(/^HTTP\/1\.1 201 /);
    expect(performance.now() - finished, 'ms from the last answer to the end').toBeLessThan(2_000);
    expect(readdirSync(data)).toEqual(['presque.db']);
    expect(server.stderr).toBe('');

    const next = createClient((await startServer({ data })).url);
    expect(await next.takeAll('foo')).toEqual(['"before"', '"slowly"']);
  });
}

test('while it stops, /readyz is red on a connection that is open, and new ones are refused', async () => {
  const server = await startServer({ data: temporaryDirectory() });
  const wire = await openWire(server.url);
  wire.write(`GET /readyz HTTP/1.1\r\n${host}\r\n`);
  await pause(50);
  server.signal('SIGTERM');
  await server.printed(/"msg":"stopping"/);
  await expect(createClient(server.url).ask('GET', '/readyz')).rejects.toThrow(/ECONNREFUSED/);
  wire.write('\r\n');
  expect(await server.exited).toEqual({ code: 0, signal: null });
  expect(await wire.received).toMatch(/^HTTP\/1\.1 503 [\s\S]*\{"error":"server is stopping"\}$/);
});

test('a client that waits for a job is told that there is none when the server stops', async () => {
  const server = await startServer({ data: temporaryDirectory() });
  const waiting = createClient(server.url).ask('GET', '/q/foo?wait=60s');
  await pause(100);
  const begun = performance.now();
  expect((await server.stop()).code).toBe(0);
  expect(performance.now() - begun).toBeLessThan(2_000);
  expect(await waiting).toMatchObject({ status: 404, text: '{"error":"no job"}' });
});

describe('a stop does not wait for', () => {
  test('connections that were used and are idle', async () => {
    const server = await startServer({ data: temporaryDirectory() });
    const client = createClient(server.url);
    await Promise.all(Array.from({ length: 10 }, () => client.push('foo', '1')));
    const begun = performance.now();
    expect((await server.stop()).code).toBe(0);
    expect(performance.now() - begun).toBeLessThan(2_000);
  });

  test('connections on which nothing was ever said', async () => {
    const server = await startServer({ data: temporaryDirectory() });
    await openWire(server.url);
    const begun = performance.now();
    expect((await server.stop()).code).toBe(0);
    expect(performance.now() - begun).toBeLessThan(2_000);
  });

  test('a client that never ends its request, longer than --grace-seconds', async () => {
    const data = temporaryDirectory();
    const server = await startServer({ data, args: ['--grace-seconds', '1'] });
    const wire = await openWire(server.url);
    wire.write(`POST /q/foo HTTP/1.1\r\n${chunked}${chunk('"nev')}`);
    await pause(50);
    const begun = performance.now();
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(performance.now() - begun).toBeGreaterThan(900);
    expect(performance.now() - begun).toBeLessThan(3_000);
    expect(readdirSync(data)).toEqual(['presque.db']);
  });
});

test('a second signal ends it at once', async () => {
  const data = temporaryDirectory();
  const server = await startServer({ data });
  expect((await createClient(server.url).push('foo', '"kept"')).status).toBe(201);
  const wire = await openWire(server.url);
  wire.write(`POST /q/foo HTTP/1.1\r\n${chunked}${chunk('"nev')}`);
  await pause(50);
  server.signal('SIGTERM');
  await server.printed(/"msg":"stopping"/);
  await pause(100);
  const begun = performance.now();
  server.signal('SIGINT');
  const exit = await within(5_000, 'end after the second signal', server.exited);
  expect(performance.now() - begun).toBeLessThan(1_000);
  expect(exit.code).not.toBe(0);
  expect(await createClient((await startServer({ data })).url).takeAll('foo')).toEqual(['"kept"']);
});

test('SIGTERM under load: every push is acknowledged or not made, and what was acknowledged is there', async () => {
  const data = temporaryDirectory();
  const server = await startServer({ data });
  const client = createClient(server.url);
  const acknowledged: string[] = [];
  const pushing = Array.from({ length: 32 }, async (_, lane) => {
    for (let n = 0; n < 100_000; n++) {
      const job = JSON.stringify({ job: `${lane}-${n}` });
      const answer = await client.push('foo', job).catch(() => undefined);
      if (answer?.status === 201) acknowledged.push(job);
      else return;
    }
  });
  await pause(300);
  const begun = performance.now();
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  console.log(`stopped under 32 clients in ${(performance.now() - begun).toFixed(0)} ms`);
  await Promise.all(pushing);
  expect(readdirSync(data)).toEqual(['presque.db']);
  const there = await createClient((await startServer({ data })).url).takeAll('foo');
  expect(acknowledged.length).toBeGreaterThan(100);
  expect(there.toSorted()).toEqual(acknowledged.toSorted());
});
