/**
 * Shows that a fetch that its client cuts takes no job with it.
 *
 * A server can tell that nobody has the job when the client left before the whole answer was handed to the system: the
 * request was never whole, the end of the connection came before the answer was written, or the answer is larger than
 * what the system takes off the server's hands. Of an answer that the system has in full nobody can say who read it: that
 * counts as delivered, and the lease decides. The first test has only cuts of the first kind, and is exact; the second
 * cuts at any moment, where what the client did not read may be either.
 */

import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Server, startServer, temporaryDirectory } from '../support/process.js';
import { type Client, createClient, pause } from './client.js';
import { beginFetch, cutAllInTheEnd, type Fetch, requestOf } from './cut.js';
import { createRandom, type Random, seed } from './random.js';

/** `TEST_CUT_FETCHES=10000` is the full size. */
const fetches = Number(process.env.TEST_CUT_FETCHES ?? 500);
const perRound = 50;
const rounds = Math.ceil((fetches * 0.46) / perRound);
const largeFetches = Math.ceil(fetches * 0.04);
const anyFetches = fetches - rounds * perRound - largeFetches;

const mebibyte = 1024 * 1024;
const lease = 'lease=1h';
/** By then whatever goes back is back. */
const backMs = 1_000;

interface Setting {
  readonly server: Server;
  readonly client: Client;
  readonly random: Random;
}

async function begin(): Promise<Setting> {
  console.log(`cut-fetches.test.ts: TEST_SEED=${seed}`);
  cutAllInTheEnd();
  const server = await startServer({
    data: temporaryDirectory(),
    args: ['--max-job-bytes', String(12 * mebibyte)],
  });
  return { server, client: createClient(server.url), random: createRandom(seed) };
}

const how = (random: Random) => (random() < 0.5 ? 'end' : 'reset');

const expectStatus = (client: Client, queue: string, expected: object) =>
  expect
    .poll(() => client.json(`/status/${queue}`), { timeout: backMs, interval: 10 })
    .toMatchObject({ delayed: 0, dead: 0, ...expected });

/** Takes all that is ready: each as if nobody had had it, in their order. */
async function expectUntouched(client: Client, queue: string, jobs: number) {
  let seen = 0;
  for (let last = 0; ; ) {
    const { status, text } = await client.ask('GET', `/qb/${queue}?batch_size=1000&${lease}`);
    if (status === 404) break;
    for (const { id, attempt } of JSON.parse(text) as { id: string; attempt: number }[]) {
      expect({ id, attempt }).toEqual({ id, attempt: 1 });
      expect(Number(id)).toBeGreaterThan(last);
      last = Number(id);
      seen++;
    }
  }
  expect(seen).toBe(jobs);
}

/** While the server is stopped clients ask and leave, so that it finds both at once. */
async function round({ server, client, random }: Setting, name: string) {
  const waiting: Fetch[] = [];
  for (let n = 0; n < perRound * 0.4; n++) {
    waiting.push(await beginFetch(server.url, requestOf(`/q/${name}?${lease}&wait=30s`)));
  }
  await client.json('/livez');
  const survivor = client.ask('GET', `/q/${name}?${lease}&wait=30s`);
  server.signal('SIGSTOP');
  for (const fetch of waiting) fetch.cut(how(random));
  const pushes = ['1', '2', '3'].map((job) => client.push(name, job));
  for (let n = 0; n < perRound * 0.6; n++) {
    const path = `/q${random() < 0.2 ? 'b' : ''}/small?${lease}${random() < 0.3 ? '&wait=30s' : ''}`;
    const request = requestOf(path);
    const length = random() < 0.3 ? random.below(request.length) : request.length;
    const fetch = await beginFetch(server.url, request.slice(0, length));
    fetch.cut(how(random));
  }
  server.signal('SIGCONT');
  for (const { status } of await Promise.all(pushes)) expect(status).toBe(201);
  // Those who left had come before: whatever was meant for them goes to the one who stayed.
  expect(await survivor).toMatchObject({ status: 200 });
  await expectStatus(client, name, { ready: 2, leased: 1 });
}

