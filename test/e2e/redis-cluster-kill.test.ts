/** Shows that follow-up jobs on other slots enter exactly once, though the servers that settle are killed all the time. */

import { expect } from 'vitest';
import { freePort } from '../support/ports.js';
import { redisMissing } from '../support/redis.js';
import { queuesWhere, slotCount } from '../support/redis-cluster.js';
import { type Answer, type Client, createClient, doubles, pause } from './client.js';
import { testUnless } from './needs.js';
import { createRandom, seed } from './random.js';
import { clusterForFile, leasedOf, ownStore, serveAt } from './redis-servers.js';

const clusterTest = testUnless(redisMissing);
const clusterOf = clusterForFile();

/** `TEST_FOLLOW_UP_KILLS=50` is the full size. */
const kills = Number(process.env.TEST_FOLLOW_UP_KILLS ?? 2);
const jobsPerKill = 200;
const leaseMs = 2_000;
/** Whatever brings a job to another slot after a kill does so within. */
const lateMs = 10_000;
const doneType = { 'Content-Type': 'application/vnd.presque.done+json' };

const isDown = (answer: Answer | undefined) => !answer || answer.status === 503;

clusterTest(
  `${kills} kills of servers that settle: every follow-up job is there once`,
  async () => {
    console.log(`redis-cluster-kill.test.ts: TEST_SEED=${seed}`);
    const random = createRandom(seed);
    const cluster = clusterOf();
    const store = ownStore(cluster);
    const [from, near, far] = await Promise.all(
      cluster.masters.map(async (node, index) => {
        const isOn = (slot: number) => Math.floor((slot * 3) / slotCount) === index;
        return (await queuesWhere(node, isOn, 1))[0] as string;
      }),
    );
    const ports = await Promise.all([freePort(), freePort()]);
    const start = (index: number) => serveAt(store, '--port', `${ports[index]}`);
    const servers = await Promise.all([start(0), start(1)]);
    const clients = servers.map(({ url }) => createClient(url));
    const [direct] = clients as [Client];
    const policy = '{"keep_done":"2h","attempts":1000,"max_crashes":1000}';
    expect((await direct.ask('POST', `/control/${from}`, policy)).status).toBe(200);

    const names = Array.from({ length: kills * jobsPerKill }, (_, n) => `${n}`);
    for (let at = 0; at < names.length; at += 1_000)
      expect((await direct.pushMany(from as string, names.slice(at, at + 1_000))).status).toBe(201);

    const answered = new Map<string, string[]>();
    const contradictions: string[] = [];
    const unexpected: string[] = [];
    let again = 0;
    const ask = async (...request: Parameters<Client['ask']>) => {
      const client = clients[random.below(clients.length)] as Client;
      const answer = await client.ask(...request).catch(() => undefined);
      if (answer && answer.status >= 500 && answer.status !== 503)
        unexpected.push(`${request[0]} ${request[1]}: ${answer.status} ${answer.text}`);
      if (isDown(answer)) await pause(20);
      return answer;
    };

    async function finish(taken: Answer) {
      const { job, at, lease } = leasedOf(from as string, taken);
      const push = [near, far, near].map((queue, n) => ({ queue, job: [Number(job), n] }));
      const body = JSON.stringify({ push });
      for (;;) {
        const answer = await ask('POST', `${at}/done?${lease}`, body, doneType);
        if (!answer || isDown(answer)) {
          again++;
          continue;
        }
        if (answer.status !== 200) return;
        const { pushed } = JSON.parse(answer.text) as { pushed: string[] };
        const before = answered.get(job);
        if (before && String(before) !== String(pushed))
          contradictions.push(`${job}: ${before} and then ${pushed}`);
        answered.set(job, pushed);
        // Now and then once more: it is the same answer.
        if (random() < 0.9) return;
      }
    }

    async function work() {
      while (answered.size < names.length) {
        const taken = await ask('GET', `/q/${from}?lease=${leaseMs}ms&wait=200ms`);
        if (taken?.status === 200) await finish(taken);
        else if (taken?.status === 404 && isOver && (await isEmpty())) return;
      }
    }
    let isOver = false;
    const isEmpty = async () => {
      const status = await ask('GET', `/status/${from}`);
      if (!status || isDown(status)) return false;
      const { ready, leased, delayed } = JSON.parse(status.text) as { [state: string]: number };
      return ready === 0 && leased === 0 && delayed === 0;
    };

    const killing = async () => {
      let killed = 0;
      for (; killed < kills && answered.size < names.length; killed++) {
        const index = random.below(2);
        await pause(100 + random() * 300);
        await servers[index]?.kill();
        servers[index] = await start(index);
      }
      isOver = true;
      return killed;
    };
    const [killed] = await Promise.all([killing(), ...Array.from({ length: 16 }, work)]);

    const ids = { [near as string]: new Set<string>(), [far as string]: new Set<string>() };
    for (const path of [...answered.values()].flat()) ids[path.split('/')[2] as string]?.add(path);
    const total = names.length * 3;
    const waiting = async () => {
      const counts = await Promise.all(
        [near, far].map((queue) => direct.json(`/status/${queue}`) as Promise<{ size: number }>),
      );
      return counts.reduce((sum, { size }) => sum + size, 0);
    };
    await expect.poll(waiting, { timeout: lateMs }).toBe(total);
    // Whatever brings a job twice would do it now.
    await pause(2_000);
    const there = [...(await direct.takeAll(near as string)), ...(await direct.takeAll(far as string))];
    console.log(
      `${killed} kills, ${names.length} jobs done, ${answered.size} of them answered, ${again} settlements said again, ${there.length} follow-ups`,
    );
    expect(unexpected.slice(0, 10)).toEqual([]);
    expect(contradictions.slice(0, 10)).toEqual([]);
    expect(doubles(there)).toEqual([]);
    expect(there.length).toBe(total);
    expect(new Set(there)).toEqual(new Set(names.flatMap((job) => [0, 1, 2].map((n) => `[${job},${n}]`))));
    const paths = [...answered.values()].flat();
    expect(doubles(paths)).toEqual([]);
    expect(killed).toBeGreaterThan(kills / 2);
    expect(again).toBeGreaterThan(0);
  },
  90_000 + kills * 10_000,
);
