/** Shows that two servers on one Redis are one queue: each sees, wakes and takes over what the other did. */

import { expect } from 'vitest';
import { redisMissing } from '../support/redis.js';
import { type Answer, type Client, createClient, doubles, pause } from './client.js';
import { testUnless } from './needs.js';
import { leasedOf, leaseOne, say, serveOn, startTestRedis } from './redis-servers.js';

const redisTest = testUnless(redisMissing);
const wakeMs = 1_200;

async function startTwo() {
  const redis = await startTestRedis();
  const [first, second] = await Promise.all([serveOn(redis), serveOn(redis)]);
  return { redis, first, second, a: createClient(first.url), b: createClient(second.url) };
}

/** How long the second client waits for its answer once the first one has begun to do something. */
async function wakeTime(waiting: Promise<Answer>, act: () => Promise<unknown>) {
  await pause(200);
  const begun = performance.now();
  await act();
  expect(say(await waiting)).toMatch(/^200/);
  return performance.now() - begun;
}

const medianOf = (times: number[]) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];

redisTest(
  'a push on one wakes who waits on the other, also after a stop, a delay and a failure',
  async () => {
    const { a, b } = await startTwo();
    const wait = () => b.ask('GET', '/q/foo?wait=10s');
    const times: { [what: string]: number } = {};
    for (let n = 0; n < 5; n++) times[`push ${n}`] = await wakeTime(wait(), () => a.push('foo', '1'));
    times.batch = await wakeTime(wait(), () => a.pushMany('foo', ['1']));
    times.delayed = await wakeTime(wait(), () => a.ask('POST', '/q/foo?delay=500ms', '1'));
    times.delayed -= 500;
    await a.ask('POST', '/control/foo', '{"status":"stop"}');
    await a.push('foo', '1');
    times.start = await wakeTime(wait(), () => a.ask('POST', '/control/foo', '{"status":"start"}'));
    await a.push('foo', '1');
    const held = await leaseOne(a, 'foo');
    times.release = await wakeTime(wait(), () => a.ask('POST', `${held.at}/release?${held.lease}`));
    const shown = Object.entries(times).map(([what, ms]) => `${what} ${ms.toFixed(0)}`);
    console.log(`woken on the other server after ms: ${shown.join(', ')}`);
    for (const [what, ms] of Object.entries(times)) expect(ms, what).toBeLessThan(wakeMs);
    expect(medianOf(Object.values(times)), 'the look each second would take longer').toBeLessThan(300);
  },
);

redisTest('a push on one wakes who waits on the other also after Redis was away', async () => {
  const { redis, a, b } = await startTwo();
  await redis.kill();
  expect((await b.push('foo', '1')).status).toBe(503);
  await redis.restart();
  for (const client of [a, b])
    await expect.poll(async () => (await client.push('bar', '1')).status, { timeout: 5_000 }).toBe(201);
  const times: number[] = [];
  for (let n = 0; n < 3; n++)
    times.push(await wakeTime(b.ask('GET', '/q/foo?wait=10s'), () => a.push('foo', '1')));
  console.log(`woken on the other server after ms: ${times.map((ms) => ms.toFixed(0)).join(', ')}`);
  for (const ms of times) expect(ms).toBeLessThan(wakeMs);
});

redisTest('who waits on one for the end of a job is told when it is done through the other', async () => {
  const { a, b } = await startTwo();
  const id = (await a.push('foo', '1')).headers['presque-job'];
  const { at, lease } = await leaseOne(b, 'foo');
  const waiting = a.ask('GET', `/j/foo/${id}?wait=10s`);
  const ms = await wakeTime(waiting, () => b.ask('POST', `${at}/done?${lease}`));
  console.log(`told on the other server after ${ms.toFixed(0)} ms`);
  expect((await waiting).text).toContain('"state":"done"');
  expect(ms).toBeLessThan(1_700);
});

redisTest('a lease that a killed server gave comes back through the other when it ran out', async () => {
  const { first, a, b } = await startTwo();
  await a.push('foo', '1');
  const lost = await leaseOne(a, 'foo', 'lease=1s');
  const begun = performance.now();
  const waiting = b.ask('GET', '/q/foo?wait=20s&lease=30s');
  await first.kill();
  const found = leasedOf('foo', await waiting);
  const ms = performance.now() - begun;
  console.log(`a lease of 1 s came back through the other server after ${ms.toFixed(0)} ms`);
  expect([found.id, found.job, found.attempt]).toEqual([lost.id, '1', 2]);
  expect(ms).toBeGreaterThan(850);
  expect(ms).toBeLessThan(1_000 + wakeMs);
  expect(say(await b.ask('POST', `${lost.at}/done?${lost.lease}`))).toMatch(/^409/);
  expect((await b.ask('POST', `${found.at}/done?${found.lease}`)).status).toBe(204);
});

