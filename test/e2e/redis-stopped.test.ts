/** Shows that servers on one Redis that stand still for seconds, or don't hear each other, break no promise about jobs. */

import { connect } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import { type Redis, redisMissing } from '../support/redis.js';
import { type Answer, type Client, createClient, doubles, pause } from './client.js';
import { leaseOn, listOn, pushOn } from './lease-clients.js';
import { type Event, faultsOf } from './lease-history.js';
import { testUnless } from './needs.js';
import { createRandom, type Random, seed } from './random.js';
import { createRefusals, refusable } from './redis-load.js';
import { say, serveOn, startTestRedis } from './redis-servers.js';

const redisTest = testUnless(redisMissing);

/** `TEST_REDIS_STOPS=100` is the full size. */
const stops = Number(process.env.TEST_REDIS_STOPS ?? 3);
const clientCount = 64;
const leaseMs = 1_000;
const wakeMs = 1_200;

async function startThree() {
  const redis = await startTestRedis();
  const servers = await Promise.all([serveOn(redis), serveOn(redis), serveOn(redis)]);
  return { redis, servers, clients: servers.map(({ url }) => createClient(url)) };
}

async function stopOneAfterTheOther(pids: readonly number[], random: Random) {
  for (let n = 0; n < stops; n++) {
    const pid = pids[random.below(pids.length)] as number;
    await pause(random() * 300);
    process.kill(pid, 'SIGSTOP');
    // The first one outlasts leases, whatever the seed.
    await pause(n === 0 ? 2_500 : random() * 3_000);
    process.kill(pid, 'SIGCONT');
  }
}

redisTest(
  `${stops} stops of servers under ${clientCount} clients with leases of 1 s: no job has two holders, or is done twice`,
  async () => {
    console.log(`redis-stopped.test.ts: TEST_SEED=${seed}`);
    const random = createRandom(seed);
    const { servers, clients } = await startThree();
    const refusals = createRefusals();
    const client = refusable(clients, refusals, random);
    const policy = '{"keep_done":"2h","attempts":1000,"max_crashes":1000}';
    expect((await client.ask('POST', '/control/work', policy)).status).toBe(200);
    const events: Event[] = [];
    const history = { write: (event: Event) => void events.push(event), close() {} };
    const setting = { client, history, random, queue: 'work', leaseMs };
    let isPushing = true;
    let isOver = false;
    // Some settle on another server than the one that gave the lease; all would soon wait for the one that stands still.
    const ownClients = clients.map((own) => refusable([own], refusals, random));
    const leasers = Array.from({ length: clientCount }, (_, n) => {
      const own = n % 4 === 3 ? client : (ownClients[n % 4] as Client);
      return leaseOn({ ...setting, client: own, isOver: () => isOver });
    });
    const pushers = Array.from({ length: 9 }, (_, n) =>
      pushOn({ ...setting, client: ownClients[n % 3] as Client, isOver: () => !isPushing }, `${n}`),
    );
    const stopping = stopOneAfterTheOther(
      servers.map(({ pid }) => pid),
      random,
    );
    await stopping.finally(() => {
      isPushing = false;
    });
    await Promise.all(pushers);
    const [direct] = clients as [Client];
    const unfinished = { ready: 0, delayed: 0, leased: 0, dead: 0 };
    await expect
      .poll(() => direct.json('/status/work'), { timeout: 30_000, interval: 100 })
      .toMatchObject(unfinished)
      .finally(() => {
        isOver = true;
      });
    await Promise.all(leasers);
    await listOn({ ...setting, client: direct, isOver: () => true });

    const leases = events.filter(({ event }) => event === 'leased').length;
    const done = events.flatMap((one) =>
      one.event === 'settled' && one.said.status === 204 ? [one.said.id] : [],
    );
    const late = events.filter((one) => one.event === 'settled' && one.said.status === 409).length;
    const left = events.flatMap((one) => (one.event === 'left' ? [one.id] : []));
    console.log(
      `${left.length} jobs, ${leases} leases, ${done.length} done, ${late} settlements too late; ${refusals.count} refusals`,
    );
    expect(refusals.wrong.slice(0, 10)).toEqual([]);
    expect(faultsOf(events, leaseMs).slice(0, 20)).toEqual([]);
    expect(doubles(done)).toEqual([]);
    // A settlement whose answer was not heard counts as well.
    const cut = events.flatMap((one) =>
      one.event === 'cut' && one.said?.act === 'done' ? [one.said.id] : [],
    );
    expect(left.filter((id) => !done.includes(id) && !cut.includes(id))).toEqual([]);
    expect(leases).toBeGreaterThan(50);
    expect(late, 'leases ran out meanwhile').toBeGreaterThan(0);
  },
  90_000 + stops * 5_000,
);

