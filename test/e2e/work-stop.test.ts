/** Shows how `presque work` stops, and what stops the commands that it runs: signals, a cancel, a lost lease, kill -9. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startServer, temporaryDirectory } from '../support/process.js';
import { until } from '../support/until.js';
import { createWork } from './work.js';

/** `TEST_WORK_JOBS=1000` is the full size. */
const jobs = Number(process.env.TEST_WORK_JOBS ?? 150);

async function setUp() {
  const server = await startServer({ data: temporaryDirectory() });
  return { server, ...createWork(server.url) };
}

/** A place where a script writes, one line at a time. */
function createNotes() {
  const path = join(temporaryDirectory(), 'notes');
  writeFileSync(path, '');
  const lines = () => readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return { path, lines, has: (line: string) => until(() => lines().includes(line)) };
}

const lives = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** A script that notes that it has begun, and that it was asked to end, after which it does `then`. */
const listening = (path: string, then: string) =>
  `trap 'echo asked >>${path}; ${then}' TERM; echo begun >>${path}; while :; do sleep 0.02; done`;

describe('a thousand jobs', () => {
  const script = `#!/bin/sh
n=$(tr -cd 0-9)
[ "$n" ] || { echo 'there is no n' >&2; exit 65; }
sleep "\${PAUSE:-0}"
echo $((n * n))
`;
  const numbers = Array.from({ length: jobs }, (_, n) => n + 1);

  function writeTool(): string {
    const path = join(temporaryDirectory(), 'tool');
    writeFileSync(path, script, { mode: 0o755 });
    return path;
  }

  test(`${jobs} jobs are done by a script of five lines, four at a time, and the results can be read`, async () => {
    expect(script.trimEnd().split('\n')).toHaveLength(5);
    const { client, start, results, counts } = await setUp();
    const pushed = await client.pushMany(
      'sums',
      numbers.map((n) => `{"n":${n}}`),
    );
    expect(pushed.status).toBe(201);
    const worker = start(['-j', '4', '--drain', '--quiet', '--', writeTool()]);
    expect(await worker.exited).toMatchObject({ code: 0 });
    expect(worker).toMatchObject({ stdout: '', stderr: '' });
    expect(await counts()).toMatchObject({ ready: 0, leased: 0, delayed: 0, done: jobs, dead: 0 });
    expect(await results()).toEqual(numbers.map((n) => n * n));
  }, 180_000);

  test(`of ${jobs} jobs all are done when the worker is killed in the middle and another one started`, async () => {
    const { client, start, results, counts } = await setUp();
    await client.pushMany(
      'sums',
      numbers.map((n) => `{"n":${n}}`),
    );
    const tool = writeTool();
    const args = ['-j', '4', '--lease', '2s', '--drain', '--quiet', '--', tool];
    const first = start(args, { env: { PAUSE: '0.1' } });
    await until(async () => ((await counts()).done ?? 0) > jobs / 3, 60_000);
    await first.kill();
    expect((await counts()).ready).toBeGreaterThan(0);
    expect(await start(args).exited).toMatchObject({ code: 0 });
    expect(await counts()).toMatchObject({ ready: 0, leased: 0, delayed: 0, done: jobs, dead: 0 });
    expect(await results()).toEqual(numbers.map((n) => n * n));
  }, 180_000);
});

describe('a job that is cancelled while it runs', () => {
  test('its command gets SIGTERM within two seconds, and the job is dead: cancelled', async () => {
    const { client, push, start, look } = await setUp();
    const { path, has } = createNotes();
    const id = await push('1');
    const worker = start(['--grace', '0', '--', 'sh', '-c', listening(path, 'exit 1')]);
    await has('begun');
    const begun = performance.now();
    expect((await client.ask('POST', `/j/sums/${id}/cancel`)).status).toBeLessThan(300);
    await has('asked');
    expect(performance.now() - begun).toBeLessThan(2_000);
    await until(async () => (await look(id)).state === 'dead');
    expect(await look(id)).toMatchObject({ reason: 'cancelled' });
    const next = await push('2');
    await until(async () => (await look(next)).state === 'leased');
    expect(await worker.stop()).toMatchObject({ code: 0 });
  });

  test('is done when its command ends well all the same', async () => {
    const { client, push, start, look } = await setUp();
    const { path, has } = createNotes();
    const id = await push('1');
    start(['--', 'sh', '-c', listening(path, 'echo 5; exit 0')]);
    await has('begun');
    await client.ask('POST', `/j/sums/${id}/cancel`);
    await until(async () => (await look(id)).state !== 'leased');
    expect(await look(id)).toMatchObject({ state: 'done', result: 5 });
  });
});

test('a command whose lease is lost is ended, and what it says is not taken', async () => {
  const { client, push, start, look } = await setUp();
  const { path, has } = createNotes();
  const id = await push('1');
  const token = join(temporaryDirectory(), 'token');
  start(['--lease', '3s', '--', 'sh', '-c', `echo $PRESQUE_RELEASE >${token}; ${listening(path, 'exit 1')}`]);
  await has('begun');
  // Somebody else settles it, by the same right.
  const release = new URL(readFileSync(token, 'utf8').trim());
  const answer = await client.ask('POST', `${release.pathname}${release.search}&delay=1h`);
  expect(answer.status).toBe(200);
  await has('asked');
  await until(async () => (await look(id)).state === 'delayed');
  expect(await look(id)).toMatchObject({ failures: 0, crashes: 0 });
});