redisTest('a lease that one gave is extended and settled through the other', async () => {
  const { a, b } = await startTwo();
  await a.push('foo', '1');
  const { at, lease } = await leaseOne(a, 'foo', 'lease=1s');
  expect((await b.ask('POST', `${at}/extend?${lease}&for=3s`)).status).toBe(200);
  await pause(1_500);
  expect(await a.json(at)).toMatchObject({ state: 'leased' });
  expect((await b.ask('POST', `${at}/done?${lease}`)).status).toBe(204);
  expect((await a.ask('POST', `${at}/done?${lease}`)).status).toBe(204);
  expect(await a.json(at)).toMatchObject({ state: 'done' });
});

redisTest('both say the same of queues, jobs, policies and workers, and keep the same keys', async () => {
  const { a, b } = await startTwo();
  const paths = ['/status/', '/status/foo?with_desc=1', '/j/foo', '/control/foo', '/w/', '/w/foo'];
  const lists = ['ready', 'delayed', 'leased', 'done', 'dead'].map((state) => `/j/foo?state=${state}`);
  const timeless = (answer: Answer) => say(answer).replace(/"oldest_age":[\d.]+/, '');
  const agree = async () => {
    for (const path of [...paths, ...lists]) {
      const [one, other] = await Promise.all([a.ask('GET', path), b.ask('GET', path)]);
      expect([timeless(other), other.headers.etag], path).toEqual([timeless(one), one.headers.etag]);
    }
  };

  await a.ask('POST', '/w/foo?worker_id=w');
  await b.pushMany('foo', ['1', '2', '3', '4']);
  await a.ask('POST', '/q/foo?delay=1h&uniq=k', '5');
  expect((await b.ask('POST', '/q/foo?uniq=k', '5')).status).toBe(400);
  const done = await leaseOne(b, 'foo', 'lease=1m&worker_id=w');
  await a.ask('POST', `${done.at}/done?${done.lease}`, '"r"');
  const dead = await leaseOne(a, 'foo', 'lease=1m&worker_id=w');
  await b.ask('POST', `${dead.at}/fail?${dead.lease}`, '{"dead":true}');
  await leaseOne(a, 'foo', 'lease=1m&worker_id=w');
  await agree();
  expect(await b.json('/j/foo')).toMatchObject({ job_count: 1, job_processed: 1, job_failed: 1 });

  await a.ask('POST', '/control/foo', '{"lease":20,"max_size":3}');
  await agree();
  const { etag } = (await b.ask('GET', '/control/foo')).headers;
  const ifMatch = { 'Content-Type': 'application/json', 'If-Match': String(etag) };
  const change = (client: Client) => client.ask('POST', '/control/foo', '{"max_size":2}', ifMatch);
  expect((await change(a)).status).toBe(200);
  expect((await change(b)).status).toBe(412);
  expect((await b.push('foo', '6')).status).toBe(429);

  const key = { 'Content-Type': 'application/json', 'Idempotency-Key': 'key' };
  const [one, other] = [await a.ask('POST', '/q/bar', '1', key), await b.ask('POST', '/q/bar', '1', key)];
  expect(other.headers['presque-job']).toBe(one.headers['presque-job']);
  expect(other.headers['idempotency-replayed']).toBe('true');

  expect((await b.ask('DELETE', '/q/foo')).status).toBe(204);
  await agree();
  expect(await a.json('/status/')).toEqual({ queues: ['bar'], size: 1 });
  expect((await a.ask('POST', '/q/foo?uniq=k', '5')).status).toBe(201);
});

redisTest('clients of both push and take at once, and every job comes once', async () => {
  const { a, b } = await startTwo();
  const taken: string[] = [];
  const jobs = (name: string) => Array.from({ length: 200 }, (_, n) => `"${name}${n}"`);
  const names = ['a', 'b', 'c', 'd'];
  let pushing = names.length;
  const pushAll = async (name: string, index: number) => {
    for (const job of jobs(name)) expect((await (index % 2 ? a : b).push('foo', job)).status).toBe(201);
    pushing--;
  };
  const takeOn = async (client: Client) => {
    for (;;) {
      const isLast = pushing === 0;
      const answer = await client.ask('GET', '/q/foo?wait=100ms');
      if (answer.status === 200) taken.push(answer.text);
      else if (isLast) return;
    }
  };
  await Promise.all([...names.map(pushAll), ...[a, b, a, b].map(takeOn)]);
  expect(doubles(taken)).toEqual([]);
  expect(taken.toSorted()).toEqual(names.flatMap(jobs).toSorted());
});
