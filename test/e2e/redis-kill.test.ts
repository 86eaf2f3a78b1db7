/** Shows that `kill -9` of a Redis that writes to its disk loses nothing acknowledged, and that the server outlives it. */

import { expect } from 'vitest';
import { type Redis, redisMissing } from '../support/redis.js';
import { type Answer, type Client, createClient, doubles, pause } from './client.js';
import { testUnless } from './needs.js';
import { createRandom, type Random, seed } from './random.js';
import { leasedOf, onDisk, say, serveOn, startTestRedis } from './redis-servers.js';

const redisTest = testUnless(redisMissing);

/** `TEST_REDIS_KILLS=20` is the full size. */
const kills = Number(process.env.TEST_REDIS_KILLS ?? 3);
/** Redis has 2 s to answer; the rest is for a busy machine. */
const answerMs = 2_500;
const recoveryMs = 5_000;
const leaseMs = 2_000;

function createLedger() {
  return {
    acknowledged: { leased: new Set<string>(), taken: new Set<string>() },
    /** Jobs whose settlement was acknowledged, once for each time. */
    done: [] as string[],
    /** Jobs that came again though they were done. */
    doneAgain: [] as string[],
    taken: [] as string[],
    /** How many takes for good had no job as their answer, though they may have taken one. */
    cutOff: 0,
    refused: 0,
    slowestRefusalMs: 0,
    isOver: false,
  };
}

type Ledger = ReturnType<typeof createLedger>;

/** The answer when it is one of these; a refusal must be a 503 in time that says when to come again. */
async function ask(
  client: Client,
  ledger: Ledger,
  expected: number[],
  ...request: Parameters<Client['ask']>
) {
  const answer = await client.ask(...request);
  if (expected.includes(answer.status)) return answer;
  const what = `${request[0]} ${request[1]}: ${say(answer)} after ${answer.ms.toFixed(0)} ms`;
  expect(answer.status, what).toBe(503);
  expect(answer.headers['retry-after'], what).toBe('1');
  expect(answer.ms, what).toBeLessThan(answerMs);
  ledger.refused++;
  ledger.slowestRefusalMs = Math.max(ledger.slowestRefusalMs, answer.ms);
  await pause(20);
  return undefined;
}

async function pushOn(client: Client, ledger: Ledger, queue: 'leased' | 'taken', name: string) {
  for (let n = 0; !ledger.isOver; n++) {
    const job = JSON.stringify(`${name}-${n}`);
    const answer = await ask(client, ledger, [201], 'POST', `/q/${queue}`, job);
    if (answer) ledger.acknowledged[queue].add(job);
  }
}

async function takeOn(client: Client, ledger: Ledger) {
  while (!ledger.isOver) {
    const answer = await ask(client, ledger, [200, 404], 'GET', '/q/taken');
    if (!answer) ledger.cutOff++;
    else if (answer.status === 200) ledger.taken.push(answer.text);
    else await pause(5);
  }
}

async function leaseOn(client: Client, ledger: Ledger, random: Random) {
  while (!ledger.isOver) {
    const answer = await ask(client, ledger, [200, 404], 'GET', `/q/leased?lease=${leaseMs}ms`);
    if (answer?.status === 200) await settle(client, ledger, answer, random() < 0.1 ? 'release' : 'done');
    else await pause(5);
  }
}

/** Says it until it is heard: as often as it takes, since a settlement may be repeated. */
async function settle(client: Client, ledger: Ledger, taken: Answer, verb: 'done' | 'release') {
  const { job, at, lease } = leasedOf('leased', taken);
  if (ledger.done.includes(job)) ledger.doneAgain.push(job);
  for (;;) {
    const answer = await ask(client, ledger, [200, 204, 409], 'POST', `${at}/${verb}?${lease}`);
    if (!answer) continue;
    if (answer.status === 204) ledger.done.push(job);
    return;
  }
}

/** Takes what is left, also what comes back from leases whose grants were never heard of. */
async function settleAll(client: Client, ledger: Ledger) {
  const end = performance.now() + 60_000;
  for (;;) {
    const answer = await client.ask('GET', `/q/leased?lease=${leaseMs}ms`);
    if (answer.status === 200) {
      await settle(client, ledger, answer, 'done');
      continue;
    }
    const { leased, delayed, ready } = (await client.json('/status/leased')) as { [state: string]: number };
    if (leased === 0 && delayed === 0 && ready === 0) return;
    if (performance.now() > end) throw new Error('the leases never end');
    await pause(100);
  }
}

/** How long after Redis answers again the server does. */
async function recovery(client: Client, ledger: Ledger) {
  const begun = performance.now();
  for (;;) {
    const answer = await ask(client, ledger, [201], 'POST', '/q/leased', '"recovered"');
    const ms = performance.now() - begun;
    if (answer) return ms;
    expect(ms, 'ms until the server works again').toBeLessThan(recoveryMs);
  }
}

