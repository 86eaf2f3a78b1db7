/** Shows that an answer waits for the disk: with a slow and with a failing fsync, by strace. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Process, startProcess, startServer, temporaryDirectory, within } from '../support/process.js';
import { type Client, createClient, doubles } from './client.js';
import { straceMissing, testUnless } from './needs.js';

const delayMs = 300;
const straceTest = testUnless(straceMissing());
const calls = 'fdatasync,fsync';

/** Makes every fsync of a running server fail until it is stopped. */
async function failFsync(server: Process): Promise<Process> {
  const args = ['-f', '-o', join(temporaryDirectory(), 'calls'), '-e', `trace=${calls}`];
  const strace = startProcess('strace', [
    ...args,
    '-e',
    `inject=${calls}:error=EIO`,
    '-p',
    String(server.pid),
  ]);
  await strace.printed(/attached/);
  return strace;
}

async function recover(strace: Process) {
  strace.signal('SIGTERM');
  await within(10_000, 'strace lets go', strace.exited);
}

/** Pushes by eight clients side by side; which of the jobs got a 201. */
async function pushAll(client: Client, name: string, count: number) {
  const jobs = Array.from({ length: count }, (_, n) => JSON.stringify({ job: `${name}-${n}` }));
  const answers = await Promise.all(jobs.map((job) => client.push('foo', job)));
  return { jobs, answers, acknowledged: jobs.filter((_, n) => answers[n]?.status === 201) };
}

straceTest(
  `with an fsync that takes ${delayMs} ms, nothing that changes something is answered earlier`,
  async () => {
    const log = join(temporaryDirectory(), 'calls');
    const inject = ['-e', `trace=${calls}`, '-e', `inject=${calls}:delay_exit=${delayMs * 1000}`];
    const wrap = ['strace', '-D', '-f', '--seccomp-bpf', '-o', log, ...inject];
    const server = await startServer({ data: temporaryDirectory(), wrap, ms: 50_000 });
    const client = createClient(server.url);
    const { ask } = client;
    const { answers } = await pushAll(client, 'together', 24);
    const alone = await client.push('foo', '"alone"');
    const pushes = [...answers, alone, await client.pushMany('foo', ['1', '2'])];
    expect(pushes.map(({ status }) => status)).toEqual(pushes.map(() => 201));
    const others = [
      await ask('PUT', '/q/foo', '"again"'),
      await ask('GET', '/q/foo'),
      await ask('GET', '/qb/foo'),
      await ask('POST', '/control/foo', '{"status":"stop"}'),
      await ask('POST', '/w/foo', '{"worker_id":"w"}'),
      await ask('GET', '/readyz'),
      await ask('DELETE', '/q/foo'),
    ];
    expect(others.map(({ status }) => status)).toEqual([201, 200, 200, 200, 201, 200, 204]);
    const fastest = Math.min(...[...pushes, ...others].map(({ ms }) => ms));
    const synced = readFileSync(log, 'utf8').match(/DELAYED/g)?.length ?? 0;
    console.log(
      `the fastest of ${pushes.length + others.length} answers: ${fastest.toFixed(0)} ms, ${synced} fsyncs`,
    );
    expect(fastest).toBeGreaterThanOrEqual(delayMs);
  },
);

straceTest(
  'while fsync fails nothing is acknowledged, the server says so and lives, and it recovers',
  async () => {
    const data = temporaryDirectory();
    const server = await startServer({ data });
    const client = createClient(server.url);
    const before = await pushAll(client, 'before', 20);
    expect(before.acknowledged.length).toBe(20);

    const strace = await failFsync(server);
    const refused: string[] = [];
    for (let round = 0; round < 5; round++) {
      const { jobs, answers } = await pushAll(client, `failing-${round}`, 8);
      refused.push(...jobs);
      const seen = new Set(answers.map(({ status, text }) => `${status} ${text}`));
      expect([...seen]).toEqual(['503 {"error":"storage does not work"}']);
      expect((await client.ask('GET', '/readyz')).status).toBe(503);
      expect((await client.ask('GET', '/livez')).status).toBe(200);
      expect((await client.ask('GET', '/q/foo')).status).toBe(503);
      expect((await client.ask('GET', '/qb/foo?batch_size=5')).status).toBe(503);
      expect((await client.ask('DELETE', '/q/foo')).status).toBe(503);
      expect(await client.json('/status/foo')).toMatchObject({ queue: 'foo', size: 20 });
      expect(await client.json('/control/foo')).toEqual({ queue: 'foo', status: '1' });
    }
    await recover(strace);

    expect((await client.ask('GET', '/readyz')).status).toBe(200);
    const after = await pushAll(client, 'after', 20);
    expect(after.acknowledged.length).toBe(20);
    const taken = await client.ask('GET', '/q/foo');
    expect(taken.text).toBe(before.jobs[0]);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(server.stderr).toBe('');

    const again = createClient((await startServer({ data })).url);
    const there = await again.takeAll('foo');
    expect(doubles(there)).toEqual([]);
    expect(there.filter((job) => refused.includes(job))).toEqual([]);
    expect(there.slice().sort()).toEqual([...before.jobs.slice(1), ...after.jobs].sort());
  },
);

straceTest(
  'kill -9 while fsync fails loses nothing acknowledged and gives no job back that was taken',
  async () => {
    const data = temporaryDirectory();
    const server = await startServer({ data });
    const client = createClient(server.url);
    const { jobs } = await pushAll(client, 'before', 20);
    const taken = await client.ask('GET', '/q/foo');
    const strace = await failFsync(server);
    const failing = await pushAll(client, 'failing', 8);
    expect(failing.acknowledged).toEqual([]);
    await server.kill();
    await within(10_000, 'strace ends with the server', strace.exited);

    const again = createClient((await startServer({ data })).url);
    const there = await again.takeAll('foo');
    expect(doubles(there)).toEqual([]);
    const refused = there.filter((job) => failing.jobs.includes(job));
    console.log(`${refused.length} of ${failing.jobs.length} jobs that got a 503 are there after the kill`);
    expect(there.filter((job) => !refused.includes(job))).toEqual(jobs.filter((job) => job !== taken.text));
  },
);
