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

const calls = [
  'POST /q/foo',
  'POST /qb/foo',
  'PUT /q/foo',
  'GET /q/foo',
  'GET /q/foo?lease=1m&worker_id=w',
  'GET /q/foo,bar',
  'GET /qb/foo',
  'GET /j/foo',
  'GET /j/foo?state=dead',
  'GET /j/foo/1',
  'GET /j/foo/1/why',
  'POST /j/foo/1/retry',
  'POST /j/foo/1/done?lease=x',
  'DELETE /j/foo/1',
  'POST /j/foo?state=dead&action=retry',
  'GET /status/',
  'GET /status/foo',
  'GET /control/foo',
  'POST /control/foo',
  'GET /w/',
  'GET /w/foo',
  'GET /w/?worker_id=w',
  'GET /w/?worker_id=w&queue_name=foo',
  'POST /w/foo?worker_id=w',
  'DELETE /w/foo?worker_id=w',
  'DELETE /q/foo',
  'GET /readyz',
];
const bodies: { [call: string]: string } = {
  'POST /q/foo': '1',
  'PUT /q/foo': '1',
  'POST /qb/foo': '{"jobs":[1]}',
  'POST /control/foo': '{"status":"start"}',
};

redisTest('one that is away: no call ends the server, and each works when it is back', async () => {
  const redis = await startTestRedis();
  const server = await serveOn(redis);
  const client = createClient(server.url);
  const ask = (call: string) => {
    const [method, path] = call.split(' ') as [string, string];
    return client.ask(method, path, bodies[call]);
  };
  await redis.kill();
  for (const call of calls) expect(`${call}: ${say(await ask(call))}`).toMatch(/: 503 /);
  await redis.restart();
  await expect.poll(() => ask('GET /readyz').then(say), { timeout: 5_000 }).toMatch(/^200/);
  for (const call of calls) expect(`${call}: ${say(await ask(call))}`).not.toMatch(/: 5/);
  expect(server.stderr).toBe('');
});

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