async function killAgainAndAgain(redis: Redis, client: Client, ledger: Ledger, random: Random) {
  const recoveries: number[] = [];
  for (let kill = 0; kill < kills; kill++) {
    await pause(200 + random() * 400);
    await redis.kill('SIGKILL');
    await pause(random() * 800);
    await redis.restart();
    recoveries.push(await recovery(client, ledger));
  }
  await pause(300);
  return recoveries;
}

redisTest(
  `${kills} kills of Redis under load: nothing acknowledged is lost, refusals are 503 in time, the server recovers`,
  async () => {
    console.log(`redis-kill.test.ts: TEST_SEED=${seed}`);
    const random = createRandom(seed);
    const redis = await startTestRedis(...onDisk);
    const server = await serveOn(redis);
    const client = createClient(server.url);
    const ledger = createLedger();
    const lost = { attempts: 1000, max_crashes: 1000, keep_done: '1h' };
    const policy = await client.ask('POST', '/control/leased', JSON.stringify(lost));
    expect(say(policy)).toMatch(/^200/);

    const clients = Array.from({ length: 6 }, (_, n) => [
      pushOn(client, ledger, n % 2 === 0 ? 'leased' : 'taken', `${n}`),
      n % 2 === 0 ? leaseOn(client, ledger, random) : takeOn(client, ledger),
    ]);
    const killing = killAgainAndAgain(redis, client, ledger, random).finally(() => {
      ledger.isOver = true;
    });
    const [recoveries] = await Promise.all([killing, ...clients.flat()]);
    await settleAll(client, ledger);
    const takenUnderLoad = ledger.taken.length;
    ledger.taken.push(...(await client.takeAll('taken')));

    const { acknowledged, done, doneAgain, taken, cutOff, refused, slowestRefusalMs } = ledger;
    const isDone = new Set(done);
    const isTaken = new Set(taken);
    const missing = [...acknowledged.taken].filter((job) => !isTaken.has(job));
    const slowest = Math.max(...recoveries).toFixed(0);
    console.log(
      `${acknowledged.leased.size} + ${acknowledged.taken.size} acknowledged, ${done.length} done, ${takenUnderLoad} taken under load, ` +
        `${missing.length} missing, after ${cutOff} takes that were cut off; ${refused} refusals, the slowest after ` +
        `${slowestRefusalMs.toFixed(0)} ms; ${kills} kills, the slowest recovery ${slowest} ms`,
    );
    expect([...acknowledged.leased].filter((job) => !isDone.has(job))).toEqual([]);
    expect(doubles(done.filter((job) => job !== '"recovered"'))).toEqual([]);
    expect(doneAgain.filter((job) => job !== '"recovered"')).toEqual([]);
    expect(doubles(taken)).toEqual([]);
    // A take whose reply was cut off is asked again, and gives the same job or puts it back.
    expect(missing).toEqual([]);
    expect(acknowledged.leased.size).toBeGreaterThan(20);
    expect(refused).toBeGreaterThan(0);
    expect(server.stderr).toBe('');
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  },
  60_000 + kills * 10_000,
);

redisTest(
  'a Redis that hangs is a 503 in time, and what it did meanwhile is as if an answer was lost',
  async () => {
    const redis = await startTestRedis(...onDisk);
    const client = createClient((await serveOn(redis)).url);
    const ledger = createLedger();
    expect((await client.push('foo', '"before"')).status).toBe(201);
    process.kill(redis.pid, 'SIGSTOP');
    const asked = [
      ask(client, ledger, [], 'POST', '/q/foo', '"unheard"'),
      ask(client, ledger, [], 'GET', '/q/bar'),
      ask(client, ledger, [], 'GET', '/readyz'),
    ];
    await Promise.all(asked).finally(() => process.kill(redis.pid, 'SIGCONT'));
    console.log(`a hanging Redis was told after ${ledger.slowestRefusalMs.toFixed(0)} ms`);
    await expect.poll(() => client.push('foo', '"after"').then(({ status }) => status)).toBe(201);
    const there = await client.takeAll('foo');
    expect(there.filter((job) => job !== '"unheard"')).toEqual(['"before"', '"after"']);
    expect(doubles(there)).toEqual([]);
  },
);

redisTest(
  'while Redis is away those who wait are refused or wait on, and get the next job afterwards',
  async () => {
    const redis = await startTestRedis(...onDisk);
    const client = createClient((await serveOn(redis)).url);
    const waiting = client.ask('GET', '/q/foo?wait=20s');
    await pause(200);
    await redis.kill();
    expect((await client.ask('GET', '/livez')).status).toBe(200);
    expect(say(await client.ask('GET', '/readyz'))).toMatch(/^503/);
    await pause(300);
    await redis.restart();
    await recovery(client, createLedger());
    await client.push('foo', '1');
    const answer = await waiting;
    expect([200, 503]).toContain(answer.status);
    const asked = client.ask('GET', '/q/bar?wait=10s');
    await pause(100);
    const begun = performance.now();
    await client.push('bar', '1');
    expect(say(await asked)).toBe('200 1');
    expect(performance.now() - begun).toBeLessThan(1_200);
  },
);
