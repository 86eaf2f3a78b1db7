/** Shows what a Redis Cluster that loses a master means for the clients: 503 for its slots until a replica is in its place. */

import { expect, onTestFinished } from 'vitest';
import { type Redis, redisMissing } from '../support/redis.js';
import { queuesWhere, slotCount, startCluster } from '../support/redis-cluster.js';
import { type Client, createClient, pause } from './client.js';
import { testUnless } from './needs.js';
import { createRandom, seed } from './random.js';
import { figuresOf, startLoad } from './redis-load.js';
import { lossOfAll } from './redis-loss.js';
import { leaseOne, ownStore, say, serveAt } from './redis-servers.js';

const clusterTest = testUnless(redisMissing);
/** Redis has 2 s to answer; the rest is for a busy machine. */
const answerMs = 2_500;
const recoveryMs = 5_000;
const leaseMs = 2_000;
/** `TEST_HANGS=0,1,2` is the full size. */
const masters = (process.env.TEST_HANGS ?? '0').split(',').map(Number);
/** Longer than the cluster takes to see that a node is gone. */
const hangMs = 6_500;
/** What waited for the node that hangs took longer. */
const slowMs = 1_500;

async function startTestCluster(options: Parameters<typeof startCluster>[0]) {
  const cluster = await startCluster(options);
  onTestFinished(() => cluster.stop());
  const isOn = (index: number) => (slot: number) => Math.floor((slot * 3) / slotCount) === index;
  const queues = await Promise.all(cluster.masters.map((node, index) => queuesWhere(node, isOn(index), 3)));
  return { cluster, queues };
}

/** Asks until the time is over; how long each answer took, which has to be a 503 in time. */
async function refusalsUntil(end: number, client: Client, ...request: Parameters<Client['ask']>) {
  const times: number[] = [];
  while (performance.now() < end) {
    const answer = await client.ask(...request);
    const what = `${request[0]} ${request[1]}: ${say(answer)} after ${answer.ms.toFixed(0)} ms`;
    expect(answer.status, what).toBe(503);
    expect(answer.headers['retry-after'], what).toBeDefined();
    expect(answer.ms, what).toBeLessThan(answerMs);
    times.push(answer.ms);
    await pause(50);
  }
  return times;
}

/** Pushes, leases and settles until the time is over; how long each answer took. */
async function roundsUntil(end: number, client: Client, queue: string) {
  const times: number[] = [];
  for (let n = 0; performance.now() < end; n++) {
    const pushed = await client.push(queue, `${n}`);
    expect(say(pushed), `push into ${queue}`).toBe('201');
    const { at, lease } = await leaseOne(client, queue);
    const done = await client.ask('POST', `${at}/done?${lease}`);
    expect(say(done), `done of ${queue}`).toBe('204');
    times.push(pushed.ms, done.ms);
    await pause(20);
  }
  return times;
}

