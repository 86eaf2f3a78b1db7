/** Shows that a first start may be cut short or be made twice at the same moment, and no job is lost by it. */

import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Process, startPresque, startServer, temporaryDirectory } from '../support/process.js';
import { createClient, pause } from './client.js';
import { straceMissing, testUnless } from './needs.js';

const serve = (data: string) => ['serve', '--port', '0', '--data', data];

test('kill -9 at any moment of the first start leaves a directory that the next start serves', async () => {
  for (let ms = 100; ms <= 400; ms += 50) {
    const data = temporaryDirectory();
    const first = startPresque(serve(data));
    await pause(ms);
    await first.kill();
    const next = await startServer({ data });
    expect((await createClient(next.url).push('foo', '1')).status).toBe(201);
    await next.stop();
    expect(readdirSync(data)).toEqual(['presque.db']);
  }
});

test('what a start that was cut short left behind is not taken for a database', async () => {
  const data = temporaryDirectory();
  mkdirSync(join(data, 'presque.db-new-x'));
  writeFileSync(join(data, 'presque.db-new-x', 'presque.db'), 'half a database');
  const server = await startServer({ data });
  expect((await createClient(server.url).push('foo', '1')).status).toBe(201);
  await server.stop();
  expect(readdirSync(data)).toEqual(['presque.db']);
});

/** Of servers that were started: the URLs of those that serve; the others have ended, with one line each. */
async function whichServe(servers: readonly Process[], path: string): Promise<string[]> {
  const urls = await Promise.all(
    servers.map(async (server) => {
      const found = await server.printed(/"url":"(http:[^"]+)"/).catch(() => undefined);
      if (found) return found[1] as string;
      expect.soft((await server.exited).code).toBe(1);
      expect.soft(server.stderr).toMatch(/^presque: [^\n]+\n$/);
      expect.soft(server.stderr).toContain(path);
      return undefined;
    }),
  );
  return urls.filter((url) => url !== undefined);
}

async function expectOneServes(servers: readonly Process[], data: string) {
  const urls = await whichServe(servers, join(data, 'presque.db'));
  const jobs = urls.map((_, n) => JSON.stringify(n));
  for (const [n, url] of urls.entries()) {
    expect((await createClient(url).push('foo', jobs[n] as string)).status).toBe(201);
  }
  for (const server of servers) await server.stop();
  const next = await startServer({ data });
  expect.soft(await createClient(next.url).takeAll('foo'), 'what was acknowledged').toEqual(jobs);
  expect(urls.length, 'how many serve').toBe(1);
  await next.stop();
}

test('of three servers started at the same moment on a new directory one serves', async () => {
  for (let round = 0; round < 4; round++) {
    const data = temporaryDirectory();
    await expectOneServes(
      [1, 2, 3].map(() => startPresque(serve(data))),
      data,
    );
  }
});

testUnless(straceMissing())(
  'a server that finds no database, and is slow to make it, does not replace one that was made meanwhile',
  async () => {
    const data = join(temporaryDirectory(), 'new');
    const delay = ['-e', 'trace=access', '-e', 'inject=access:delay_exit=3000000'];
    const wrap = ['strace', '-D', '-f', '-o', '/dev/null', '-P', join(data, 'presque.db'), ...delay];
    const slow = startPresque(serve(data), { wrap });
    // The directory is made just before the database is looked for.
    for (let n = 0; n < 1_000 && !existsSync(data); n++) await pause(10);
    await pause(100);
    const quick = startPresque(serve(data));
    await expectOneServes([quick, slow], data);
  },
);
