/** Shows what `presque work` does with jobs: what came of a command's end, its results and errors, and when it stops. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../support/ports.js';
import { startServer, temporaryDirectory } from '../support/process.js';
import { until } from '../support/until.js';
import { commandMissing, testUnless } from './needs.js';
import { createWork } from './work.js';

/** One line of talk. */
const line = /^[^\n]+\n$/;

async function setUp() {
  const server = await startServer({ data: temporaryDirectory() });
  return { server, ...createWork(server.url) };
}

describe('what came of a job', () => {
  test('exit 0: it is done, and stdout is the result', async () => {
    const { push, work, look } = await setUp();
    const id = await push('{"n":20}');
    const { code, stdout, stderr } = await work(['--drain', '--', 'sh', '-c', 'tr -cd 0-9; echo 1']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(new RegExp(`sums/${id} .*done`));
    expect(await look(id)).toMatchObject({ state: 'done', result: 201, attempt: 1 });
  });

  test('exit 1: it failed, with stderr as the error, and comes again', async () => {
    const { push, work, look } = await setUp();
    const id = await push('1', '?backoff=1h');
    const { code, stderr } = await work(['--drain', '--', 'sh', '-c', 'echo one >&2; echo two >&2; exit 1']);
    expect(code).toBe(0);
    expect(stderr).toContain('one\ntwo\n');
    expect(await look(id)).toMatchObject({
      state: 'delayed',
      failures: 1,
      attempts: [{ attempt: 1, outcome: 'failed', error: 'one\ntwo' }],
    });
  });

  test('exit 65: it is dead at once', async () => {
    const { push, work, look } = await setUp();
    const id = await push('1');
    await work(['--drain', '--', 'sh', '-c', 'echo no such customer >&2; exit 65']);
    expect(await look(id)).toMatchObject({
      state: 'dead',
      reason: 'failed',
      attempts: [{ attempt: 1, error: 'no such customer' }],
    });
  });

  test('exit 75: it comes again after --later, no attempt spent', async () => {
    const { push, work, look } = await setUp();
    const id = await push('1');
    await work(['--drain', '--later', '1h', '--', 'sh', '-c', 'exit 75']);
    const { state, run_at, failures, crashes } = await look(id);
    expect({ state, failures, crashes }).toEqual({ state: 'delayed', failures: 0, crashes: 0 });
    expect(Math.abs((run_at as number) - Date.now() / 1000 - 3_600)).toBeLessThan(60);
  });

  test('a signal: it failed', async () => {
    const { push, work, look } = await setUp();
    const id = await push('1');
    await work(['--once', '--', 'sh', '-c', 'kill -KILL $$']);
    expect(await look(id)).toMatchObject({ attempts: [{ error: 'killed by SIGKILL' }] });
  });

  test('too much on stdout: it is done without a result, and that is said', async () => {
    const { push, work, look } = await setUp();
    const id = await push('1');
    const { stderr } = await work(['--quiet', '--once', '--', 'head', '-c', '70000', '/dev/zero']);
    expect(stderr).toMatch(new RegExp(`^presque: sums/${id}: stdout is larger than 65536 bytes.*\\n$`));
    const job = await look(id);
    expect(job.state).toBe('done');
    expect(job).not.toHaveProperty('result');
  });

  test('a result that the server refuses: it is said, and the worker goes on', async () => {
    const server = await startServer({ data: temporaryDirectory(), args: ['--max-job-bytes', '100'] });
    const { push, work, look } = createWork(server.url);
    const large = await push('"large"', '?backoff=1h');
    const small = await push('"small"');
    const script = 'read -r job; case $job in *large*) seq 1000 | tr -d "\\n";; *) echo 1;; esac';
    const { code, stderr } = await work(['--drain', '--', 'sh', '-c', script]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/larger than 100 bytes/);
    expect((await look(large)).state).not.toBe('leased');
    expect(await look(small)).toMatchObject({ state: 'done', result: 1 });
  });

  test('--timeout: the command is ended, and the attempt failed', async () => {
    const { push, work, look } = await setUp();
    const id = await push('1', '?backoff=1h');
    const { ms } = await work(['--timeout', '300ms', '--once', '--', 'sleep', '30']);
    expect(ms).toBeLessThan(10_000);
    expect(await look(id)).toMatchObject({ state: 'delayed', failures: 1, crashes: 0 });
  });

  test('longer than its lease: it is extended', async () => {
    const { push, work, look } = await setUp();
    const id = await push('1');
    await work(['--lease', '1s', '--once', '--', 'sh', '-c', 'sleep 3; echo 7']);
    expect(await look(id)).toMatchObject({ state: 'done', result: 7, attempt: 1, crashes: 0 });
  });
});

describe('what a command gets', () => {
  test('the job on stdin and in {file}, its queue, id and attempt', async () => {
    const { push, work, look } = await setUp();
    const text = '{"n": 12345678901234567890, "é":"\\u0041"}';
    const id = await push(text);
    const script = 'test "$1" = "$PRESQUE_QUEUE/$PRESQUE_JOB#$PRESQUE_ATTEMPT" && cmp - "$2" && cat "$2"';
    await work(['--once', '--', 'sh', '-c', script, 'sh', '{queue}/{id}#{attempt}', '{file}']);
    expect(await look(id)).toMatchObject({ state: 'done' });
    expect((await look.text(id)).includes(`"result":${text}`)).toBe(true);
  });

  testUnless(commandMissing('curl'))('the right to settle its job, and no token of ours', async () => {
    const { push, work, look } = await setUp();
    const id = await push('1');
    const script = `
      test -z "$PRESQUE_TOKEN" || exit 1
      curl -sf "$PRESQUE_EXTEND" -d '{"progress":0.5,"note":"half"}' >&2 || exit 1
      curl -sf "$PRESQUE_URL/j/$PRESQUE_QUEUE/$PRESQUE_JOB" | grep -q '"half"'`;
    await work(['--once', '--', 'sh', '-c', script], { env: { PRESQUE_TOKEN: 'secret' } });
    expect(await look(id)).toMatchObject({ state: 'done' });
  });

  testUnless(commandMissing('curl'))('the right to say by itself what came of its job', async () => {
    const { push, work, look } = await setUp();
    const [done, failed] = [await push('"done"'), await push('"fail"', '?backoff=1h')];
    const script = `
      case $(cat) in
        *done*) curl -sf "$PRESQUE_DONE" -d 42;;
        *fail*) curl -sf "$PRESQUE_FAIL" -d '{"error":"by itself"}' >/dev/null;;
      esac`;
    expect(await work(['--drain', '--', 'sh', '-c', script])).toMatchObject({ code: 0 });
    expect(await look(done)).toMatchObject({ state: 'done', result: 42 });
    expect(await look(failed)).toMatchObject({ state: 'delayed', attempts: [{ error: 'by itself' }] });
  });

  test('its options, also those that are spelled like ours', async () => {
    const { push, work, run, look } = await setUp();
    const id = await push('1');
    const words = ['echo', '-j', 'x', '--once', '--help', '-V', '--', '--url'];
    expect(await work(['-j', '1', '--once', '--', ...words])).toMatchObject({ code: 0 });
    expect(await look(id)).toMatchObject({ result: words.slice(1).join(' ') });
    const next = await push('1');
    expect(await run(['--once', 'sums', '--', ...words])).toMatchObject({ code: 0 });
    expect(await look(next)).toMatchObject({ result: words.slice(1).join(' ') });
  });

  test('the trace that its job belongs to', async () => {
    const { client, work, look } = await setUp();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const headers = { 'Content-Type': 'application/json', traceparent };
    const pushed = await client.ask('POST', '/q/sums', '1', headers);
    await work(['--once', '--', 'sh', '-c', 'echo "$TRACEPARENT"']);
    expect((await look(pushed.headers['presque-job'] as string)).result).toMatch(
      /^00-0af7651916cd43dd8448eb211c80319c-/,
    );
  });

  test('with --shell a line of its own', async () => {
    const { push, work, look } = await setUp();
    const id = await push('{"n":1}');
    await work(['--shell', '--once', '--', 'cat {file} | tr n m']);
    expect(await look(id)).toMatchObject({ result: { m: 1 } });
  });
});

describe('when it ends', () => {
  test('--drain: at once when there is nothing', async () => {
    const { work } = await setUp();
    const { code, stdout, ms } = await work(['--drain', '--', 'true']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(ms).toBeLessThan(5_000);
  });

  test('--drain: leaves what is delayed', async () => {
    const { push, work, look } = await setUp();
    const [later, now] = [await push('1', '?delay=1h'), await push('2')];
    expect(await work(['--drain', '--', 'true'])).toMatchObject({ code: 0 });
    expect(await look(later)).toMatchObject({ state: 'delayed' });
    expect(await look(now)).toMatchObject({ state: 'done' });
  });

  test('--max-jobs: after so many', async () => {
    const { push, work, counts } = await setUp();
    for (let n = 0; n < 10; n++) await push(`${n}`);
    expect(await work(['--max-jobs', '4', '-j', '3', '--', 'true'])).toMatchObject({ code: 0 });
    expect(await counts()).toMatchObject({ ready: 6, leased: 0, done: 4 });
  });

  test('--once: 0 when it was done, 1 when not, 3 when there was none', async () => {
    const { push, work, counts } = await setUp();
    expect(await work(['--once', '--', 'true'])).toMatchObject({ code: 3 });
    await push('1');
    await push('2', '?backoff=1h');
    await push('3');
    await push('4');
    expect(await work(['--once', '--', 'true'])).toMatchObject({ code: 0 });
    expect(await work(['--once', '--', 'false'])).toMatchObject({ code: 1 });
    expect(await work(['--once', '--', 'sh', '-c', 'exit 65'])).toMatchObject({ code: 1 });
    expect(await work(['--once', '--', 'sh', '-c', 'exit 75'])).toMatchObject({ code: 1 });
    expect(await counts()).toMatchObject({ ready: 0, done: 1, dead: 1, delayed: 2 });
  });

  test('several queues: the first that has a job gives it', async () => {
    const { client, work } = await setUp();
    for (const queue of ['low', 'high', 'low', 'high']) await client.push(queue, '1');
    const order = join(temporaryDirectory(), 'order');
    await work.on('high,low', ['--drain', '--', 'sh', '-c', `echo {queue} >>${order}`]);
    expect(readFileSync(order, 'utf8')).toBe('high\nhigh\nlow\nlow\n');
  });
});

describe('a command that can not be run', () => {
  const untouched = { state: 'ready', failures: 0, crashes: 0 };
  const cases: { readonly [name: string]: readonly string[] } = {
    'is not there': ['no-such-command', '{id}'],
    'says so as a shell does': ['sh', '-c', 'no-such-command'],
    'may not be run': ['/'],
  };
  test.each(Object.entries(cases))('%s: 78, and the queue is as it was', async (_, words) => {
    const { push, work, look, counts } = await setUp();
    const ids = [await push('1'), await push('2'), await push('3')];
    const { code, stdout, stderr } = await work(['-j', '2', '--', ...words]);
    expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
    expect(stderr).toMatch(/^presque: /m);
    for (const id of ids) expect(await look(id)).toMatchObject(untouched);
    expect(await counts()).toMatchObject({ ready: 3, leased: 0, delayed: 0, dead: 0 });
  });
});

describe('what it says', () => {
  test('a line for each job on stderr, none with --quiet', async () => {
    const { push, work } = await setUp();
    const [good, bad] = [await push('1'), await push('2', '?attempts=1')];
    const words = ['--', 'sh', '-c', 'read -r job; test "$job" = 1'];
    const { stdout, stderr } = await work(['--drain', ...words]);
    expect(stdout).toBe('');
    expect(stderr).toMatch(new RegExp(`^sums/${good} .*started`, 'm'));
    expect(stderr).toMatch(new RegExp(`^sums/${good} .*done`, 'm'));
    expect(stderr).toMatch(new RegExp(`^sums/${bad} .*dead.*exit status 1`, 'm'));
    await push('1');
    expect(await work(['--drain', '--quiet', ...words])).toMatchObject({ stdout: '', stderr: '' });
  });

  test('with --json a line of JSON on stdout for each job that ended', async () => {
    const { push, work } = await setUp();
    const ids = [
      await push('"done"'),
      await push('"dead"'),
      await push('"failed"', '?backoff=1h'),
      await push('"later"'),
    ];
    const script = 'case $(cat) in *done*) echo 5;; *dead*) exit 65;; *failed*) exit 1;; *) exit 75;; esac';
    const { stdout } = await work(['--drain', '--json', '--', 'sh', '-c', script]);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text) as object);
    expect(lines).toEqual([
      { queue: 'sums', id: ids[0], attempt: 1, outcome: 'done', result: 5, ms: expect.any(Number) },
      {
        queue: 'sums',
        id: ids[1],
        attempt: 1,
        outcome: 'dead',
        error: 'exit status 65',
        ms: expect.any(Number),
      },
      {
        queue: 'sums',
        id: ids[2],
        attempt: 1,
        outcome: 'failed',
        error: 'exit status 1',
        run_at: expect.any(Number),
        ms: expect.any(Number),
      },
      {
        queue: 'sums',
        id: ids[3],
        attempt: 1,
        outcome: 'later',
        ms: expect.any(Number),
      },
    ]);
  });

  test('the worker is seen under its name', async () => {
    const { push, client, start } = await setUp();
    await push('1');
    const worker = start(['--name', 'here', '--', 'sleep', '30']);
    await until(async () => (await client.ask('GET', '/w/?worker_id=here')).status === 200);
    expect(await client.json('/w/?worker_id=here')).toMatchObject({ worker_id: 'here', queues: ['sums'] });
    await worker.kill();
  });
});