redisTest(
  'connections that hear of pushes are killed again and again, and polls are woken in time',
  async () => {
    const { redis, servers, clients } = await startThree();
    const [a, b] = clients as [Client, Client];
    const random = createRandom(seed);
    let isOver = false;
    let killed = 0;
    const killing = (async () => {
      while (!isOver) {
        killed += Number((await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub')).slice(1));
        await pause(random() * 10);
      }
    })();
    // It is waited for in the end.
    killing.catch(() => {});
    const times: number[] = [];
    for (let n = 0; n < 4; n++) {
      const waiting = b.ask('GET', '/q/foo?wait=10s');
      waiting.catch(() => {});
      await pause(100);
      const begun = performance.now();
      expect(say(await a.push('foo', `${n}`))).toBe('201');
      expect(say(await waiting)).toBe(`200 ${n}`);
      times.push(performance.now() - begun);
    }
    isOver = true;
    await killing;
    for (const server of servers) expect(server.stderr).toBe('');
    console.log(
      `${killed} connections killed; woken after ms: ${times.map((ms) => ms.toFixed(0)).join(', ')}`,
    );
    expect(killed).toBeGreaterThan(12);
    for (const ms of times) expect(ms).toBeLessThan(wakeMs);
  },
);

/** The commands that clients sent, not those of scripts, as `MONITOR` shows them. */
async function monitor(redis: Redis) {
  const socket = connect(redis.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  socket.write('MONITOR\r\n');
  await expect.poll(() => text).toContain('+OK');
  return {
    forget() {
      text = '';
    },
    scriptCalls: (about: string) =>
      text
        .split('\r\n')
        .filter((line) => /^\+[\d.]+ \[\d+ [\d.]+:\d+\] "evalsha"/i.test(line) && line.includes(about)),
  };
}

const hashOf = (line: string) => /"evalsha" "([0-9a-f]{40})"/i.exec(line)?.[1];

redisTest(
  'of 1,000 polls on three servers one gets the one job, and at most one of each server tries',
  async () => {
    const { redis, clients } = await startThree();
    const seen = await monitor(redis);
    // At the first call for a queue there is more to be said.
    expect((await clients[0]?.ask('GET', '/q/probe'))?.status).toBe(404);
    await pause(200);
    seen.forget();
    expect((await clients[0]?.ask('GET', '/q/probe'))?.status).toBe(404);
    await expect.poll(() => seen.scriptCalls('probe')).toHaveLength(1);
    const takeHash = hashOf(seen.scriptCalls('probe')[0] ?? '');

    const got: string[] = [];
    const polls = Array.from({ length: 1_000 }, async (_, n): Promise<Answer> => {
      const answer = await (clients[n % 3] as Client).ask('GET', '/q/foo?wait=60s', undefined, {
        'X-Request-Id': `${n}`,
      });
      if (answer.status === 200) got.push(answer.text);
      return answer;
    });
    const answered = Promise.all(polls);
    // It is waited for in the end.
    answered.catch(() => {});
    await pause(2_000);
    const tries: number[] = [];
    for (let n = 0; n < 5; n++) {
      await pause(130);
      seen.forget();
      expect((await clients[n % 3]?.push('foo', `${n}`))?.status).toBe(201);
      await expect.poll(() => got.length, { interval: 5 }).toBe(n + 1);
      await pause(100);
      const takes = seen.scriptCalls('foo').filter((line) => hashOf(line) === takeHash);
      tries.push(takes.reduce((sum, line) => sum + (line.match(/limit/g)?.length ?? 0), 0));
      expect(got.length, 'polls with the one job').toBe(n + 1);
    }
    console.log(`takes tried for each of 5 jobs, with 1,000 polls: ${tries.join(', ')}`);
    // The look that each server takes once a second may fall into the time.
    expect(Math.min(...tries)).toBeGreaterThan(0);
    expect(Math.min(...tries)).toBeLessThanOrEqual(3);
    expect(Math.max(...tries)).toBeLessThanOrEqual(9);

    const rest = Array.from({ length: 995 }, (_, n) => `${n + 5}`);
    expect((await clients[0]?.pushMany('foo', rest))?.status).toBe(201);
    const answers = await answered;
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(got.map(Number).toSorted((x, y) => x - y)).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
  },
);
