/** Shows that slots of a Redis Cluster move to another master under load, and nothing is lost, held by two, or done twice. */

import { expect } from 'vitest';
import { type Redis, redisMissing } from '../support/redis.js';
import { type Cluster, queuesWhere, slotCount, slotsWithKeys } from '../support/redis-cluster.js';
import { type Client, createClient, pause } from './client.js';
import { faultsOf } from './lease-history.js';
import { testUnless } from './needs.js';
import { createRandom, seed } from './random.js';
import { figuresOf, startLoad } from './redis-load.js';
import { clusterForFile, ownStore, serveAt } from './redis-servers.js';

const clusterTest = testUnless(redisMissing);
const clusterOf = clusterForFile();

/** `TEST_RESHARD_SLOTS=1000` is the full size. */
const slotsToMove = Number(process.env.TEST_RESHARD_SLOTS ?? 12);
const leaseMs = 2_000;
const queuesPerMaster = 3;

/** Those with keys first, whatever the keys are; then others until there are so many. */
async function slotsToMoveFrom(node: Redis, isOn: (slot: number) => boolean): Promise<number[]> {
  const busy = await slotsWithKeys(node);
  const others = Array.from({ length: slotCount }, (_, slot) => slot).filter(isOn);
  return [...new Set([...busy, ...others])].slice(0, Math.max(slotsToMove, busy.length));
}

/** There and back, in pieces, so that every slot with keys moves at least twice. */
async function reshard(cluster: Cluster, slots: readonly number[]) {
  const [from, to] = cluster.masters as [Redis, Redis];
  const pieces = 4;
  for (let n = 0; n < pieces; n++) {
    const piece = slots.filter((_, index) => index % pieces === n);
    await cluster.move(piece, from, to);
    await pause(50);
    await cluster.move(piece.toReversed(), to, from);
  }
  await cluster.move(slots, from, to);
}

/** As when whoever moves it stops on the way, and goes on later. */
async function beHalfway({ masters, move }: Cluster, queue: string) {
  const [to, , from] = masters as [Redis, Redis, Redis];
  const slot = Number(await from.ask('CLUSTER', 'KEYSLOT', queue));
  await move([slot], from, to, { halfwayMs: 2_000 });
}

async function expectCounts(client: Client, queue: string, events: readonly { event: string }[]) {
  const left = events.filter(({ event }) => event === 'left').length;
  expect(await client.json(`/status/${queue}`), queue).toMatchObject({
    ready: 0,
    delayed: 0,
    leased: 0,
    dead: 0,
    done: left,
  });
  expect(await client.json(`/j/${queue}`), queue).toMatchObject({ job_count: 0, job_processed: left });
}

clusterTest(
  `${slotsToMove} slots move under load: refusals are 503, every acknowledged job is done once, counts agree`,
  async () => {
    console.log(`redis-resharding.test.ts: TEST_SEED=${seed}`);
    const random = createRandom(seed);
    const cluster = clusterOf();
    const store = ownStore(cluster);
    const servers = await Promise.all([serveAt(store), serveAt(store)]);
    const clients = servers.map(({ url }) => createClient(url));
    const isOn = (index: number) => (slot: number) => Math.floor((slot * 3) / slotCount) === index;
    const byMaster = await Promise.all(
      cluster.masters.map((node, index) => queuesWhere(node, isOn(index), queuesPerMaster)),
    );
    const queues = byMaster.flat();
    const load = await startLoad({ clients, queues, leaseMs, random });
    await pause(500);
    const slots = await slotsToMoveFrom(cluster.masters[0] as Redis, isOn(0));
    const begun = performance.now();
    await reshard(cluster, slots);
    const ms = performance.now() - begun;
    await beHalfway(cluster, byMaster[2]?.[0] as string);
    await pause(500);
    await load.finish();
    console.log(`${slots.length} slots moved there and back in ${ms.toFixed(0)} ms: ${figuresOf(load)}`);

    expect(load.refusals.wrong.slice(0, 10)).toEqual([]);
    for (const [queue, events] of load.events) {
      expect(faultsOf(events, leaseMs).slice(0, 10), queue).toEqual([]);
      await expectCounts(clients[1] as Client, queue, events);
    }
    // Those whose slots moved were not just refused all the time.
    for (const queue of byMaster[0] ?? []) {
      const done = load.events
        .get(queue)
        ?.filter((one) => one.event === 'settled' && one.said.status === 204);
      expect(done?.length, queue).toBeGreaterThan(20);
    }
    const names = (await clients[0]?.json('/status/')) as { queues: string[] };
    expect(names.queues).toEqual(queues.toSorted());
    for (const server of servers) {
      expect(server.stderr).toBe('');
      expect(await server.stop()).toEqual({ code: 0, signal: null });
    }
  },
  90_000 + slotsToMove * 200,
);

clusterTest(
  'polls get their jobs while their slots move, and a server that starts then finds its way',
  async () => {
    const cluster = clusterOf();
    const store = ownStore(cluster);
    const [first, second] = await Promise.all([serveAt(store), serveAt(store)]);
    const [a, b] = [createClient(first.url), createClient(second.url)];
    const [, from, to] = cluster.masters as [Redis, Redis, Redis];
    const isOnSecond = (slot: number) => Math.floor((slot * 3) / slotCount) === 1;
    const queues = await queuesWhere(from, isOnSecond, 5, 'moving');
    const waiting = queues.map((queue) => b.ask('GET', `/q/${queue}?wait=20s`));
    await pause(200);
    const slots = await Promise.all(
      queues.map(async (queue) => Number(await from.ask('CLUSTER', 'KEYSLOT', queue))),
    );
    await cluster.move(slots, from, to);
    for (const queue of queues)
      await expect.poll(async () => (await a.push(queue, '1')).status, { timeout: 5_000 }).toBe(201);
    for (const answer of await Promise.all(waiting)) expect([answer.status, answer.text]).toEqual([200, '1']);
    const third = createClient((await serveAt(store)).url);
    for (const queue of queues) {
      expect((await third.push(queue, '2')).status).toBe(201);
      expect(await b.takeAll(queue)).toEqual(['2']);
    }
  },
);
