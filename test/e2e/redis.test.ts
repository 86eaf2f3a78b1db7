/** Shows that all of the protocol works on a Redis, also while its scripts are flushed. */

import { describe, expect, test } from 'vitest';
import { runPresque } from '../support/process.js';
import { redisMissing } from '../support/redis.js';
import { type Client, createClient, pause } from './client.js';
import { testUnless } from './needs.js';
import { leasedOf, leaseOne, onDisk, say, serveOn, startTestRedis } from './redis-servers.js';

const redisTest = testUnless(redisMissing);
const json = { 'Content-Type': 'application/json' };

async function startClient(...args: string[]) {
  const redis = await startTestRedis(...args);
  const server = await serveOn(redis);
  return { redis, server, client: createClient(server.url) };
}

const pushed = async (client: Client, path: string, job: string, headers = {}) => {
  const answer = await client.ask('POST', path, job, { ...json, ...headers });
  expect(say(answer)).toBe('201');
  return String(answer.headers['presque-job']);
};

const post = async (client: Client, path: string, body?: string) => {
  const answer = await client.ask('POST', path, body);
  if (answer.status >= 400) throw new Error(`${path}: ${say(answer)}`);
  return answer.text === '' ? undefined : JSON.parse(answer.text);
};

describe('a tour on a Redis', () => {
  redisTest('jobs keep their bytes and their order, also in batches', async () => {
    const { client } = await startClient();
    const jobs = ['{"a": 1e400,  "a":"\\u0000😀"}', '12345678901234567890', '[]', '"last"'];
    for (const job of jobs.slice(0, 2)) await pushed(client, '/q/foo', job);
    expect((await client.pushMany('foo', jobs.slice(2))).status).toBe(201);
    await pushed(client, '/q/foo?priority=9', '"urgent"');
    expect(await client.json('/status/foo')).toMatchObject({ size: 5 });
    expect((await client.ask('GET', '/q/foo')).text).toBe('"urgent"');
    expect((await client.ask('GET', '/qb/foo?batch_size=3')).text).toContain('1e400');
    expect(await client.takeAll('foo')).toEqual(['"last"']);
    expect(say(await client.ask('GET', '/q/foo'))).toBe('404 {"error":"no job"}');
    const counted = { queue_name: 'foo', job_count: 0, job_processed: 5, job_failed: 0 };
    expect(await client.json('/j/foo')).toEqual(counted);
  });

  redisTest('a leased job is done with a result and a follow-up in another queue', async () => {
    const { client } = await startClient();
    const id = await pushed(client, '/q/foo?keep=1h&tag=red', '{"n":1}');
    const { at, lease, ...leased } = await leaseOne(client, 'foo');
    expect(leased).toEqual({ id, job: '{"n":1}', attempt: 1 });
    expect(await post(client, `${at}/extend?${lease}&for=1m`, '{"progress":0.5}')).toMatchObject({
      cancel: false,
    });
    expect(await client.json(at)).toMatchObject({ state: 'leased', tags: ['red'] });
    const body = '{"result":{"r":1.0},"push":[{"queue":"next","job":[1.0]}]}';
    const type = { 'Content-Type': 'application/vnd.presque.done+json' };
    const done = await client.ask('POST', `${at}/done?${lease}`, body, type);
    expect(done.status, done.text).toBe(200);
    const again = await client.ask('POST', `${at}/done?${lease}`, body, type);
    expect(say(again)).toBe(say(done));
    expect(await client.json(at)).toMatchObject({ state: 'done', result: { r: 1 } });
    const follow = await client.ask('GET', '/q/next');
    expect(follow.text).toBe('[1.0]');
    expect(done.text).toBe(`{"pushed":["/j/next/${follow.headers['presque-job']}"]}`);
    expect(say(await client.ask('POST', `${at}/fail?${lease}`))).toMatch(/^409 .*lease lost/);
  });

  redisTest('a job fails, is retried at once by hand, fails for good, and is retried again', async () => {
    const { client } = await startClient();
    const id = await pushed(client, '/q/foo?attempts=2', '1');
    const first = await leaseOne(client, 'foo');
    const failed = await post(client, `${first.at}/fail?${first.lease}`, '{"error":"bad","delay":0}');
    expect(failed).toMatchObject({ state: 'ready' });
    const second = await leaseOne(client, 'foo');
    expect(second.attempt).toBe(2);
    expect(await post(client, `${second.at}/fail?${second.lease}`, '{"error":"worse"}')).toEqual({
      state: 'dead',
    });
    expect(await client.json('/j/foo?state=dead')).toMatchObject([{ id, failures: 2 }]);
    expect(await post(client, '/j/foo?state=dead&action=retry')).toEqual({ matched: 1, more: false });
    const third = await leaseOne(client, 'foo');
    const later = await post(client, `${third.at}/fail?${third.lease}`, '{"delay":"1h"}');
    expect(later).toMatchObject({ state: 'delayed' });
    expect(await client.json(`${third.at}/why`)).toMatchObject({ state: 'delayed' });
    expect(await post(client, `${third.at}/retry`)).toEqual({ state: 'ready' });
    const fourth = await leaseOne(client, 'foo');
    expect(await post(client, `${fourth.at}/release?${fourth.lease}`)).toEqual({ state: 'ready' });
    expect((await client.ask('DELETE', third.at)).status).toBe(204);
    expect((await client.ask('GET', third.at)).status).toBe(404);
  });

  redisTest(
    'a delayed job comes at its time to the one who waits, and a lease that ran out comes back',
    async () => {
      const { client } = await startClient();
      const begun = performance.now();
      await pushed(client, '/q/foo?delay=700ms', '"late"');
      expect((await client.ask('GET', '/q/foo')).status).toBe(404);
      expect(await client.json('/j/foo?state=delayed')).toHaveLength(1);
      const late = leasedOf('foo', await client.ask('GET', '/q/foo?wait=10s&lease=1s'));
      const waited = performance.now() - begun;
      expect(waited).toBeGreaterThan(650);
      expect(waited).toBeLessThan(2_200);
      const again = leasedOf('foo', await client.ask('GET', '/q/foo?wait=10s&lease=30s'));
      expect([again.id, again.attempt]).toEqual([late.id, 2]);
      expect(performance.now() - begun - waited).toBeGreaterThan(900);
      expect(say(await client.ask('POST', `${late.at}/done?${late.lease}`))).toMatch(/^409 /);
      expect((await client.ask('POST', `${again.at}/done?${again.lease}`)).status).toBe(204);
    },
  );

  redisTest('unique keys and idempotency keys hold', async () => {
    const { client } = await startClient();
    const id = await pushed(client, '/q/foo?uniq=k', '1');
    expect(say(await client.ask('POST', '/q/foo?uniq=k', '2'))).toMatch(/^400 .*job already exists/);
    const held = await leaseOne(client, 'foo');
    expect(held.id).toBe(id);
    expect((await client.ask('POST', '/q/foo?uniq=k', '2')).status).toBe(400);
    await client.ask('POST', `${held.at}/done?${held.lease}`);
    await pushed(client, '/q/foo?uniq=k', '3');

    const key = { 'Idempotency-Key': 'abc' };
    const first = await pushed(client, '/q/bar', '1', key);
    expect(await pushed(client, '/q/bar', '1', key)).toBe(first);
    expect((await client.ask('POST', '/q/bar', '2', { ...json, ...key })).status).toBe(422);
    expect(await client.takeAll('bar')).toEqual(['1']);
    expect(await pushed(client, '/q/bar', '1', key)).toBe(first);
  });

  redisTest('a queue is stopped, bounded and purged', async () => {
    const { client } = await startClient();
    await pushed(client, '/q/foo', '1');
    await post(client, '/control/foo', '{"status":"stop","max_size":2,"lease":30}');
    expect(say(await client.ask('GET', '/q/foo'))).toBe('404 {"error":"queue is closed"}');
    const control = await client.ask('GET', '/control/foo');
    expect(control.text).toBe('{"queue":"foo","status":"0"}');
    await pushed(client, '/q/foo', '2');
    const full = await client.ask('POST', '/q/foo', '3');
    expect([full.status, full.headers['retry-after']]).toEqual([429, '1']);
    const ifMatch = { ...json, 'If-Match': String(control.headers.etag) };
    const change = () => client.ask('POST', '/control/foo', '{"status":"start"}', ifMatch);
    expect((await change()).status).toBe(200);
    expect((await change()).status).toBe(412);
    expect((await leaseOne(client, 'foo', '')).job).toBe('1');
    expect(await client.json('/status/foo')).toMatchObject({ leased: 1, ready: 1 });
    expect((await client.ask('DELETE', '/q/foo')).status).toBe(204);
    expect(await client.json('/status/')).toEqual({ queues: [], size: 0 });
    expect(await client.json('/j/foo?state=leased')).toEqual([]);
    await pushed(client, '/q/foo', '4');
    expect(await client.takeAll('foo')).toEqual(['4']);
  });

  redisTest('workers are registered, counted and told', async () => {
    const { client } = await startClient();
    expect((await client.ask('POST', '/w/foo?worker_id=w')).status).toBe(201);
    for (const job of ['1', '2']) await pushed(client, '/q/foo', job);
    const taken = await leaseOne(client, 'foo', 'lease=30s&worker_id=w');
    const doing = [{ queue: 'foo', id: taken.id, since: expect.any(Number) }];
    expect(await client.json('/w/?worker_id=w')).toMatchObject({ queues: ['foo'], doing });
    expect((await client.ask('POST', `${taken.at}/done?${taken.lease}`)).status).toBe(204);
    await client.ask('GET', '/q/foo?worker_id=w');
    expect((await client.ask('PUT', '/q/foo?worker_id=w', '2')).status).toBe(201);
    const list = { queue_name: 'foo', workers_list: ['w'], processed: 2, failed: 1 };
    expect(await client.json('/w/foo')).toEqual(list);
    expect(await client.json('/w/')).toMatchObject([{ worker_id: 'w', processed: '2', failed: '1' }]);
    expect((await client.ask('DELETE', '/w/foo?worker_id=w')).status).toBe(204);
    expect((await client.ask('GET', '/w/?worker_id=w')).status).toBe(404);
  });
});

