/** Shows that two servers on a Redis Cluster are one queue, whatever slots the queues are on. */

import { expect } from 'vitest';
import { redisMissing } from '../support/redis.js';
import { queuesWhere, slotCount } from '../support/redis-cluster.js';
import { type Answer, type Client, createClient, doubles, pause } from './client.js';
import { testUnless } from './needs.js';
import { clusterForFile, leasedOf, leaseOne, ownStore, say, serveAt } from './redis-servers.js';

const clusterTest = testUnless(redisMissing);
const clusterOf = clusterForFile();
const wakeMs = 1_200;
const doneType = { 'Content-Type': 'application/vnd.presque.done+json' };

/** Two servers, and the names of some queues on each of the masters. */
async function startTwo() {
  const cluster = clusterOf();
  const store = ownStore(cluster);
  const [first, second] = await Promise.all([serveAt(store), serveAt(store)]);
  const { masters } = cluster;
  const isOn = (index: number) => (slot: number) => Math.floor((slot * masters.length) / slotCount) === index;
  const queues = await Promise.all(masters.map((node, index) => queuesWhere(node, isOn(index), 5)));
  return { cluster, queues, a: createClient(first.url), b: createClient(second.url) };
}

/** Calls them all, 32 at a time. */
async function forAll<T>(items: readonly T[], act: (item: T) => Promise<unknown>) {
  const left = [...items];
  const work = async () => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await act(item);
  };
  await Promise.all(Array.from({ length: 32 }, work));
}

async function pushed(client: Client, queue: string, job: string) {
  const answer = await client.push(queue, job);
  expect(say(answer)).toBe('201');
  return String(answer.headers['presque-job']);
}

const finish = (client: Client, at: string, lease: string, push: readonly object[]) =>
  client.ask('POST', `${at}/done?${lease}`, JSON.stringify({ push }), doneType);

const pathsOf = ({ text }: Answer) => (JSON.parse(text) as { pushed: string[] }).pushed;

clusterTest('a push on one server wakes who waits on the other, on every master', async () => {
  const { queues, a, b } = await startTwo();
  const times: number[] = [];
  for (const queue of queues.flatMap((some) => some.slice(0, 3))) {
    const waiting = b.ask('GET', `/q/${queue}?wait=10s`);
    await pause(100);
    const begun = performance.now();
    await pushed(a, queue, '1');
    expect(say(await waiting)).toBe('200 1');
    times.push(performance.now() - begun);
  }
  console.log(`woken on the other server after ms: ${times.map((ms) => ms.toFixed(0)).join(', ')}`);
  for (const ms of times) expect(ms).toBeLessThan(wakeMs);
  const median = times.toSorted((x, y) => x - y)[Math.floor(times.length / 2)];
  expect(median, 'the look each second would take longer').toBeLessThan(300);
});

clusterTest('a push still wakes who waits when the connections that hear of pushes were killed', async () => {
  const { cluster, queues, a, b } = await startTwo();
  const names = queues.map(([name]) => name as string);
  let killed = 0;
  for (const end = performance.now() + 1_000; performance.now() < end; ) {
    const replies = cluster.masters.map((node) => node.command('CLIENT', 'KILL', 'TYPE', 'pubsub'));
    killed += (await Promise.all(replies)).reduce((sum, reply) => sum + Number(reply.slice(1)), 0);
    await pause(Math.random() * 10);
  }
  const timeOf = async (queue: string) => {
    const waiting = b.ask('GET', `/q/${queue}?wait=10s`);
    await pause(100);
    const begun = performance.now();
    await pushed(a, queue, '1');
    expect(say(await waiting)).toBe('200 1');
    return performance.now() - begun;
  };
  const times: number[] = [];
  for (const queue of names) times.push(await timeOf(queue));
  await pause(1_100);
  const later: number[] = [];
  for (const queue of names) later.push(await timeOf(queue));
  const [first, then] = [times, later].map((all) => all.map((ms) => ms.toFixed(0)).join(', '));
  console.log(`${killed} connections killed; woken after ms: ${first}, then ${then}`);
  expect(killed).toBeGreaterThan(3);
  for (const ms of times) expect(ms).toBeLessThan(wakeMs);
  expect(later.toSorted((x, y) => x - y)[1], 'the look each second would take longer').toBeLessThan(300);
});

clusterTest('a poll on queues of three masters gets the first job of any', async () => {
  const { queues, a, b } = await startTwo();
  const names = queues.map(([name]) => name as string);
  for (const queue of names) {
    const waiting = b.ask('GET', `/q/${names.join()}?wait=10s&lease=30s`);
    await pause(100);
    await pushed(a, queue, '1');
    const answer = await waiting;
    expect([say(answer), answer.headers['presque-queue']]).toEqual(['200 1', queue]);
  }
});

clusterTest('a thousand queues are on all masters and in the list, and purged ones leave it', async () => {
  const { cluster, a, b } = await startTwo();
  const keysBefore = await Promise.all(cluster.masters.map((node) => node.ask('DBSIZE')));
  const names = Array.from({ length: 1_000 }, (_, n) => `queue${String(n).padStart(3, '0')}`);
  await forAll(names, (name) => pushed(name.endsWith('0') ? b : a, name, '1'));
  const keysAfter = await Promise.all(cluster.masters.map((node) => node.ask('DBSIZE')));
  const keys = keysAfter.map((count, index) => Number(count) - Number(keysBefore[index]));
  const total = keys.reduce((sum, count) => sum + count);
  console.log(`keys of 1,000 queues on each master: ${keys.join(', ')}`);
  expect(total).toBeGreaterThan(names.length);
  for (const count of keys) expect(count / total).toBeGreaterThan(0.2);

  for (const client of [a, b]) expect(await client.json('/status/')).toEqual({ queues: names, size: 1_000 });
  const tail = names.slice(-300);
  expect(await a.json(`/status/?after=${names.at(-301)}`)).toMatchObject({ queues: tail });

  const purged = names.filter((_, n) => n % 3 === 0);
  await forAll(purged, async (name) => {
    expect((await b.ask('DELETE', `/q/${name}`)).status).toBe(204);
  });
  const kept = names.filter((_, n) => n % 3 !== 0);
  for (const client of [a, b])
    expect(await client.json('/status/')).toEqual({ queues: kept, size: kept.length });
  expect(await a.json(`/status/${purged[0]}`)).toMatchObject({ size: 0 });
});

