/** Shows that servers follow when Sentinel makes the replica of a killed master the new one. */

import { expect, onTestFinished, test } from 'vitest';
import { runPresque } from '../support/process.js';
import { startProxy } from '../support/proxy.js';
import { type Redis, redisMissing } from '../support/redis.js';
import { type Sentinel, startSentinel } from '../support/sentinel.js';
import { createClient, pause } from './client.js';
import { testUnless } from './needs.js';
import { createRandom, seed } from './random.js';
import { figuresOf, startLoad } from './redis-load.js';
import { lossOfAll } from './redis-loss.js';
import { say, serveAt } from './redis-servers.js';

const sentinelTest = testUnless(redisMissing);
const recoveryMs = 5_000;
const leaseMs = 2_000;
/** Replication stands still for so long before the master's end. */
const unreplicatedMs = 300;
const wakeMs = 1_200;
const json = { 'Content-Type': 'application/json' };
const queues = ['a', 'b', 'c', 'd', 'e', 'f'];

async function startTwo() {
  const sentinel = await startSentinel();
  onTestFinished(() => sentinel.stop());
  const store = `${sentinel.url}/0?prefix=e2e:`;
  const servers = await Promise.all([serveAt(store), serveAt(store)]);
  return { sentinel, servers, clients: servers.map(({ url }) => createClient(url)) };
}

/** Else the replica would have all that the master wrote, down to its end. What is called then lets nothing through any more. */
async function replicateThroughProxy({ master, replica }: Sentinel) {
  const proxy = await startProxy(master.port);
  onTestFinished(() => proxy.stop());
  await replica.ask('REPLICAOF', '127.0.0.1', `${proxy.port}`);
  const info = () => replica.ask('INFO', 'replication');
  await expect.poll(info, { timeout: 5_000 }).toContain('master_link_status:up');
  return async () => {
    proxy.freeze();
    await pause(unreplicatedMs);
    proxy.cut();
  };
}

sentinelTest(
  'a master is killed under load: only 503 until the replica is promoted, and nothing is lost but what was just answered',
  async () => {
    console.log(`redis-sentinel.test.ts: TEST_SEED=${seed}`);
    const { sentinel, servers, clients } = await startTwo();
    const load = await startLoad({ clients, queues, leaseMs, random: createRandom(seed) });
    const stopReplication = await replicateThroughProxy(sentinel);
    await pause(1_000);
    await stopReplication();
    await sentinel.master.kill();
    const killedAt = Date.now();
    await sentinel.promoted(sentinel.replica);
    const promotedAt = Date.now();
    const back = clients.map(async (client) => {
      const push = () => client.push('probe', '1').then(say);
      await expect.poll(push, { timeout: recoveryMs }).toBe('201');
      return Date.now() - promotedAt;
    });
    const recoveries = await Promise.all(back);
    await pause(1_000);
    const latestRefusal = load.refusals.latestAt - promotedAt;
    await load.finish();

    const { pushes, settlements, faults } = lossOfAll(load.events, killedAt, leaseMs);
    console.log(
      `promoted ${promotedAt - killedAt} ms after the kill, serves ${Math.max(...recoveries)} ms later, the last refusal ` +
        `${latestRefusal} ms after the promotion; lost: ${pushes} pushes, ${settlements} settlements; ${figuresOf(load)}`,
    );
    expect(load.refusals.wrong.slice(0, 10)).toEqual([]);
    expect(load.refusals.count).toBeGreaterThan(0);
    expect(latestRefusal).toBeLessThan(recoveryMs);
    expect(faults.slice(0, 20)).toEqual([]);
    expect(pushes + settlements, 'what the replica never had').toBeGreaterThan(0);
    for (const server of servers) {
      expect(server.stderr).toBe('');
      expect(await server.stop()).toEqual({ code: 0, signal: null });
    }
  },
  120_000,
);

