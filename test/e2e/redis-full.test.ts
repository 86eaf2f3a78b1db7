/** Shows what a full Redis does: pushes are refused, all that frees room goes on. */

import { expect } from 'vitest';
import { redisMissing } from '../support/redis.js';
import { type Client, createClient } from './client.js';
import { testUnless } from './needs.js';
import { leaseOne, say, serveOn, startTestRedis } from './redis-servers.js';

const redisTest = testUnless(redisMissing);

async function startFull() {
  const redis = await startTestRedis('--maxmemory', '12mb', '--maxmemory-policy', 'noeviction');
  const server = await serveOn(redis);
  return { redis, server, client: createClient(server.url) };
}

const filling = JSON.stringify('x'.repeat(64 * 1024));

/** How many jobs went in until one was refused, in words that say so. */
async function pushUntilFull(client: Client) {
  for (let count = 0; count < 1_000; count++) {
    const answer = await client.push('foo', filling);
    if (answer.status === 201) continue;
    expect(say(answer)).toBe('503 {"error":"store is full"}');
    return count;
  }
  throw new Error('Redis is never full');
}

redisTest('a full Redis refuses pushes, gives and settles jobs, and has room again afterwards', async () => {
  const { client, redis, server } = await startFull();
  for (const job of ['1', '2', '3', '4']) expect((await client.push('bar', job)).status).toBe(201);
  const held = await leaseOne(client, 'bar');
  const count = await pushUntilFull(client);
  console.log(`Redis was full after ${count} jobs of 64 KiB`);
  expect(count).toBeGreaterThan(20);
  await redis.command('CONFIG', 'SET', 'maxmemory', '1mb');
  expect((await client.ask('GET', '/readyz')).status).toBe(503);

  expect((await client.ask('POST', `${held.at}/done?${held.lease}`, '"r"')).status).toBe(204);
  const [second, third] = [await leaseOne(client, 'bar'), await leaseOne(client, 'bar')];
  const failed = await client.ask('POST', `${second.at}/fail?${second.lease}&delay=1h`);
  expect(say(failed)).toMatch(/^200 .*delayed/);
  expect(say(await client.ask('POST', `${third.at}/release?${third.lease}`))).toMatch(/^200 .*ready/);
  expect((await client.ask('GET', '/q/bar')).text).toBe('3');
  expect(await client.json('/status/foo')).toMatchObject({ size: count });
  expect(await client.takeAll('foo')).toHaveLength(count);
  await redis.command('CONFIG', 'SET', 'maxmemory', '12mb');
  expect((await client.push('foo', filling)).status).toBe(201);
  expect((await client.ask('GET', '/readyz')).status).toBe(200);
  // What was refused is told in the log, without the job.
  expect(server.stdout).toContain('OOM');
  expect(server.stdout).not.toContain('xxx');
});

redisTest('a full Redis is emptied by a purge', async () => {
  const { client } = await startFull();
  await pushUntilFull(client);
  expect((await client.ask('DELETE', '/q/foo')).status).toBe(204);
  await expect.poll(async () => (await client.push('foo', filling)).status, { timeout: 5_000 }).toBe(201);
});