// One of them has what belongs to no queue alone.
for (const hung of masters)
  clusterTest(
    `master ${hung + 1} of 3 hangs: calls for its slots are 503 in time, and other slots go on`,
    async () => {
      // Else Redis itself refuses all slots when one is not covered.
      const args = ['--cluster-require-full-coverage', 'no'];
      const { cluster, queues } = await startTestCluster({ args });
      const server = await serveAt(ownStore(cluster));
      const client = createClient(server.url);
      const hanging = (queues[hung] as string[])[0] as string;
      const going = queues.filter((_, index) => index !== hung).flat();
      for (const queue of [hanging, ...going])
        expect((await client.push(queue, '"before"')).status).toBe(201);
      const { pid } = cluster.masters[hung] as Redis;
      process.kill(pid, 'SIGSTOP');
      const end = performance.now() + hangMs;
      const asked = [
        ...going.map((queue) => roundsUntil(end, client, queue)),
        refusalsUntil(end, client, 'POST', `/q/${hanging}`, '"during"'),
        refusalsUntil(end, client, 'GET', `/q/${hanging}?lease=30s`),
        refusalsUntil(end, client, 'GET', `/status/${hanging}`),
        refusalsUntil(end, client, 'GET', '/readyz'),
      ];
      const all = await Promise.all(asked).finally(() => process.kill(pid, 'SIGCONT'));
      const [times, refusals] = [all.slice(0, going.length), all.slice(going.length).flat()];
      const slow = times.flat().filter((ms) => ms > slowMs);
      console.log(
        `${times.flat().length} calls for other slots, ${slow.length} of them took longer than ${slowMs} ms; ` +
          `${refusals.length} refusals, the slowest after ${Math.max(...refusals).toFixed(0)} ms`,
      );
      for (const [index, own] of times.entries()) expect(own.length, going[index]).toBeGreaterThan(50);
      expect(slow.map(Math.round)).toEqual([]);

      const back = () => client.push(hanging, '"after"').then(({ status }) => status);
      await expect.poll(back, { timeout: recoveryMs }).toBe(201);
      const there = (await client.takeAll(hanging)).filter((job) => job !== '"during"');
      expect(there[0]).toBe('"before"');
      expect(new Set(there.slice(1))).toEqual(new Set(['"after"']));
      expect(server.stderr).toBe('');
    },
  );

clusterTest(
  'a follow-up for a master that hangs is there once when it is back, whoever said done how often',
  async () => {
    const { cluster, queues } = await startTestCluster({ args: ['--cluster-require-full-coverage', 'no'] });
    const store = ownStore(cluster);
    const [first, second] = await Promise.all([serveAt(store), serveAt(store)]);
    const [a, b] = [createClient(first.url), createClient(second.url)];
    const [[far], [from, near]] = queues as [[string], [string, string]];
    for (const queue of [from, from, near, far]) expect((await a.push(queue, '"before"')).status).toBe(201);
    const [one, other] = [await leaseOne(a, from, 'lease=1m'), await leaseOne(a, from, 'lease=1m')];
    const type = { 'Content-Type': 'application/vnd.presque.done+json' };
    const push = (n: number) => JSON.stringify({ push: [near, far].map((queue) => ({ queue, job: n })) });
    const finish = (client: Client, { at, lease }: typeof one, n: number) =>
      client.ask('POST', `${at}/done?${lease}`, push(n), type);

    const { pid } = cluster.masters[0] as Redis;
    process.kill(pid, 'SIGSTOP');
    const during = await Promise.all([finish(a, one, 1), finish(b, one, 1), finish(a, other, 2)]).finally(
      () => process.kill(pid, 'SIGCONT'),
    );
    console.log(`done while the master of a follow-up hangs: ${during.map(say).join(', ')}`);
    for (const answer of during) {
      expect(say(answer)).toMatch(/^(200|503)/);
      expect(answer.ms).toBeLessThan(answerMs);
    }
    // Only of one is done said again: what was stored of the other one goes on by itself.
    await expect.poll(() => finish(b, one, 1).then(say), { timeout: recoveryMs }).toMatch(/^200/);
    const answer = await finish(a, one, 1);
    expect(say(await finish(b, one, 1))).toBe(say(answer));
    const { state } = (await a.json(other.at)) as { state: string };
    const expected = ['"before"', '1', ...(state === 'done' ? ['2'] : [])];
    for (const queue of [near, far]) {
      const size = () => b.json(`/status/${queue}`);
      await expect.poll(size, { timeout: 15_000 }).toMatchObject({ size: expected.length });
    }
    await pause(1_500);
    for (const queue of [near, far]) expect((await b.takeAll(queue)).toSorted()).toEqual(expected.toSorted());
  },
);

/** How long after the promotion all queues take pushes. */
async function recovery(client: Client, queues: readonly string[]): Promise<number> {
  const begun = performance.now();
  for (const queue of queues)
    for (;;) {
      const answer = await client.push(queue, '1');
      if (answer.status === 201) break;
      expect(say(answer)).toMatch(/^503/);
      expect(performance.now() - begun, `ms until ${queue} works again`).toBeLessThan(recoveryMs);
      await pause(20);
    }
  return performance.now() - begun;
}

