/** Shows that a Redis which refuses to write, or is busy with another's script, is a 503 in time, and that the server comes back by itself. */

import { rmSync } from 'node:fs';
import { expect } from 'vitest';
import { redisMissing } from '../support/redis.js';
import { type Client, createClient } from './client.js';
import { testUnless } from './needs.js';
import { say, serveOn, startTestRedis } from './redis-servers.js';

const redisTest = testUnless(redisMissing);
/** Redis has 2 s to answer; the rest is for a busy machine. */
const answerMs = 2_500;

async function expectRefused(client: Client) {
  const answers = await Promise.all([client.push('foo', '2'), client.ask('GET', '/q/foo')]);
  for (const answer of answers) {
    expect(say(answer)).toMatch(/^503/);
    expect(answer.headers['retry-after']).toMatch(/^\d+$/);
    expect(answer.ms).toBeLessThan(answerMs);
  }
}

redisTest('one that could not save its snapshot (MISCONF)', async () => {
  const redis = await startTestRedis('--save', '3600 1');
  const client = createClient((await serveOn(redis)).url);
  expect(say(await client.push('foo', '1'))).toBe('201');
  const [, directory] = (await redis.ask('CONFIG', 'GET', 'dir')) as [string, string];
  rmSync(directory, { recursive: true });
  await redis.command('BGSAVE');
  await expect.poll(async () => (await client.push('bar', '1')).status, { timeout: 5_000 }).toBe(503);
  await expectRefused(client);
  expect(await redis.command('CONFIG', 'SET', 'stop-writes-on-bgsave-error', 'no')).toBe('+OK');
  expect(say(await client.ask('GET', '/q/foo'))).toBe('200 1');
});

redisTest('one that is busy with a script of somebody else (BUSY)', async () => {
  const redis = await startTestRedis('--busy-reply-threshold', '100');
  const client = createClient((await serveOn(redis)).url);
  expect(say(await client.push('foo', '1'))).toBe('201');
  const endless = redis.command('EVAL', 'while true do end', '0').catch(() => '');
  await expect.poll(() => redis.command('PING'), { timeout: 5_000 }).toMatch(/^-BUSY/);
  await expectRefused(client);
  expect(await redis.command('SCRIPT', 'KILL')).toBe('+OK');
  await endless;
  expect(say(await client.ask('GET', '/q/foo'))).toBe('200 1');
});