test(`${rounds * perRound + largeFetches} fetches that are cut before the server can answer leave every job where it was`, async () => {
  const setting = await begin();
  const { server, client, random } = setting;
  const jobs = 400;
  const texts = Array.from({ length: jobs }, (_, n) => String(n));
  expect((await client.pushMany('small', texts)).status).toBe(201);
  let held = 0;
  let done = 0;
  for (let n = 0; n < rounds; n++) {
    await round(setting, `wait-${n}`);
    await expectStatus(client, 'small', { ready: jobs - held - done, leased: held, done });
    if (n % 5 !== 0 || held + done > jobs / 2) continue;
    const whole = await client.ask('GET', `/q/small?${lease}`);
    expect(whole).toMatchObject({ status: 200, text: String(held + done) });
    if (random() < 0.5) held++;
    else {
      const { 'presque-job': id, 'presque-lease': token } = whole.headers;
      expect((await client.ask('POST', `/j/small/${id}/done?lease=${token}`)).status).toBe(204);
      done++;
    }
  }

  const large = JSON.stringify('x'.repeat(10 * mebibyte));
  for (let n = 0; n < 3; n++) expect((await client.push('large', large)).status).toBe(201);
  for (let n = 0; n < largeFetches; n++) {
    const fetch = await beginFetch(server.url, requestOf(`/q/large?${lease}&wait=10s`));
    await fetch.read(1 + random.below(200_000));
    expect(fetch.head).toMatch(/^HTTP\/1.1 200 /);
    fetch.cut(how(random));
  }
  await expectStatus(client, 'large', { ready: 3, leased: 0 });
  await expectUntouched(client, 'large', 3);
  await expectStatus(client, 'small', { ready: jobs - held - done, leased: held, done });
  await expectUntouched(client, 'small', jobs - held - done);
}, 300_000);

/** What came of the fetches of the second test. */
const counts = () => ({ none: 0, held: 0, done: 0, readInPart: 0, unknown: 0 });

async function moment(random: Random) {
  if (random() < 0.5) await pause(random() * 20);
  else for (let turns = random.below(20); turns > 0; turns--) await setImmediate();
}

/** One fetch that is read in full, or cut. */
async function fetchOnce({ server, client, random }: Setting, result: ReturnType<typeof counts>) {
  const path = `/q/any?${lease}${random() < 0.5 ? '&wait=2s' : ''}`;
  if (random() < 0.2) {
    const { status, headers } = await client.ask('GET', path);
    if (status === 404) return result.none++;
    if (random() < 0.5) return result.held++;
    const done = `/j/any/${headers['presque-job']}/done?lease=${headers['presque-lease']}`;
    expect((await client.ask('POST', done)).status).toBe(204);
    return result.done++;
  }
  const fetch = await beginFetch(server.url, requestOf(path));
  if (random() < 0.3) await fetch.read(1);
  else await moment(random);
  fetch.cut(how(random));
  if (fetch.head === '') return result.unknown++;
  // Its first bytes are here, and it is small: the system was given all of it at once.
  return fetch.head.startsWith('HTTP/1.1 200') ? result.readInPart++ : result.none++;
}

test(`of ${anyFetches} fetches that are cut at any moment no job is lost, and none is in a lease that was not given`, async () => {
  const setting = await begin();
  const { client, random } = setting;
  const result = counts();
  let begun = 0;
  let pushed = 0;
  const fetchOn = async () => {
    while (begun++ < anyFetches) await fetchOnce(setting, result);
  };
  const pushOn = async () => {
    while (begun < anyFetches || pushed < anyFetches / 4) {
      expect((await client.push('any', `{"n":${pushed++}}`)).status).toBe(201);
      await pause(random() * 3);
    }
  };
  await Promise.all([...Array.from({ length: 16 }, fetchOn), pushOn(), pushOn(), pushOn()]);

  const { held, done, readInPart, unknown } = result;
  await pause(backMs);
  const seen = (await client.json('/status/any')) as { ready: number; leased: number };
  console.log(`${JSON.stringify(result)}; ${seen.leased} of ${pushed} jobs are leased`);
  expect(seen).toMatchObject({ done, dead: 0, delayed: 0 });
  expect(seen.ready + seen.leased + done).toBe(pushed);
  expect(seen.leased).toBeGreaterThanOrEqual(held + readInPart);
  expect(seen.leased).toBeLessThanOrEqual(held + readInPart + unknown);
  await expectUntouched(client, 'any', seen.ready);
}, 300_000);