/** How long after a push on one server who waits on the other has the job; there is none before. */
async function wakeMsOf([a, b]: readonly Client[], queue: string): Promise<number> {
  await b?.takeAll(queue);
  const waiting = b?.ask('GET', `/q/${queue}?wait=10s`);
  await pause(200);
  const begun = performance.now();
  expect((await a?.push(queue, '"woken"'))?.status).toBe(201);
  expect((await waiting)?.text).toBe('"woken"');
  return performance.now() - begun;
}

clusterTest('a push that a replica must have is 201 where its master has one that answers', async () => {
  const { cluster, queues } = await startTestCluster({ replicas: 1 });
  const client = createClient((await serveAt(ownStore(cluster))).url);
  const names = queues.map(([name]) => name as string);
  const headers = { 'Content-Type': 'application/json', Prefer: 'durability="replicated=1"' };
  const demand = (queue: string) => client.ask('POST', `/q/${queue}`, '1', headers);
  for (const queue of names) {
    const answer = await demand(queue);
    expect([say(answer), answer.headers['presque-durability']]).toEqual(['201', 'replicated=1']);
  }
  const { pid } = cluster.replicas[1] as Redis;
  process.kill(pid, 'SIGSTOP');
  const answers = await Promise.all(names.map(demand)).finally(() => process.kill(pid, 'SIGCONT'));
  expect(answers.map(({ status }) => status)).toEqual([201, 503, 201]);
  expect(answers[1]?.text).toContain('stored');
  expect(answers[1]?.ms).toBeLessThan(answerMs);
  const stored = answers[1]?.headers['presque-job'];
  expect(await client.json(`/j/${names[1]}/${stored}`)).toMatchObject({ state: 'ready' });
});

clusterTest(
  'a killed master is replaced by its replica: only 503 until then, and nothing is lost but what was just answered',
  async () => {
    console.log(`redis-cluster-failures.test.ts: TEST_SEED=${seed}`);
    const random = createRandom(seed);
    const { cluster, queues } = await startTestCluster({ replicas: 1 });
    const store = ownStore(cluster);
    const servers = await Promise.all([serveAt(store), serveAt(store)]);
    const clients = servers.map(({ url }) => createClient(url));
    const probes = queues.map(([, , third]) => third as string);
    const loaded = queues.flatMap((some) => some.slice(0, 2));
    const load = await startLoad({ clients, queues: loaded, leaseMs, random });
    await pause(1_500);
    await cluster.masters[0]?.kill();
    const killedAt = Date.now();
    await cluster.promoted(cluster.replicas[0] as Redis);
    const promotedAt = Date.now();
    const recoveries = await Promise.all(clients.map((client) => recovery(client, probes)));
    const woken = await Promise.all(probes.map((queue) => wakeMsOf(clients, queue)));
    await pause(1_000);
    const latestRefusal = load.refusals.latestAt - promotedAt;
    await load.finish();

    const { pushes, settlements, faults } = lossOfAll(load.events, killedAt, leaseMs);
    console.log(
      `promoted ${promotedAt - killedAt} ms after the kill, serves ${Math.max(...recoveries).toFixed(0)} ms later, the last ` +
        `refusal ${latestRefusal} ms after the promotion; woken then after ${woken.map((ms) => ms.toFixed(0)).join(', ')} ms; lost: ${pushes} pushes, ${settlements} settlements; ${figuresOf(load)}`,
    );
    expect(load.refusals.wrong.slice(0, 10)).toEqual([]);
    expect(load.refusals.count).toBeGreaterThan(0);
    expect(latestRefusal).toBeLessThan(recoveryMs);
    for (const ms of woken) expect(ms).toBeLessThan(1_200);
    expect(faults.slice(0, 20)).toEqual([]);
    for (const server of servers) {
      expect(server.stderr).toBe('');
      expect(await server.stop()).toEqual({ code: 0, signal: null });
    }
  },
  120_000,
);
