/** Shows what a full disk does: pushes are refused, all that frees room goes on, and nothing acknowledged is lost. */

import { join } from 'node:path';
import { expect } from 'vitest';
import { runPresque, startServer } from '../support/process.js';
import { type Client, createClient, doubles, pause } from './client.js';
import { fill, freeBytes, smallDisk } from './disk.js';
import { testUnless, tmpfsMissing } from './needs.js';

const fullTest = testUnless(tmpfsMissing());
const full = '507 {"error":"storage is full"}';

const jobOf = (name: string, bytes: number) => JSON.stringify({ job: name, filling: 'x'.repeat(bytes) });
const nameOf = (job: string) => (JSON.parse(job) as { job: string }).job;

/**
 * Pushes, eight at a time, until three rounds of them are refused whole; the names of those that got a 201.
 * One round is not enough: the log that is emptied after a refusal can be the room that the next push needs.
 */
async function pushUntilFull(client: Client, queue: string, bytes = 64 * 1024): Promise<string[]> {
  const acknowledged: string[] = [];
  let refusedRounds = 0;
  for (let round = 0; round < 1_000; round++) {
    const names = Array.from({ length: 8 }, (_, n) => `${queue}-${round}-${n}`);
    const answers = await Promise.all(names.map((name) => client.push(queue, jobOf(name, bytes))));
    const pushed = names.filter((_, n) => answers[n]?.status === 201);
    const refused = answers
      .filter(({ status }) => status !== 201)
      .map(({ status, text }) => `${status} ${text}`);
    expect(refused).toEqual(refused.map(() => full));
    acknowledged.push(...pushed);
    refusedRounds = pushed.length === 0 ? refusedRounds + 1 : 0;
    if (refusedRounds === 3) return acknowledged;
  }
  throw new Error('the disk is never full');
}

/** Within a short time a push works again. */
async function pushSoon(client: Client, queue: string, job: string) {
  for (let attempt = 0; attempt < 20; attempt++) {
    const { status, text } = await client.push(queue, job);
    if (status === 201) return;
    expect(`${status} ${text}`).toBe(full);
    await pause(100);
  }
  throw new Error('pushes do not work again');
}

fullTest('a full disk refuses pushes only, and takes make room for new ones', async () => {
  const data = smallDisk();
  const server = await startServer({ data });
  const client = createClient(server.url);
  const pushed = await pushUntilFull(client, 'foo');
  console.log(`full after ${pushed.length} jobs of 64 KiB, ${freeBytes(data)} bytes free`);
  expect(pushed.length).toBeGreaterThan(50);

  expect((await client.ask('GET', '/livez')).status).toBe(200);
  expect(await client.json('/status/foo')).toMatchObject({ size: pushed.length });
  expect(await client.json('/status/')).toEqual({ queues: ['foo'], size: 1 });
  expect((await client.pushMany('foo', [jobOf('batch', 200_000), '2'])).status).toBe(507);

  const delivered: string[] = [];
  const first = await client.ask('GET', '/q/foo');
  expect(first.status).toBe(200);
  delivered.push(nameOf(first.text));
  const batch = await client.ask('GET', '/qb/foo?batch_size=10');
  expect(batch.status).toBe(200);
  delivered.push(...(JSON.parse(batch.text) as string[]).map(nameOf));

  for (let taken = 0; taken < pushed.length * 0.75; taken++) {
    const { status, text } = await client.ask('GET', '/q/foo');
    expect(status, text).toBe(200);
    delivered.push(nameOf(text));
  }
  await pushSoon(client, 'bar', '"room again"');
  const more = await pushUntilFull(client, 'more');
  console.log(`${more.length} more fit after ${delivered.length} were taken`);
  expect(more.length).toBeGreaterThan(20);

  expect(await server.stop()).toEqual({ code: 0, signal: null });
  const again = createClient((await startServer({ data })).url);
  delivered.push(...(await again.takeAll('foo')).map(nameOf));
  expect(doubles(delivered)).toEqual([]);
  expect(delivered.toSorted()).toEqual(pushed.toSorted());
  expect((await again.takeAll('more')).map(nameOf).toSorted()).toEqual(more.toSorted());
  expect(await again.takeAll('bar')).toEqual(['"room again"']);
});

