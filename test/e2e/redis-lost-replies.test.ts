/** Shows that a take without a lease whose reply was lost on the way from Redis loses no job, and gives none twice. */

import { expect, onTestFinished } from 'vitest';
import { startProxy } from '../support/proxy.js';
import { redisMissing } from '../support/redis.js';
import { createClient, doubles, pause } from './client.js';
import { testUnless } from './needs.js';
import { createRandom, seed } from './random.js';
import { say, serveOn, startTestRedis } from './redis-servers.js';

const redisTest = testUnless(redisMissing);
const jobs = Array.from({ length: 3_000 }, (_, n) => `${n}`);

async function startTwo() {
  const redis = await startTestRedis();
  const proxy = await startProxy(redis.port);
  onTestFinished(() => proxy.stop());
  const through = createClient((await serveOn({ url: `redis://127.0.0.1:${proxy.port}` })).url);
  const direct = createClient((await serveOn(redis)).url);
  for (let from = 0; from < jobs.length; from += 1_000)
    await direct.pushMany('foo', jobs.slice(from, from + 1_000));
  return { proxy, through, direct };
}

redisTest(
  'connections are cut while jobs are taken for good: each is given once or still there',
  async () => {
    console.log(`redis-lost-replies.test.ts: TEST_SEED=${seed}`);
    const random = createRandom(seed);
    const { proxy, through, direct } = await startTwo();
    const taken: string[] = [];
    let refused = 0;
    let isOver = false;
    const takeOn = async () => {
      while (!isOver) {
        const answer = await through.ask('GET', '/q/foo');
        if (answer.status === 200) taken.push(answer.text);
        else if (answer.status === 503) refused++;
        else isOver = true;
      }
    };
    const taking = Promise.all(Array.from({ length: 8 }, takeOn));
    for (let cuts = 0; cuts < 30 && !isOver; cuts++) {
      await pause(20 + random() * 80);
      proxy.cut();
    }
    isOver = true;
    await taking;
    // What came too late for its caller goes back.
    const rest: string[] = [];
    const collect = async () => rest.push(...(await direct.takeAll('foo')));
    await expect.poll(async () => (await collect()) + taken.length, { timeout: 10_000 }).toBe(jobs.length);
    console.log(`${taken.length} taken while connections were cut ${proxy.made} times, ${refused} refusals`);
    expect(taken.length).toBeGreaterThan(10);
    expect(doubles([...taken, ...rest])).toEqual([]);
    expect([...taken, ...rest].toSorted()).toEqual(jobs.toSorted());
  },
);

redisTest('a take that Redis answered too late for its caller gives its job back', async () => {
  const { proxy, through, direct } = await startTwo();
  expect(say(await through.ask('GET', '/q/foo'))).toBe('200 0');
  proxy.freeze();
  const late = await through.ask('GET', '/q/foo');
  expect(say(late)).toMatch(/^503/);
  expect(late.ms).toBeLessThan(3_000);
  proxy.thaw();
  await expect
    .poll(() => direct.json('/status/foo'), { timeout: 10_000 })
    .toMatchObject({ ready: jobs.length - 2 });
  await pause(1_500);
  expect(await direct.json('/status/foo')).toMatchObject({ ready: jobs.length - 1 });
  expect(say(await direct.ask('GET', '/q/foo'))).toBe('200 1');
});
