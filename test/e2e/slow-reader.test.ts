/** A stop waits for clients that are still reading, and what they did not get goes back. */

import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { startServer, temporaryDirectory } from '../support/process.js';
import { createClient } from './client.js';

const text = JSON.stringify('x'.repeat(1_000_000));
const count = 15;

/** Asks for all jobs, and reads so many bytes of the answer every 50 ms. */
function readSlowly(url: string, bytes: number) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').pause();
  socket.write(`GET /qb/foo?batch_size=${count} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  let received = 0;
  const ended = new Promise<number>((resolve) => {
    socket.on('error', () => {});
    socket.on('close', () => resolve(received));
  });
  socket.on('data', (chunk) => {
    received += chunk.length;
    socket.pause();
    setTimeout(() => socket.resume(), (chunk.length / bytes) * 50);
  });
  socket.resume();
  return ended;
}

async function filled() {
  const data = temporaryDirectory();
  const server = await startServer({ data, args: ['--grace-seconds', '4'] });
  const client = createClient(server.url);
  for (let index = 0; index < count; index++) expect((await client.push('foo', text)).status).toBe(201);
  return { data, server };
}

async function jobsAfterRestart(data: string) {
  const next = await startServer({ data });
  return (await createClient(next.url).takeAll('foo')).length;
}

test('a client that reads slowly gets its whole answer, though the server was told to stop', async () => {
  const { data, server } = await filled();
  const ended = readSlowly(server.url, 700_000);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect((await server.stop()).code).toBe(0);
  expect(await ended).toBeGreaterThan(count * text.length);
  expect(await jobsAfterRestart(data)).toBe(0);
});

test('a client that reads too slowly for the grace loses its answer, and the jobs are back', async () => {
  const { data, server } = await filled();
  const ended = readSlowly(server.url, 20_000);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect((await server.stop()).code).toBe(0);
  expect(await ended).toBeLessThan(count * text.length);
  expect(await jobsAfterRestart(data)).toBe(count);
});