describe('a wrong command line: 2, and what is wrong', () => {
  const cases: { readonly [name: string]: [args: readonly string[], says: RegExp] } = {
    'no queue': [[], /QUEUE/],
    'no command': [['sums'], /command/],
    'no command after --': [['sums', '-j', '2', '--'], /command/],
    'a wrong name of a queue': [['su/ms', '--', 'true'], /su\/ms/],
    'no jobs at a time': [['sums', '-j', '0', '--', 'true'], /--jobs/],
    'a wrong duration': [['sums', '--lease', 'long', '--', 'true'], /--lease/],
    'a lease too short': [['sums', '--lease', '1ms', '--', 'true'], /--lease/],
    'a wrong name': [['sums', '--name', '', '--', 'true'], /--name/],
    'more than a line for the shell': [['sums', '--shell', '--', 'echo', '1'], /--shell/],
    'a wrong URL': [['sums', '--url', 'localhost:x', '--', 'true'], /url/i],
  };
  test.each(Object.entries(cases))('%s', async (_, [args, says]) => {
    const { run } = createWork(`http://127.0.0.1:${await freePort()}`);
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(says);
  });
});

describe('a server that is not there', () => {
  test('at the start: 69', async () => {
    const { work } = createWork(`http://127.0.0.1:${await freePort()}`);
    const { code, stdout, stderr } = await work(['--', 'true']);
    expect({ code, stdout }).toEqual({ code: 69, stdout: '' });
    expect(stderr).toMatch(line);
  });

  test('later on: it is waited for, and what was done meanwhile is told', async () => {
    const options = { data: temporaryDirectory(), args: ['--port', `${await freePort()}`] };
    const server = await startServer(options);
    const before = createWork(server.url);
    const id = await before.push('1');
    const begun = join(temporaryDirectory(), 'begun');
    const worker = before.start(['--', 'sh', '-c', `echo 1 >${begun}; sleep 1; echo 5`]);
    await until(() => existsSync(begun));
    await server.kill();
    await startServer(options);
    await until(async () => (await before.look(id)).state === 'done');
    expect(await before.look(id)).toMatchObject({ result: 5, attempt: 1, crashes: 0 });
    const next = await before.push('2');
    await until(async () => (await before.look(next)).state === 'done');
    expect(await worker.stop()).toMatchObject({ code: 0 });
  });
});

describe('a server, or what stands before it, that asks for another token: 4', () => {
  test.each(['at the start', 'later on'])('%s', async (when) => {
    let asked = 0;
    const server = createServer((_, response) => {
      const isRegistered = when === 'later on' && ++asked === 1;
      response.writeHead(isRegistered ? 201 : 401, { 'Content-Type': 'application/json' });
      response.end(isRegistered ? '' : '{"error":"no token, or a wrong one"}');
    });
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { work } = createWork(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const { code, stdout, stderr } = await work(['--', 'true']);
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toMatch(/^presque: .*401/);
  });
});

test('a script whose name has a blank is one word', async () => {
  const { push, work, look } = await setUp();
  const id = await push('1');
  const file = join(temporaryDirectory(), 'a tool');
  writeFileSync(file, '#!/bin/sh\necho 9\n', { mode: 0o755 });
  await work(['--once', '--', file]);
  expect(await look(id)).toMatchObject({ result: 9 });
});
