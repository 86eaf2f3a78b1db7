/** Shows `presque migrate`: what it says, what it refuses, and that clients find everything on the server that has the copy. */

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runPresque, startPresque, startServer, temporaryDirectory } from '../support/process.js';
import { redisMissing, startRedis } from '../support/redis.js';
import { createClient } from './client.js';
import { testUnless } from './needs.js';

const migrate = (...args: string[]) => runPresque(['migrate', ...args]);
const texts = (count: number) => Array.from({ length: count }, (_, index) => `{"n":${index}}`);

/** The header fields and the text of a leased job's answer. */
async function lease({ ask }: ReturnType<typeof createClient>, queue: string) {
  const { status, headers, text } = await ask('GET', `/q/${queue}?lease=60s`);
  expect(status, text).toBe(200);
  return { id: String(headers['presque-job']), lease: String(headers['presque-lease']), text };
}

test('clients find on the server that has the copy what they left on the other one', async () => {
  const [from, to] = [temporaryDirectory(), temporaryDirectory()];
  const before = await startServer({ data: from });
  const old = createClient(before.url);
  await old.ask('POST', '/w/foo', '{"worker_id":"w1"}');
  await old.ask('POST', '/control/foo', '{"attempts":7}');
  expect((await old.pushMany('foo', texts(1_200))).status).toBe(201);
  expect((await old.ask('POST', '/q/foo?uniq=key', '"unique"')).status).toBe(201);
  const json = { 'Content-Type': 'application/json', 'Idempotency-Key': 'k1' };
  const first = await old.ask('POST', '/q/bar', '1', json);
  const held = await lease(old, 'foo');
  const failed = await lease(old, 'foo');
  await old.ask('POST', `/j/foo/${failed.id}/fail?lease=${failed.lease}`, '{"error":"no route","dead":true}');
  await old.ask('GET', '/q/foo', undefined, { 'X-presque-workerid': 'w1' });
  const policy = await old.ask('GET', '/control/foo');
  const { oldest_age: _, ...status } = (await old.json('/status/foo')) as { oldest_age: number };
  await before.stop();

  const { code, stdout, stderr } = await migrate('--data', from, '--to', `sqlite:${to}/presque.db`);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: 'migrated 2 queues, 1,201 jobs, 1 worker: counts verified\n',
  });
  expect(stderr).toMatch(/^bar: 1 job\n(foo: .*\n)*foo: 1,200 jobs\n$/);

  const { ask, json: read, push, takeAll } = createClient((await startServer({ data: to })).url);
  expect(await read('/status/foo')).toEqual({ ...status, oldest_age: expect.any(Number) });
  const sameTag = await ask('GET', '/control/foo');
  expect([sameTag.text, sameTag.headers.etag]).toEqual([policy.text, policy.headers.etag]);
  expect(await read('/w/?worker_id=w1')).toMatchObject({ processed: '1' });
  expect((await ask('POST', '/q/foo?uniq=key', '"again"')).text).toBe('{"error":"job already exists"}');
  const again = await ask('POST', '/q/bar', '1', json);
  expect([again.status, again.headers['presque-job']]).toEqual([first.status, first.headers['presque-job']]);
  expect((await ask('POST', `/j/foo/${held.id}/done?lease=${held.lease}`, '42')).status).toBe(204);
  expect(await read(`/j/foo/${failed.id}`)).toMatchObject({ state: 'dead', reason: 'failed' });
  const next = await push('foo', '"next"');
  expect(Number(next.headers['presque-job'])).toBeGreaterThan(1_202);
  expect(await takeAll('foo')).toEqual([...texts(1_200).slice(3), '"unique"', '"next"']);
});

test('SIGINT stops it after a batch, and the same command goes on; then there is nothing to do', async () => {
  const [from, to] = [temporaryDirectory(), temporaryDirectory()];
  const server = await startServer({ data: from });
  const { pushMany } = createClient(server.url);
  const jobs = texts(10_000);
  for (let count = 0; count < 10; count++) expect((await pushMany('foo', jobs)).status).toBe(201);
  await server.stop();
  const args = ['migrate', '--data', from, '--to', `sqlite:${to}/presque.db`];
  const first = startPresque(args);
  await first.printed(/foo: [\d,]+ of 100,000 jobs/);
  first.signal('SIGINT');
  expect((await first.exited).code).toBe(1);
  expect(first.stderr).toMatch(/\npresque: stopped: the same command goes on from here\n$/);

  const served = await runPresque(['serve', '--port', '0', '--data', to]);
  expect(served.code).toBe(1);
  expect(served.stderr).toMatch(/^presque: .* is not filled yet from .*: run presque migrate once more\n$/);

  const { code, stdout } = await runPresque(args);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: 'migrated 1 queue, 100,000 jobs, 0 workers: counts verified\n',
  });
  expect(await runPresque(args)).toMatchObject({
    code: 0,
    stdout: 'nothing to do: 1 queue, 100,000 jobs, 0 workers were migrated before\n',
    stderr: '',
  });
  const copy = createClient((await startServer({ data: to })).url);
  expect(await copy.takeAll('foo')).toEqual(Array.from({ length: 10 }, () => jobs).flat());
});

