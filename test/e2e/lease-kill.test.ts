/** Shows that `kill -9` at any moment loses no job, gives none to two holders at a time, and lets none be done twice. */

import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freePort } from '../support/ports.js';
import { startServer, temporaryDirectory } from '../support/process.js';
import { createClient, pause } from './client.js';
import { leaseOn, listOn, pushOn } from './lease-clients.js';
import { createHistory, type Event, faultsOf, readHistory, type Said } from './lease-history.js';
import { createRandom, seed } from './random.js';

/** `TEST_LEASE_KILLS=100` is the full size. On a machine that does other things as well there are fewer; how many is printed. */
const kills = Number(process.env.TEST_LEASE_KILLS ?? 8);
const killsMs = kills * 2_500;
const clients = 64;
const leaseMs = 2_000;

/** Kills the server again and again under its clients, and writes down what they see. */
async function writeHistory(path: string) {
  const random = createRandom(seed);
  const history = createHistory(path);
  const data = temporaryDirectory();
  const port = await freePort();
  const start = async () => {
    const server = await startServer({ data, args: ['--port', String(port)] });
    history.write({ event: 'serves', at: Date.now() });
    return server;
  };
  let server = await start();
  const client = createClient(server.url);
  expect((await client.ask('POST', '/control/work', '{"keep_done":"2h"}')).status).toBe(200);
  let over = false;
  const setting = { client, history, random, queue: 'work', leaseMs, isOver: () => over };
  const load = Array.from({ length: clients }, (_, n) =>
    n % 2 === 0 ? pushOn(setting, String(n)) : leaseOn(setting),
  );
  const end = performance.now() + killsMs;
  let killed = 0;
  for (; killed < kills && performance.now() < end; killed++) {
    await pause(random() * 1_000);
    await server.kill();
    history.write({ event: 'killed', at: Date.now() });
    server = await start();
  }
  await pause(500);
  over = true;
  await Promise.all(load);
  await listOn(setting);
  history.close();
  return killed;
}

function figures(events: readonly Event[]): string {
  const count = (name: Event['event']) => events.filter(({ event }) => event === name).length;
  const said = events.flatMap((event) => (event.event === 'settled' ? [event.said] : []));
  const accepted = said.filter(({ status }) => status !== 409);
  const done = accepted.filter(({ act }) => act === 'done').length;
  return [
    `${count('killed')} kills`,
    `${events.flatMap((event) => (event.event === 'pushed' ? event.jobs : [])).length} jobs acknowledged`,
    `${count('leased')} leased`,
    `${done} done`,
    `${accepted.length - done} failed, released or extended`,
    `${said.length - accepted.length} refused`,
    `${count('cut')} without an answer`,
    `${count('left')} jobs in the end`,
  ].join(', ');
}

test(
  `${kills} kills under ${clients} clients with leases: nothing is lost, held by two, or done twice`,
  async () => {
    const path = join(tmpdir(), `presque-lease-kill-${process.pid}-${seed}.jsonl`);
    const where = `TEST_SEED=${seed}, history in ${path}`;
    const killed = await writeHistory(path).catch((error) => {
      throw new Error(where, { cause: error });
    });
    const events = readHistory(path);
    console.log(`lease-kill.test.ts: ${where}\n${figures(events)}`);
    expect(faultsOf(events, leaseMs).slice(0, 20), where).toEqual([]);
    expect(killed, where).toBeGreaterThanOrEqual(Math.ceil(kills / 3));
    const done = events.filter((event) => event.event === 'settled' && event.said.status === 204);
    expect(done.length, where).toBeGreaterThan(10 * killed);
    rmSync(path);
  },
  killsMs + 90_000,
);

const job = '{"job":"1"}';
const leased = (token: string, since: number): Event => ({
  event: 'leased',
  sent: since,
  at: since + 1,
  lease: { id: '1', token, job, attempt: 1, expires: since + leaseMs },
});
const settled = (at: number, act: Said['act'], token: string, more: Partial<Said> = {}): Event => ({
  event: 'settled',
  sent: at - 1,
  at,
  said: { act, id: '1', token, status: act === 'done' ? 204 : 200, ...more },
});
const left = (state: string): Event => ({ event: 'left', id: '1', state, job });

test.each<[string, number, Event[]]>([
  ['a job is done', 0, [leased('a', 1_000), settled(1_500, 'done', 'a'), left('done')]],
  ['a push is lost', 1, [{ event: 'pushed', sent: 1, at: 2, jobs: [job] }]],
  ['a job is there twice', 1, [left('ready'), { event: 'left', id: '2', state: 'ready', job }]],
  ['a done job is not done', 1, [leased('a', 1_000), settled(1_500, 'done', 'a'), left('ready')]],
  ['a lease runs out', 0, [leased('a', 1_000), leased('b', 3_000), left('leased')]],
  ['a job is delivered too early', 1, [leased('a', 1_000), leased('b', 2_999), left('leased')]],
  ['a job is given back', 0, [leased('a', 1_000), settled(1_100, 'release', 'a'), leased('b', 1_200)]],
  ['a job comes before its time', 1, [leased('a', 1), settled(3, 'fail', 'a', { time: 9 }), leased('b', 8)]],
  [
    'an extension does not hold',
    1,
    [leased('a', 1_000), settled(1_100, 'extend', 'a', { time: 5_000 }), leased('b', 4_999)],
  ],
  ['a late settlement is accepted', 1, [leased('a', 1), leased('b', 2_001), settled(2_500, 'release', 'a')]],
  [
    'a late settlement is refused',
    0,
    [leased('a', 1), leased('b', 2_001), settled(2_500, 'done', 'a', { status: 409 })],
  ],
  ['a done job is delivered', 1, [leased('a', 1), settled(9, 'done', 'a'), leased('b', 2_001), left('done')]],
  [
    'two are told done',
    2,
    [
      leased('a', 1),
      leased('b', 2_001),
      settled(2_500, 'done', 'a'),
      settled(2_600, 'done', 'b'),
      left('done'),
    ],
  ],
])('the checker finds what is wrong: %s', (_, faults, events) => {
  expect(faultsOf(events, leaseMs)).toHaveLength(faults);
});
