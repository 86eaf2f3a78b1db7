/** Shows what a server does whose way to Redis is cut or lets nothing through, while another one has no trouble. */

import { expect, onTestFinished } from 'vitest';
import { startProxy } from '../support/proxy.js';
import { redisMissing } from '../support/redis.js';
import { type Client, createClient, doubles, pause } from './client.js';
import { testUnless } from './needs.js';
import { createRandom, seed } from './random.js';
import { leasedOf, leaseOne, say, serveOn, startTestRedis } from './redis-servers.js';

const redisTest = testUnless(redisMissing);
/** Redis has 2 s to answer; the rest is for a busy machine. */
const answerMs = 2_500;
const recoveryMs = 3_000;
const json = { 'Content-Type': 'application/json' };

/** Two servers on one Redis, the first one through a proxy. */
async function startTwo() {
  const redis = await startTestRedis();
  const proxy = await startProxy(redis.port);
  onTestFinished(() => proxy.stop());
  const through = await serveOn({ url: `redis://127.0.0.1:${proxy.port}` });
  const direct = await serveOn(redis);
  return { proxy, through, a: createClient(through.url), b: createClient(direct.url) };
}

redisTest(
  'connections are cut again and again: refusals are 503, and a push with a key is there once',
  async () => {
    console.log(`redis-cut.test.ts: TEST_SEED=${seed}`);
    const random = createRandom(seed);
    const { proxy, through, a, b } = await startTwo();
    let isOver = false;
    let refused = 0;
    const pushAll = async (name: string) => {
      const jobs: string[] = [];
      for (let n = 0; !isOver; n++) {
        const job = `"${name}-${n}"`;
        jobs.push(job);
        for (;;) {
          const answer = await a.ask('POST', '/q/foo', job, { ...json, 'Idempotency-Key': `${name}-${n}` });
          if (answer.status === 201) break;
          expect(say(answer)).toMatch(/^503/);
          expect(answer.ms).toBeLessThan(answerMs);
          refused++;
          await pause(20);
        }
      }
      return jobs;
    };
    const pushing = Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map(pushAll));
    for (let n = 0; n < 15; n++) {
      await pause(random() * 200);
      proxy.cut();
    }
    isOver = true;
    const jobs = (await pushing).flat();
    const there = await b.takeAll('foo');
    console.log(`${jobs.length} pushes, ${refused} refusals, ${proxy.made} connections`);
    expect(refused).toBeGreaterThan(0);
    expect(doubles(there)).toEqual([]);
    expect(there.toSorted()).toEqual(jobs.toSorted());
    expect(proxy.made).toBeGreaterThan(10);
    await expect.poll(() => proxy.open, { timeout: recoveryMs }).toBe(2);
    expect(through.stderr).toBe('');
  },
);

redisTest(
  'a server whose way is cut whenever it wants to hear of pushes lives on, and hears of them later',
  async () => {
    const { proxy, through, a, b } = await startTwo();
    proxy.cutAt('subscribe');
    proxy.cut();
    await expect.poll(() => a.push('foo', '"hello"').then(say), { timeout: recoveryMs }).toBe('201');
    const madeBefore = proxy.made;
    await expect.poll(() => proxy.made - madeBefore, { timeout: 5_000 }).toBeGreaterThan(2);
    const looked = a.ask('GET', '/q/bar?wait=10s');
    await pause(200);
    const begun = performance.now();
    expect(say(await b.push('bar', '1'))).toBe('201');
    expect(say(await looked)).toBe('200 1');
    expect(performance.now() - begun).toBeLessThan(1_200);
    proxy.cutAt(undefined);
    await expect.poll(() => proxy.open, { timeout: recoveryMs }).toBe(2);
    await pause(200);
    const times: number[] = [];
    for (let n = 0; n < 5; n++) {
      const waiting = a.ask('GET', '/q/bar?wait=10s');
      await pause(150);
      const since = performance.now();
      expect(say(await b.push('bar', `${n}`))).toBe('201');
      expect(say(await waiting)).toBe(`200 ${n}`);
      times.push(performance.now() - since);
    }
    console.log(`woken again after ms: ${times.map((ms) => ms.toFixed(0)).join(', ')}`);
    expect(times.toSorted((x, y) => x - y)[2], 'the look each second would take longer').toBeLessThan(300);
    expect(through.stderr).toBe('');
  },
);

redisTest(
  'a server that is cut off says 503, its leases go to others when they are over, and it comes back',
  async () => {
    const { proxy, a, b } = await startTwo();
    expect((await a.push('foo', '1')).status).toBe(201);
    const held = await leaseOne(a, 'foo', 'lease=1s');
    const waiting = a.ask('GET', '/q/bar?wait=20s');
    await pause(200);
    proxy.freeze();
    const begun = performance.now();
    const refusals = await Promise.all([
      a.ask('POST', `${held.at}/done?${held.lease}`),
      a.push('baz', '"unheard"'),
      a.ask('GET', '/q/foo?lease=30s'),
      a.ask('GET', '/readyz'),
    ]);
    for (const answer of refusals) {
      expect(say(answer)).toMatch(/^503/);
      expect(answer.ms).toBeLessThan(answerMs);
    }
    expect((await a.ask('GET', '/livez')).status).toBe(200);
    const next = leasedOf('foo', await b.ask('GET', '/q/foo?wait=5s&lease=30s'));
    expect([next.id, next.attempt]).toEqual([held.id, 2]);
    expect(performance.now() - begun).toBeGreaterThan(700);

    proxy.thaw();
    await expect.poll(() => a.push('baz', '"back"').then(say), { timeout: recoveryMs }).toBe('201');
    // The settlement that was on its way came when the lease was over.
    expect(await b.json(next.at)).toMatchObject({ state: 'leased', attempt: 2 });
    expect(say(await a.ask('POST', `${held.at}/done?${held.lease}`))).toMatch(/^409/);
    expect((await a.ask('POST', `${next.at}/done?${next.lease}`)).status).toBe(204);
    const there = await b.takeAll('baz');
    expect(there.filter((job) => job !== '"unheard"')).toEqual(['"back"']);
    expect(doubles(there)).toEqual([]);
    await expectWoken(waiting, a, b);
  },
);

/** The poll that was there before, unless it was refused, and another one are woken by the other server. */
async function expectWoken(waiting: ReturnType<Client['ask']>, a: Client, b: Client) {
  await b.push('bar', '"first"');
  const answer = await waiting;
  expect([200, 503]).toContain(answer.status);
  await b.takeAll('bar');
  const asked = a.ask('GET', '/q/bar?wait=10s');
  await pause(200);
  const begun = performance.now();
  await b.push('bar', '"second"');
  expect(say(await asked)).toBe('200 "second"');
  expect(performance.now() - begun).toBeLessThan(1_200);
}