testUnless(redisMissing)(
  'from a file to a Redis and back all is as it was, and a lease from the first server is settled on the last',
  async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const url = `${redis.url.replace('//', '//:secret@')}/0`;
    expect(await redis.command('CONFIG', 'SET', 'requirepass', 'secret')).toBe('+OK');
    const [first, last] = [temporaryDirectory(), temporaryDirectory()];
    const server = await startServer({ data: first });
    const old = createClient(server.url);
    expect((await old.pushMany('foo', texts(1_200))).status).toBe(201);
    const held = await lease(old, 'foo');
    await server.stop();

    // Its password is not for the list of processes.
    const args = ['migrate', '--data', first, '--to', `${redis.url}/0`];
    const there = await runPresque(args, { env: { PRESQUE_REDIS_PASSWORD: 'secret' } });
    const counted = 'migrated 1 queue, 1,200 jobs, 0 workers: counts verified\n';
    expect([there.code, there.stdout]).toEqual([0, counted]);
    const second = await startServer({ args: ['--store', url] });
    const between = createClient(second.url);
    const next = await lease(between, 'foo');
    expect(next.text).toBe('{"n":1}');
    await second.stop();

    const refused = await migrate('--from', url, '--data', last);
    expect([refused.code, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toMatch(/^presque: [^\n]*--live\n$/);
    const back = await migrate('--from', url, '--live', '--data', last);
    expect([back.code, back.stdout]).toEqual([0, counted]);
    expect(there.stderr + back.stderr).not.toContain('secret');

    const { ask, takeAll } = createClient((await startServer({ data: last })).url);
    for (const job of [held, next]) {
      expect((await ask('POST', `/j/foo/${job.id}/done?lease=${job.lease}`, '42')).status).toBe(204);
    }
    expect(await takeAll('foo')).toEqual(texts(1_200).slice(2));
  },
  60_000,
);

describe('exit 1, nothing copied and one line that says why:', () => {
  test('a server has the source open', async () => {
    const data = temporaryDirectory();
    await startServer({ data });
    const to = `${temporaryDirectory()}/new/presque.db`;
    const { code, stdout, stderr } = await migrate('--data', data, '--to', `sqlite:${to}`);
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '',
      stderr: `presque: ${data}/presque.db is in use by another server\n`,
    });
  });

  test('there is no source', async () => {
    const [from, to] = [temporaryDirectory(), temporaryDirectory()];
    const { code, stderr } = await migrate('--data', `${from}/none`, '--to', `sqlite:${to}/presque.db`);
    expect({ code, stderr }).toEqual({ code: 1, stderr: `presque: ${from}/none/presque.db is not there\n` });
    expect([readdirSync(from), readdirSync(to)]).toEqual([[], []]);
  });

  test('the target is not empty, or has such a queue', async () => {
    const [from, to] = [temporaryDirectory(), temporaryDirectory()];
    for (const data of [from, to]) {
      const server = await startServer({ data });
      expect((await createClient(server.url).push('foo', '1')).status).toBe(201);
      await server.stop();
    }
    const args = ['--from', `sqlite:${from}/presque.db`, '--data', to];
    const refused = await migrate(...args);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      `presque: sqlite:${to}/presque.db is not empty: --merge puts the queues beside those that are there\n`,
    ]);
    const merged = await migrate(...args, '--merge');
    expect([merged.code, merged.stderr]).toEqual([
      1,
      `presque: sqlite:${to}/presque.db has queues of the same names: foo\n`,
    ]);
  });

  test('it is no database', async () => {
    const [from, to] = [temporaryDirectory(), temporaryDirectory()];
    mkdirSync(`${from}/data`);
    writeFileSync(`${from}/data/presque.db`, 'x'.repeat(9_999));
    const { code, stderr } = await migrate('--data', `${from}/data`, '--to', `sqlite:${to}/presque.db`);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^presque: .*\/data\/presque\.db is damaged: [^\n]*\n$/);
  });

  test('a Redis of which nobody said that it is at rest', async () => {
    const { code, stderr } = await migrate('--from', 'redis://127.0.0.1:1/0', '--data', temporaryDirectory());
    expect(code).toBe(1);
    expect(stderr).toMatch(/^presque: [^\n]*--live\n$/);
  });
});

describe('exit 2 and a line that names what is wrong:', () => {
  const cases: { readonly [name: string]: readonly [says: RegExp, ...args: string[]] } = {
    'nothing to copy': [/--from/, '--to', 'sqlite:x.db'],
    'nothing to fill': [/--to/, '--from', 'sqlite:x.db'],
    'nothing at all': [/--from/],
    'three stores': [/--data/, '--from', 'sqlite:a.db', '--to', 'sqlite:b.db', '--data', 'c'],
    'twice the same': [/same/, '--data', 'c', '--to', 'sqlite:c/presque.db'],
    'no URL of a store': [/--to must be sqlite:PATH/, '--data', 'c', '--to', 'mysql://x'],
    'no directory': [/--data must name a directory/, '--data', '', '--to', 'sqlite:x.db'],
    'a file that is said to be at rest': [/--live/, '--live', '--data', 'c', '--to', 'sqlite:x.db'],
    'an unknown flag': [/--form[\s\S]*--from/, '--form', 'sqlite:x.db'],
    'a word too many': [/argument/, 'foo'],
  };
  test.each(Object.entries(cases))('%s', async (_, [says, ...args]) => {
    const { code, stdout, stderr } = await migrate(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(says);
    expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(3);
  });
});