redisTest('the server says what its Redis keeps, and a push how far it came', async () => {
  for (const [args, durability] of [
    [[], 'memory'],
    [onDisk, 'aof-always'],
    [['--appendonly', 'yes', '--appendfsync', 'everysec'], 'aof-everysec'],
    [['--appendonly', 'yes', '--appendfsync', 'no'], 'unknown'],
    [[...onDisk, '--no-appendfsync-on-rewrite', 'yes'], 'unknown'],
  ] as const) {
    const { client, server } = await startClient(...args);
    expect(server.stdout).toContain('Redis ');
    const { headers } = await client.push('foo', '1');
    expect(headers['presque-durability']).toBe(durability);
    expect((await client.ask('GET', '/readyz')).status).toBe(200);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  }
});

redisTest('what is set in Redis meanwhile shows in the first push after it, and in /readyz', async () => {
  const { client, redis } = await startClient(...onDisk);
  const pushSynced = () =>
    client.ask('POST', '/q/foo', '1', { ...json, Prefer: 'durability=fsync' }).then(({ status }) => status);
  expect(await pushSynced()).toBe(201);
  await redis.command('CONFIG', 'SET', 'appendfsync', 'everysec');
  await pause(2_500);
  expect(await pushSynced()).toBe(503);
  expect((await client.push('foo', '2')).headers['presque-durability']).toBe('aof-everysec');
  await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
  expect(say(await client.ask('GET', '/readyz'))).toMatch(/^503 .*allkeys-lru/);
  await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
  expect((await client.ask('GET', '/readyz')).status).toBe(200);
});