clusterTest('follow-up jobs enter once in queues on other slots, however often done is said', async () => {
  const { queues, a, b } = await startTwo();
  const [[from, sibling], [other], [third]] = queues as [[string, string], [string], [string]];
  await pushed(a, from, '1');
  const { at, lease } = await leaseOne(a, from);
  const waiting = b.ask('GET', `/q/${third}?wait=10s&lease=30s`);
  await pause(100);
  const push = [from, sibling, other, other, third].map((queue, n) => ({ queue, job: { n } }));
  const answer = await finish(a, at, lease, push);
  expect(answer.status, answer.text).toBe(200);
  const got = leasedOf(third, await waiting);
  expect([got.at, got.job]).toEqual([pathsOf(answer)[4], '{"n":4}']);

  for (const client of [a, b, a]) expect(say(await finish(client, at, lease, push))).toBe(say(answer));
  expect(say(await b.ask('POST', `${got.at}/done?${got.lease}`))).toBe('204');
  for (const path of pathsOf(answer)) await expect.poll(() => b.ask('GET', path).then(say)).toMatch(/^200/);
  // Whatever brings a job there late would bring it now.
  await pause(1_100);
  const left = await Promise.all([from, sibling, other, third].map((queue) => b.takeAll(queue)));
  expect(left).toEqual([['{"n":0}'], ['{"n":1}'], ['{"n":2}', '{"n":3}'], []]);
});

clusterTest('a follow-up whose key is held on another slot stands for the holder', async () => {
  const { queues, a, b } = await startTwo();
  const [[from], [other]] = queues as [[string], [string]];
  const holder = (await a.ask('POST', `/q/${other}?uniq=k`, '1')).headers.location;
  await pushed(a, from, '1');
  const { at, lease } = await leaseOne(b, from);
  const answer = await finish(b, at, lease, [{ queue: other, job: 2, uniq: 'k' }]);
  expect(pathsOf(answer)).toEqual([holder]);
  expect(say(await finish(a, at, lease, [{ queue: other, job: 2, uniq: 'k' }]))).toBe(say(answer));
  await pause(1_100);
  expect(await a.takeAll(other)).toEqual(['1']);
});

clusterTest('a worker is seen with what it does on all slots', async () => {
  const { queues, a, b } = await startTwo();
  const names = queues.map(([name]) => name as string);
  const doing = [];
  for (const queue of names) {
    expect((await a.ask('POST', `/w/${queue}?worker_id=w`)).status).toBe(201);
    const id = await pushed(a, queue, '1');
    await leaseOne(b, queue, 'lease=30s&worker_id=w');
    doing.push({ queue, id, since: expect.any(Number) });
  }
  type View = { queues: string[]; doing: { queue: string }[] };
  const byName = (one: { queue: string }, other: { queue: string }) => one.queue.localeCompare(other.queue);
  for (const client of [a, b]) {
    const seen = (await client.json('/w/?worker_id=w')) as View;
    expect(seen.queues.toSorted()).toEqual(names.toSorted());
    expect(seen.doing.toSorted(byName)).toEqual(doing.toSorted(byName));
    expect(await client.json('/w/')).toEqual([seen]);
    for (const queue of names)
      expect(await client.json(`/w/${queue}`)).toMatchObject({ workers_list: ['w'] });
  }
  const failed = await b.ask('PUT', `/q/${names[1]}?worker_id=w`, '1');
  expect(failed.status).toBe(201);
  await a.ask('GET', `/q/${names[1]}?lease=0&worker_id=w`);
  expect(await a.json('/w/?worker_id=w')).toMatchObject({ processed: '1', failed: '1' });
  expect((await b.ask('DELETE', `/w/${names[0]}?worker_id=w`)).status).toBe(204);
  expect(((await a.json('/w/?worker_id=w')) as View).queues.toSorted()).toEqual(names.slice(1).toSorted());
  for (const queue of names.slice(1)) await a.ask('DELETE', `/w/${queue}?worker_id=w`);
  expect((await b.ask('GET', '/w/?worker_id=w')).status).toBe(404);
});

clusterTest('what time brings comes on every slot: delayed jobs, and leases that ran out', async () => {
  const { queues, a, b } = await startTwo();
  const names = queues.flatMap((some) => some.slice(0, 2));
  const begun = performance.now();
  const came = names.map(async (queue, n) => {
    if (n % 2 === 0) await a.ask('POST', `/q/${queue}?delay=1s`, '1');
    else {
      await pushed(a, queue, '1');
      await leaseOne(a, queue, 'lease=1s');
    }
    const answer = await b.ask('GET', `/q/${queue}?wait=10s`);
    expect(say(answer)).toBe('200 1');
    return performance.now() - begun;
  });
  const times = await Promise.all(came);
  console.log(`due after 1 s, came after ms: ${times.map((ms) => ms.toFixed(0)).join(', ')}`);
  for (const ms of times) expect(ms).toBeGreaterThan(950);
  for (const ms of times) expect(ms).toBeLessThan(1_000 + wakeMs + 500);
  expect(doubles(names)).toEqual([]);
});