describe('SIGTERM', () => {
  test('lets the command end within --grace, and takes no other job', async () => {
    const { push, start, look } = await setUp();
    const { path, lines, has } = createNotes();
    const [first, second] = [await push('1'), await push('2')];
    const worker = start(['--', 'sh', '-c', `echo begun >>${path}; sleep 1; echo 5`]);
    await has('begun');
    expect(await worker.stop()).toEqual({ code: 0, signal: null });
    expect(await look(first)).toMatchObject({ state: 'done', result: 5 });
    expect(await look(second)).toMatchObject({ state: 'ready', attempts: [] });
    expect(lines()).toEqual(['begun']);
  });

  test('ends the command when --grace is over, and gives the job back', async () => {
    const { push, start, look } = await setUp();
    const { path, lines, has } = createNotes();
    const id = await push('1');
    const worker = start(['--grace', '300ms', '--', 'sh', '-c', listening(path, 'exit 1')]);
    await has('begun');
    expect(await worker.stop()).toEqual({ code: 0, signal: null });
    expect(lines()).toEqual(['begun', 'asked']);
    expect(await look(id)).toMatchObject({ state: 'ready', failures: 0, crashes: 0 });
  });

  test('kills what does not listen, with all that it started', async () => {
    const { push, start, look } = await setUp();
    const { path, lines, has } = createNotes();
    const id = await push('1');
    const script = `trap '' TERM; sh -c 'echo $$ >>${path}; while :; do sleep 0.05; done' & echo begun >>${path}; wait; sleep 60`;
    const worker = start(['--grace', '0', '--', 'sh', '-c', script]);
    await has('begun');
    await until(() => lines().length === 2);
    expect(await worker.stop()).toEqual({ code: 0, signal: null });
    const grandchild = Number(lines().find((line) => /^\d+$/.test(line)));
    await until(() => !lives(grandchild));
    expect(await look(id)).toMatchObject({ state: 'ready', failures: 0, crashes: 0 });
  });

  test('counts for --once, too, which then says that the job is not done', async () => {
    const { push, start, look } = await setUp();
    const { path, has } = createNotes();
    const id = await push('1');
    const worker = start(['--once', '--grace', '0', '--', 'sh', '-c', listening(path, 'exit 0')]);
    await has('begun');
    expect(await worker.stop()).toEqual({ code: 0, signal: null });
    expect(await look(id)).toMatchObject({ state: 'done' });
    const again = await push('2');
    const other = start(['--once', '--grace', '0', '--', 'sleep', '60']);
    await until(async () => (await look(again)).state === 'leased');
    expect(await other.stop()).toEqual({ code: 1, signal: null });
    expect(await look(again)).toMatchObject({ state: 'ready', failures: 0, crashes: 0 });
  });

  test('is what a closed terminal means, too, however often it says so', async () => {
    const { push, start, look } = await setUp();
    const { path, has } = createNotes();
    const id = await push('1');
    const worker = start(['--', 'sh', '-c', `echo begun >>${path}; sleep 1; echo 5`]);
    await has('begun');
    worker.signal('SIGHUP');
    await worker.printed(/stopping/);
    worker.signal('SIGHUP');
    expect(await worker.exited).toEqual({ code: 0, signal: null });
    expect(await look(id)).toMatchObject({ state: 'done', result: 5 });
  });

  test('ends a worker at once that has nothing to do', async () => {
    const { start, client } = await setUp();
    const worker = start(['--name', 'idle', '--', 'true']);
    await until(async () => (await client.ask('GET', '/w/?worker_id=idle')).status === 200);
    const begun = performance.now();
    expect(await worker.stop()).toEqual({ code: 0, signal: null });
    expect(performance.now() - begun).toBeLessThan(5_000);
    expect((await client.ask('GET', '/w/?worker_id=idle')).status).toBe(404);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('and a %s after it ends all at once', async (again) => {
    const { push, start, look } = await setUp();
    const { path, has, lines } = createNotes();
    const id = await push('1');
    const script = `echo {file} >>${path}; echo $$ >>${path}; ${listening(path, ':')}`;
    const worker = start(['--grace', '1h', '--lease', '1s', '--', 'sh', '-c', script]);
    await has('begun');
    worker.signal('SIGINT');
    await worker.printed(/stop/i);
    worker.signal(again);
    const { code } = await worker.exited;
    expect(code).toBe(1);
    const [file, pid] = lines() as [string, string];
    await until(() => !lives(Number(pid)));
    expect(existsSync(file)).toBe(false);
    // Nobody said what came of it: when its lease is over it is a crash.
    await until(async () => (await look(id)).state !== 'leased');
  });
});

test('after kill -9 of the worker its command goes on', async () => {
  const { push, start, look } = await setUp();
  const { path, has, lines } = createNotes();
  const id = await push('1');
  const script = `echo $$ >>${path}; echo begun >>${path}; sleep 1; echo ended >>${path}; exec sleep 60`;
  const worker = start(['--lease', '1s', '--', 'sh', '-c', script]);
  await has('begun');
  onTestFinished(() => void process.kill(-Number(lines()[0]), 'SIGKILL'));
  worker.signal('SIGKILL');
  await has('ended');
  await until(async () => (await look(id)).state === 'ready');
  expect(await look(id)).toMatchObject({ crashes: 1 });
});