fullTest('on a full disk a queue can be deleted, which makes room', async () => {
  const data = smallDisk();
  const server = await startServer({ data });
  const client = createClient(server.url);
  expect((await client.push('keep', '"kept"')).status).toBe(201);
  await pushUntilFull(client, 'foo');
  expect((await client.ask('DELETE', '/q/foo')).status).toBe(204);
  expect(await client.json('/status/')).toEqual({ queues: ['keep'], size: 1 });
  await pushSoon(client, 'bar', '"room again"');
  const more = await pushUntilFull(client, 'more');
  expect(more.length).toBeGreaterThan(50);
  expect(await client.takeAll('keep')).toEqual(['"kept"']);
});

fullTest('a full disk survives kill -9, and the next start serves what was acknowledged', async () => {
  const data = smallDisk();
  const server = await startServer({ data });
  const client = createClient(server.url);
  const pushed = await pushUntilFull(client, 'foo', 10_000);
  expect((await client.ask('GET', '/q/foo')).status).toBe(200);
  await server.kill();
  const again = createClient((await startServer({ data })).url);
  const there = (await again.takeAll('foo')).map(nameOf);
  expect(there.toSorted()).toEqual(pushed.filter((name) => name !== 'foo-0-0').toSorted());
  await pushSoon(again, 'bar', '"room again"');
});

fullTest('/readyz is red as long as pushes are refused', async () => {
  const client = createClient((await startServer({ data: smallDisk() })).url);
  await pushUntilFull(client, 'foo');
  expect([503, 507]).toContain((await client.ask('GET', '/readyz')).status);
  expect((await client.push('foo', jobOf('refused', 200_000))).status).toBe(507);
  await client.takeAll('foo');
  await pushSoon(client, 'foo', '1');
  expect((await client.ask('GET', '/readyz')).status).toBe(200);
});

fullTest('a disk that something else fills refuses pushes until that is gone', async () => {
  const data = smallDisk();
  const server = await startServer({ data });
  const client = createClient(server.url);
  expect((await client.push('foo', jobOf('before', 1_000))).status).toBe(201);
  const empty = fill(data);
  const during = await pushUntilFull(client, 'during');
  expect(await client.json('/status/foo')).toMatchObject({ size: 1 });
  expect(nameOf((await client.ask('GET', '/q/foo')).text)).toBe('before');

  empty();
  await pushSoon(client, 'foo', jobOf('after', 200_000));
  expect((await client.ask('GET', '/readyz')).status).toBe(200);
  expect((await client.takeAll('foo')).map(nameOf)).toEqual(['after']);
  expect((await client.takeAll('during')).map(nameOf).toSorted()).toEqual(during.toSorted());
  expect(await server.stop()).toEqual({ code: 0, signal: null });
});

fullTest(
  'when something else fills even the reserve, nothing is delivered that could come twice',
  async () => {
    const data = smallDisk();
    const client = createClient((await startServer({ data })).url);
    const jobs = ['before-1', 'before-2'].map((name) => jobOf(name, 1_000));
    for (const job of jobs) expect((await client.push('foo', job)).status).toBe(201);
    const emptyFirst = fill(data);
    const during = await pushUntilFull(client, 'during');
    fill(data);
    const delivered: string[] = [];
    for (let n = 0; n < 3; n++) {
      const { status, text } = await client.ask('GET', '/q/foo');
      if (status === 200) delivered.push(text);
      else expect(`${status} ${text}`).toMatch(/^(507 .*storage is full|404 .*no job)/);
      expect([204, 507]).toContain((await client.ask('DELETE', '/q/other')).status);
      expect((await client.ask('GET', '/status/foo')).status).toBe(200);
    }
    emptyFirst();
    await pushSoon(client, 'bar', '1');
    expect([...delivered, ...(await client.takeAll('foo'))]).toEqual(jobs);
    expect((await client.takeAll('during')).map(nameOf).toSorted()).toEqual(during.toSorted());
  },
);

fullTest(
  'a server starts on a full disk when it has a database, and says in one line when it has none',
  async () => {
    const data = smallDisk();
    const server = await startServer({ data });
    expect((await createClient(server.url).push('foo', '"kept"')).status).toBe(201);
    await server.stop();
    const empty = fill(data);
    const client = createClient((await startServer({ data })).url);
    expect(await client.json('/status/foo')).toMatchObject({ size: 1 });
    expect((await client.push('foo', jobOf('refused', 10_000))).status).toBe(507);
    const fresh = join(data, 'new');
    const refused = await runPresque(['serve', '--port', '0', '--data', fresh]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^presque: [^\n]+\n$/);
    expect(refused.stderr).toContain(fresh);
    empty();
    await pushSoon(client, 'bar', '1');
    expect(await client.takeAll('foo')).toEqual(['"kept"']);
  },
);
