/** Shows that `kill -9` at any moment under load loses nothing acknowledged and delivers nothing twice. */

import { expect, test } from 'vitest';
import { startServer, temporaryDirectory } from '../support/process.js';
import { type Client, createClient, doubles, pause } from './client.js';
import { createRandom, seed } from './random.js';

const rounds = 20;
/** On a machine that does other things as well there are fewer rounds; how many is printed. */
const roundsMs = 18_000;
const leastRounds = 5;

/** What the clients know about the jobs of all rounds. */
function createLedger() {
  return {
    kills: 0,
    /** Pushes that were sent, by the jobs that went in together, and those of them that got a 201. */
    sent: [] as string[][],
    acknowledged: new Set<string>(),
    delivered: [] as string[],
    /** How many jobs the takes that never got their answer may have taken with them. */
    cutOff: 0,
  };
}

type Ledger = ReturnType<typeof createLedger>;

/** Pushes until the server is gone, one job at a time or three as a batch. */
async function pushOn(client: Client, name: string, batch: boolean, ledger: Ledger) {
  for (let n = 0; n < 100_000; n++) {
    const jobs = (batch ? ['a', 'b', 'c'] : ['']).map((part) =>
      JSON.stringify({ job: `${name}-${n}${part}` }),
    );
    ledger.sent.push(jobs);
    const asked = batch ? client.pushMany('foo', jobs) : client.push('foo', jobs[0] as string);
    const answer = await asked.catch(() => undefined);
    if (!answer) return;
    expect(answer.status).toBe(201);
    for (const job of jobs) ledger.acknowledged.add(job);
  }
}

/** Takes until the server is gone. */
async function takeOn(client: Client, limit: number, ledger: Ledger) {
  for (let n = 0; n < 100_000; n++) {
    const path = limit === 1 ? '/q/foo' : `/qb/foo?batch_size=${limit}`;
    const answer = await client.ask('GET', path).catch(() => undefined);
    if (!answer) {
      ledger.cutOff += limit;
      return;
    }
    expect([200, 404]).toContain(answer.status);
    if (answer.status === 404) await pause(1);
    else ledger.delivered.push(...(limit === 1 ? [answer.text] : (JSON.parse(answer.text) as string[])));
  }
}

/** What is there after a kill: each job once at most, only jobs that were sent, and batches whole. */
function checkDelivered(ledger: Ledger) {
  expect(doubles(ledger.delivered)).toEqual([]);
  const sent = new Set(ledger.sent.flat());
  expect(ledger.delivered.filter((job) => !sent.has(job))).toEqual([]);
}

const lost = ({ acknowledged, delivered }: Ledger) => {
  const there = new Set(delivered);
  return [...acknowledged].filter((job) => !there.has(job));
};

test(`${rounds} kills under 32 pushing clients: every acknowledged job is there, once, and batches are whole`, async () => {
  console.log(`kill.test.ts: TEST_SEED=${seed}`);
  const random = createRandom(seed);
  const data = temporaryDirectory();
  const ledger = createLedger();
  const end = performance.now() + roundsMs;
  for (let round = 0; round < rounds && performance.now() < end; round++) {
    const server = await startServer({ data });
    const client = createClient(server.url);
    ledger.delivered.push(...(await client.takeAll('foo')));
    checkDelivered(ledger);
    expect(lost(ledger), `lost before round ${round}`).toEqual([]);
    const load = Array.from({ length: 32 }, (_, n) => pushOn(client, `${round}-${n}`, n % 8 === 0, ledger));
    await pause(random() * 300);
    await server.kill();
    ledger.kills++;
    await Promise.all(load);
  }
  const client = createClient((await startServer({ data })).url);
  ledger.delivered.push(...(await client.takeAll('foo')));
  checkDelivered(ledger);
  expect(lost(ledger)).toEqual([]);
  const there = new Set(ledger.delivered);
  const torn = ledger.sent.filter((jobs) => new Set(jobs.map((job) => there.has(job))).size > 1);
  expect(torn).toEqual([]);
  const extra = there.size - ledger.acknowledged.size;
  console.log(`${ledger.acknowledged.size} acknowledged, ${extra} more were there; ${ledger.kills} kills`);
  expect(ledger.kills).toBeGreaterThanOrEqual(leastRounds);
  expect(ledger.acknowledged.size).toBeGreaterThan(200);
});

test(`${rounds} kills under 16 pushing and 16 taking clients: nothing is delivered twice, and nothing is lost but with a take's answer`, async () => {
  console.log(`kill.test.ts: TEST_SEED=${seed}`);
  const random = createRandom(seed + 1);
  const data = temporaryDirectory();
  const ledger = createLedger();
  const end = performance.now() + roundsMs;
  for (let round = 0; round < rounds && performance.now() < end; round++) {
    const server = await startServer({ data });
    const client = createClient(server.url);
    const load = Array.from({ length: 16 }, (_, n) => [
      pushOn(client, `${round}-${n}`, n % 8 === 0, ledger),
      takeOn(client, n % 8 === 0 ? 5 : 1, ledger),
    ]);
    await pause(random() * 300);
    await server.kill();
    ledger.kills++;
    await Promise.all(load.flat());
    checkDelivered(ledger);
  }
  const taken = ledger.delivered.length;
  const client = createClient((await startServer({ data })).url);
  ledger.delivered.push(...(await client.takeAll('foo')));
  checkDelivered(ledger);
  const missing = lost(ledger).length;
  console.log(
    `${ledger.acknowledged.size} acknowledged, ${taken} delivered under load, ${missing} went with ${ledger.cutOff} answers that were cut off; ${ledger.kills} kills`,
  );
  expect(missing).toBeLessThanOrEqual(ledger.cutOff);
  expect(ledger.kills).toBeGreaterThanOrEqual(leastRounds);
  expect(taken).toBeGreaterThan(100);
});
