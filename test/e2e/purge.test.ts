/** Shows that deleting a huge queue is done at once, and that the others do not notice while its space is freed. */

import { expect, test } from 'vitest';
import { startServer, temporaryDirectory } from '../support/process.js';
import { type Client, createClient, pause } from './client.js';

const jobs = Number(process.env.TEST_PURGE_JOBS ?? 1_000_000);
const batchSize = 10_000;
/** Generous for a machine that does other things as well: what is measured is printed. */
const purgeMs = 200;
const otherMs = 500;

async function fill(client: Client, queue: string) {
  let left = jobs / batchSize;
  const batch = Array.from({ length: batchSize }, (_, n) => `{"n":${n}}`);
  const fillOn = async () => {
    while (left-- > 0) expect((await client.pushMany(queue, batch)).status).toBe(201);
  };
  await Promise.all([fillOn(), fillOn(), fillOn()]);
}

/** Uses another queue until it is told to stop; the slowest answer of each kind. */
function useOther(client: Client) {
  const slowest = { push: 0, take: 0, status: 0 };
  let asked = 0;
  let stopped = false;
  const using = (async () => {
    for (let n = 0; n < 20_000 && !stopped; n++) {
      const push = await client.push('other', `{"n":${n}}`);
      const status = await client.ask('GET', '/status/other');
      const take = await client.ask('GET', '/q/other');
      expect([push.status, status.status, take.status]).toEqual([201, 200, 200]);
      expect(take.text).toBe(`{"n":${n}}`);
      for (const [kind, { ms }] of Object.entries({ push, take, status })) {
        const key = kind as keyof typeof slowest;
        slowest[key] = Math.max(slowest[key], ms);
      }
      asked += 3;
      await pause(1);
    }
  })();
  return async () => {
    stopped = true;
    await using;
    return { slowest, asked };
  };
}

test(`a queue of ${jobs} jobs is deleted within ${purgeMs} ms, is gone at once, and others go on`, async () => {
  const server = await startServer({ data: temporaryDirectory() });
  const client = createClient(server.url);
  const begun = performance.now();
  await fill(client, 'huge');
  console.log(`filled with ${jobs} jobs in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  expect(await client.json('/status/huge')).toMatchObject({ size: jobs });

  const stopUsing = useOther(client);
  await pause(200);
  const purged = await client.ask('DELETE', '/q/huge');
  expect(purged.status).toBe(204);
  expect(await client.json('/status/')).toEqual({ queues: ['other'], size: 1 });
  expect(await client.json('/status/huge')).toMatchObject({ size: 0, delayed: 0 });
  expect(await client.json('/j/huge')).toMatchObject({ job_count: 0, job_processed: 0 });
  expect((await client.ask('GET', '/q/huge')).status).toBe(404);
  expect((await client.push('huge', '"new"')).status).toBe(201);
  await pause(4_000);
  const { slowest, asked } = await stopUsing();
  const figures = Object.entries(slowest).map(([kind, ms]) => `${kind} ${ms.toFixed(0)} ms`);
  console.log(
    `DELETE ${purged.ms.toFixed(1)} ms; slowest of ${asked} requests on another queue: ${figures.join(', ')}`,
  );
  expect(purged.ms).toBeLessThan(purgeMs);
  expect(Math.max(...Object.values(slowest))).toBeLessThan(otherMs);
  expect(await client.takeAll('huge')).toEqual(['"new"']);
  expect(await server.stop()).toEqual({ code: 0, signal: null });
}, 120_000);

test('a purge that kill -9 cuts short is finished by the next server, which serves meanwhile', async () => {
  const data = temporaryDirectory();
  const first = await startServer({ data });
  const client = createClient(first.url);
  const batch = Array.from({ length: batchSize }, (_, n) => `{"n":${n}}`);
  for (let n = 0; n < 10; n++) expect((await client.pushMany('huge', batch)).status).toBe(201);
  expect((await client.ask('DELETE', '/q/huge')).status).toBe(204);
  await first.kill();
  const next = createClient((await startServer({ data })).url);
  expect(await next.json('/status/')).toEqual({ queues: [], size: 0 });
  expect((await next.push('huge', '"new"')).status).toBe(201);
  expect(await next.takeAll('huge')).toEqual(['"new"']);
});

test('a server that is told to stop while a purge is under way ends at once', async () => {
  const server = await startServer({ data: temporaryDirectory() });
  const client = createClient(server.url);
  const batch = Array.from({ length: batchSize }, (_, n) => `{"n":${n}}`);
  for (let n = 0; n < 10; n++) expect((await client.pushMany('huge', batch)).status).toBe(201);
  expect((await client.ask('DELETE', '/q/huge')).status).toBe(204);
  const begun = performance.now();
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  expect(performance.now() - begun).toBeLessThan(3_000);
});