test('a Redis that is not there ends the start with one line that has no password in it', async () => {
  const store = 'redis://user:secret@127.0.0.1:1/0';
  const { code, stderr } = await runPresque(['serve', '--port', '0', '--store', store]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^presque: [^\n]+\n$/);
  expect(stderr).toContain('127.0.0.1:1');
  expect(stderr).not.toContain('secret');
});

redisTest(
  'a database that Redis does not have ends the start, and nothing goes into another one',
  async () => {
    const redis = await startTestRedis();
    const { code, stderr } = await runPresque(['serve', '--port', '0', '--store', `${redis.url}/99`]);
    expect(code).toBe(1);
    expect(stderr).toContain('DB index is out of range');
    expect(await redis.command('DBSIZE')).toBe(':0');
  },
);

redisTest('nothing fails while the scripts of Redis are flushed', async () => {
  const { client, redis } = await startClient();
  const end = performance.now() + 1_500;
  let flushes = 0;
  const flushing = async () => {
    for (; performance.now() < end; flushes++) {
      expect(await redis.command('SCRIPT', 'FLUSH')).toBe('+OK');
      await pause(10);
    }
  };
  const working = async (queue: string) => {
    let rounds = 0;
    for (; performance.now() < end; rounds++) {
      await pushed(client, `/q/${queue}`, `${rounds}`);
      const { job, at, lease } = await leaseOne(client, queue);
      expect(job).toBe(`${rounds}`);
      expect(say(await client.ask('POST', `${at}/done?${lease}`))).toBe('204');
      expect(await client.json(`/status/${queue}`)).toMatchObject({ size: 0 });
    }
    return rounds;
  };
  const [, ...rounds] = await Promise.all([flushing(), ...['a', 'b', 'c', 'd'].map(working)]);
  console.log(`${rounds.join(' + ')} rounds while the scripts were flushed ${flushes} times`);
  for (const count of rounds) expect(count).toBeGreaterThan(3);
});
