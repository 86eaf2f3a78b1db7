/** Shows that a damaged database is refused and left alone, and that one directory has one server at a time. */

import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runPresque, startServer, temporaryDirectory } from '../support/process.js';
import { createClient } from './client.js';

let whole: Buffer | undefined;

/** A directory with a database of 2,000 jobs that was closed in order. */
async function filled() {
  const data = temporaryDirectory();
  const path = join(data, 'presque.db');
  whole ??= await fillOne();
  writeFileSync(path, whole, { mode: 0o600 });
  return { data, path };
}

async function fillOne(): Promise<Buffer> {
  const data = temporaryDirectory();
  const server = await startServer({ data });
  const jobs = Array.from({ length: 2_000 }, (_, n) => JSON.stringify({ job: n, filling: 'x'.repeat(200) }));
  expect((await createClient(server.url).pushMany('foo', jobs)).status).toBe(201);
  expect((await server.stop()).code).toBe(0);
  return readFileSync(join(data, 'presque.db'));
}

function scramble(path: string, from: number, bytes: number) {
  const content = readFileSync(path);
  randomBytes(bytes).copy(content, from);
  writeFileSync(path, content);
}

const damages: { readonly [name: string]: (path: string) => void } = {
  'is garbage from the start': (path) => writeFileSync(path, randomBytes(100_000)),
  'is a text file': (path) => writeFileSync(path, 'my notes\n'),
  'is empty': (path) => truncateSync(path, 0),
  'was cut in the middle': (path) =>
    truncateSync(path, Math.floor(readFileSync(path).length / 2 / 4096) * 4096),
  'was cut inside a page': (path) => truncateSync(path, readFileSync(path).length - 1_000),
  'was cut to its first page': (path) => truncateSync(path, 4096),
  'was cut inside its header': (path) => truncateSync(path, 50),
  'has a scrambled header': (path) => scramble(path, 0, 100),
  'has scrambled pages': (path) => scramble(path, 20 * 4096, 3 * 4096),
  'is of zeros in the middle': (path) => {
    const content = readFileSync(path);
    writeFileSync(path, content.fill(0, 4096, content.length - 4096));
  },
};

describe('a database is refused with one line that names it, and nothing is touched, when it', () => {
  for (const [name, damage] of Object.entries(damages)) {
    test(name, async () => {
      const { data, path } = await filled();
      damage(path);
      const files = readdirSync(data);
      const content = readFileSync(path);
      const { code, stdout, stderr } = await runPresque(['serve', '--port', '0', '--data', data]);
      expect.soft({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect.soft(stderr).toMatch(/^presque: [^\n]+\n$/);
      expect.soft(stderr).toContain(path);
      expect(readdirSync(data)).toEqual(files);
      expect(readFileSync(path).equals(content), 'the file is as it was').toBe(true);
    });
  }
});

test('a damaged database is refused without its log being touched', async () => {
  const { data, path } = await filled();
  const server = await startServer({ data });
  expect((await createClient(server.url).push('foo', '"in the log"')).status).toBe(201);
  await server.kill();
  const log = readFileSync(`${path}-wal`);
  expect(log.length).toBeGreaterThan(0);
  scramble(path, 20 * 4096, 3 * 4096);
  const content = readFileSync(path);
  const files = readdirSync(data);
  const { code, stderr } = await runPresque(['serve', '--port', '0', '--data', data]);
  expect.soft(code).toBe(1);
  expect.soft(stderr).toContain(path);
  expect.soft(readFileSync(path).equals(content), 'the file is as it was').toBe(true);
  expect(readdirSync(data)).toEqual(files);
  expect(readFileSync(`${path}-wal`).equals(log), 'the log is as it was').toBe(true);
});

test('the same database undamaged is served', async () => {
  const { data } = await filled();
  const { url } = await startServer({ data });
  expect((await createClient(url).takeAll('foo')).length).toBe(2_000);
});

test('another program’s database is refused as not ours', async () => {
  const { path, data } = await filled();
  const content = readFileSync(path);
  content.writeUInt32BE(0x12345678, 68);
  writeFileSync(path, content);
  const { code, stderr } = await runPresque(['serve', '--port', '0', '--data', data]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^presque: [^\n]*presque\.db is not a presque database\n$/);
  expect(readFileSync(path).equals(content), 'the file is as it was').toBe(true);
});

test('a second server on the same directory is refused at once; the first serves on', async () => {
  const data = temporaryDirectory();
  const path = join(data, 'presque.db');
  const first = await startServer({ data });
  const client = createClient(first.url);
  expect((await client.push('foo', '1')).status).toBe(201);
  const files = readdirSync(data);
  const second = await runPresque(['serve', '--port', '0', '--data', data]);
  expect(second.code).toBe(1);
  expect(second.stdout).toBe('');
  expect(second.stderr).toMatch(/^presque: [^\n]+ in use by another server\n$/);
  expect(second.stderr).toContain(path);
  expect(second.ms).toBeLessThan(3_000);
  expect(readdirSync(data)).toEqual(files);
  expect((await client.push('foo', '2')).status).toBe(201);
  expect(await client.takeAll('foo')).toEqual(['1', '2']);
});

test('after kill -9 of the first server the next one starts with all that was acknowledged', async () => {
  const data = temporaryDirectory();
  const first = await startServer({ data });
  expect((await createClient(first.url).push('foo', '1')).status).toBe(201);
  await first.kill();
  const next = await startServer({ data });
  expect(await createClient(next.url).takeAll('foo')).toEqual(['1']);
});

test('a kept log that is cut short after kill -9 loses no more than its end', async () => {
  const data = temporaryDirectory();
  const first = await startServer({ data });
  const client = createClient(first.url);
  const jobs = Array.from({ length: 20 }, (_, n) => JSON.stringify({ job: n, filling: 'x'.repeat(5_000) }));
  for (const job of jobs) expect((await client.push('foo', job)).status).toBe(201);
  await first.kill();
  const log = join(data, 'presque.db-wal');
  truncateSync(log, Math.floor(readFileSync(log).length / 2));
  const next = await startServer({ data });
  const there = await createClient(next.url).takeAll('foo');
  expect(there.length).toBeGreaterThan(0);
  expect(there).toEqual(jobs.slice(0, there.length));
});