sentinelTest(
  'after a failover a push on one server wakes who waits on the other, and an old master that comes back is not asked',
  async () => {
    const { sentinel, clients } = await startTwo();
    const [a, b] = clients as [(typeof clients)[0], (typeof clients)[0]];
    expect(say(await a.push('foo', '"old"'))).toBe('201');
    const synced = () =>
      a.ask('POST', '/q/foo', '"synced"', { ...json, Prefer: 'durability="replicated=1"' });
    expect(say(await synced())).toBe('201');
    await sentinel.master.kill();
    await sentinel.promoted(sentinel.replica);
    for (const client of [a, b])
      await expect.poll(() => client.push('foo', '"new"').then(say), { timeout: recoveryMs }).toBe('201');
    expect(say(await synced())).toMatch(/^503/);
    await sentinel.master.restart();
    // Until then sentinels tell of the change, and servers look for the master again.
    await expect
      .poll(() => sentinel.master.ask('ROLE').then((role) => (role as string[])[0]), { timeout: 30_000 })
      .toBe('slave');
    const times: number[] = [];
    for (let n = 0; n < 5; n++) {
      const waiting = b.ask('GET', '/q/bar?wait=10s');
      await pause(300);
      const begun = performance.now();
      const job = `${n}`;
      expect(say(await a.push('bar', job))).toBe('201');
      expect(say(await waiting)).toBe(`200 ${job}`);
      times.push(performance.now() - begun);
    }
    console.log(`woken on the other server after ms: ${times.map((ms) => ms.toFixed(0)).join(', ')}`);
    for (const ms of times) expect(ms).toBeLessThan(wakeMs);
    expect(times.toSorted((x, y) => x - y)[2], 'the look each second would take longer').toBeLessThan(300);
    const [oldest, next, ...others] = await b.takeAll('foo');
    expect([oldest, next]).toEqual(['"old"', '"synced"']);
    // What was refused may be there.
    expect([...new Set(others)].filter((job) => job !== '"synced"')).toEqual(['"new"']);
  },
);

sentinelTest('a sentinel hangs while a master is replaced: the servers follow nevertheless', async () => {
  const { sentinel, servers, clients } = await startTwo();
  const { pid } = sentinel.sentinels[0] as Redis;
  await sentinel.master.kill();
  // Before the others see that the master is gone: the servers ask the one that hangs when they are told of the new one.
  await pause(600);
  process.kill(pid, 'SIGSTOP');
  onTestFinished(() => void process.kill(pid, 'SIGCONT'));
  await sentinel.promoted(sentinel.replica);
  // The one that hangs has 2 s to answer before another one is asked.
  const timeout = recoveryMs + 2_000;
  const back = clients.map((client) =>
    expect.poll(() => client.push('foo', '1').then(say), { timeout, interval: 50 }).toBe('201'),
  );
  await Promise.all(back);
  for (const server of servers) expect(server.stderr).toBe('');
});

sentinelTest(
  'a master that is replaced as planned, and goes on as a replica, is not asked any more',
  async () => {
    const { sentinel, servers, clients } = await startTwo();
    expect(await sentinel.sentinels[0]?.command('SENTINEL', 'FAILOVER', 'mymaster')).toBe('+OK');
    await sentinel.promoted(sentinel.replica);
    for (const client of clients)
      await expect.poll(() => client.push('foo', '1').then(say), { timeout: recoveryMs }).toBe('201');
    for (const server of servers) expect(server.stderr).toBe('');
  },
);

sentinelTest('a master that hangs is replaced: the servers leave it', async () => {
  const { sentinel, servers, clients } = await startTwo();
  process.kill(sentinel.master.pid, 'SIGSTOP');
  await sentinel.promoted(sentinel.replica);
  const back = clients.map((client) =>
    expect.poll(() => client.push('foo', '1').then(say), { timeout: recoveryMs, interval: 50 }).toBe('201'),
  );
  await Promise.all(back);
  for (const server of servers) expect(server.stderr).toBe('');
});

test('sentinels that are not there end the start with one line that has no password in it', async () => {
  const store = 'redis-sentinel://user:secret@127.0.0.1:1,127.0.0.1:2/mymaster/0';
  const { code, stderr, ms } = await runPresque(['serve', '--port', '0', '--store', store]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^presque: [^\n]+\n$/);
  expect(stderr).toContain('127.0.0.1:1');
  expect(stderr).not.toContain('secret');
  expect(ms).toBeLessThan(10_000);
});

sentinelTest('a master that the sentinels do not know ends the start', async () => {
  const sentinel = await startSentinel();
  onTestFinished(() => sentinel.stop());
  const store = `${sentinel.url.replace('mymaster', 'another')}/0`;
  const { code, stderr } = await runPresque(['serve', '--port', '0', '--store', store]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^presque: [^\n]+\n$/);
  expect(stderr).toContain('another');
});
