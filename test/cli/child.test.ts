/** Shows how a command becomes a worker: what it gets, what it says, how it ends, and that nothing of it is left. */

import { getEventListeners } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ChildrenOptions, createChildren, type Ending } from '../../dist/cli/work/child.js';
import { temporaryDirectory } from '../support/process.js';
import { until } from '../support/until.js';

const job = { queue: 'sums', id: '12', attempt: 3, text: '{"n":1}', token: 'T0ken_-' };
type Job = typeof job & { traceparent?: string };

interface Setting extends Partial<Omit<ChildrenOptions, 'command' | 'args'>> {
  readonly job?: Partial<Job>;
  readonly signal?: AbortSignal;
}

/** What came of the command for one job, with what it said besides. */
async function run(words: readonly string[], { job: other, signal, ...options }: Setting = {}) {
  const [command, ...args] = words as [string, ...string[]];
  const warnings: string[] = [];
  let stderr = '';
  const children = createChildren({
    command,
    args,
    url: 'http://127.0.0.1:5000',
    env: process.env,
    onWarning: (_, text) => void warnings.push(text),
    onStderr: (chunk) => {
      stderr += chunk;
    },
    killAfterMs: 300,
    ...options,
  });
  onTestFinished(() => children.kill());
  const ending = await children.run({ ...job, ...other }, signal ?? new AbortController().signal);
  return { ending, warnings, stderr };
}

const sh = (script: string, setting?: Setting) => run(['sh', '-c', script], setting);
const node = (script: string, setting?: Setting) => run([process.execPath, '-e', script], setting);
const resultOf = async (script: string, setting?: Setting) => {
  const { ending } = await sh(script, setting);
  return ending.outcome === 'done' ? ending.result : ending;
};

const done = (result?: string): Ending => ({ outcome: 'done', ...(result !== undefined && { result }) });
const lives = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('the job', () => {
  test('comes on stdin, byte for byte, and ends there', async () => {
    const text = ' {"n":12345678901234567890, "s":"é\\u0041"} ';
    const { ending } = await node(
      'const chunks = []; process.stdin.on("data", (c) => chunks.push(c)); process.stdin.on("end", () => console.log(JSON.stringify(Buffer.concat(chunks).toString())))',
      { job: { text } },
    );
    expect(ending).toEqual(done(JSON.stringify(text)));
  });

  test('need not be read, however large it is', async () => {
    const text = JSON.stringify('x'.repeat(1_000_000));
    expect(await sh('exit 0', { job: { text } })).toMatchObject({ ending: done(), warnings: [] });
    expect((await sh('exec <&-; echo 1', { job: { text } })).ending).toEqual(done('1'));
    expect((await sh('sleep 30 & exit 0', { job: { text } })).ending).toEqual(done());
  });

  test('is in a file of its owner where {file} is said, and the file is gone afterwards', async () => {
    const script =
      'stat -c "%a %a" "$1" >&2; stat -c "%a" "$(dirname "$1")" >&2; cat "$1" >&2; echo "\\"$1\\""; exit "$2"';
    for (const status of ['0', '1']) {
      const { ending, stderr } = await run(['sh', '-c', script, 'sh', '{file}', status], {
        job: { text: '{"é":1}' },
      });
      expect(stderr).toBe('600 600\n700\n{"é":1}');
      expect(ending.outcome).toBe(status === '0' ? 'done' : 'failed');
    }
    const path = JSON.parse((await resultOf('echo "\\"$1\\""')) as string) as string;
    expect(path).toBe('');
    const { ending } = await run(['echo', '{file}']);
    const file = JSON.parse((ending as { result: string }).result) as string;
    expect(file.startsWith(tmpdir())).toBe(true);
    expect(existsSync(file)).toBe(false);
    expect(existsSync(join(file, '..'))).toBe(false);
  });
});

describe('arguments', () => {
  test('have the job in place of {id}, {queue} and {attempt}, and nothing else changed', async () => {
    const { ending } = await run([
      'printf',
      '%s\\n',
      '{queue}/{id}#{attempt}',
      '{other} {}',
      '$HOME',
      '{id}{id}',
    ]);
    expect(ending).toEqual(done(JSON.stringify('sums/12#3\n{other} {}\n$HOME\n1212')));
  });

  test('are no shell line', async () => {
    expect((await run(['echo', '$(id); `id` | cat'])).ending).toEqual(done('"$(id); `id` | cat"'));
  });
});

describe('with a shell', () => {
  const shell = true;

  test('the command is a line of its own', async () => {
    const { ending } = await run(['echo {queue} {id} | tr a-z A-Z; cat {file}'], { shell });
    expect(ending).toEqual(done(JSON.stringify('SUMS 12\n{"n":1}')));
  });

  test('no value that is filled in can be a command', async () => {
    const harmless = `'; echo harm; echo "$(echo harm)\``;
    const { ending } = await run(['printf %s {queue}'], { shell, job: { queue: harmless } });
    expect(ending).toEqual(done(JSON.stringify(harmless)));
  });

  test('a command that is not there is told', async () => {
    const { ending } = await run(['no-such-command {id}'], { shell });
    expect(ending).toEqual({ outcome: 'unrunnable', error: expect.stringContaining('no-such-command') });
  });
});

describe('the environment', () => {
  const shown = async (env: { [name: string]: string }, other?: Partial<Job>) => {
    const { ending } = await node('console.log(JSON.stringify(process.env))', {
      env: { PATH: process.env.PATH, ...env },
      ...(other && { job: other }),
    });
    return JSON.parse((ending as { result: string }).result) as unknown;
  };

  test('is ours, with the right to this job in place of our token', async () => {
    const link = (verb: string) => `http://127.0.0.1:5000/j/sums/12/${verb}?lease=T0ken_-`;
    expect(
      await shown({ MINE: '1', PRESQUE_TOKEN: 'secret', PRESQUE_JOB: '7', TRACEPARENT: 'ours' }),
    ).toEqual({
      PATH: process.env.PATH,
      MINE: '1',
      PRESQUE_URL: 'http://127.0.0.1:5000',
      PRESQUE_QUEUE: 'sums',
      PRESQUE_JOB: '12',
      PRESQUE_ATTEMPT: '3',
      PRESQUE_LEASE: 'T0ken_-',
      PRESQUE_DONE: link('done'),
      PRESQUE_FAIL: link('fail'),
      PRESQUE_EXTEND: link('extend'),
      PRESQUE_RELEASE: link('release'),
    });
  });

  test('has the trace of a job that belongs to one', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    expect(await shown({}, { traceparent })).toMatchObject({ TRACEPARENT: traceparent });
  });
});

describe('stdout', () => {
  test.each([
    ['JSON, as it is', `printf ' {"a" : 12345678901234567890}\\n\\n'`, '{"a" : 12345678901234567890}'],
    ['JSON that is no object', 'echo null', 'null'],
    ['other text, as a string', 'echo "well done"; echo "  twice"', '"well done\\n  twice"'],
    ['several JSON values, as a string', 'echo 1; echo 2', '"1\\n2"'],
    ['nothing', ':', undefined],
    ['white space', 'printf " \\n\\t"', undefined],
    ['what is no UTF-8, replaced', `printf '\\377x'`, '"\ufffdx"'],
    ['what is no UTF-8 in JSON, replaced', `printf '"\\377x"'`, '"\ufffdx"'],
  ])('is the result: %s', async (_, script, result) => {
    expect(await resultOf(script)).toBe(result);
  });

  test('of 64 KiB is a result, of more is none, and a warning', async () => {
    const atMost = await node('process.stdout.write("x".repeat(65536))');
    expect(atMost).toMatchObject({ ending: done(`"${'x'.repeat(65536)}"`), warnings: [] });
    const more = await node('process.stdout.write("x".repeat(65537))');
    expect(more.ending).toEqual(done());
    expect(more.warnings).toEqual(['stdout is larger than 65536 bytes: there is no result']);
  });

  test('is read to its end without being kept', async () => {
    const before = process.memoryUsage.rss();
    const { ending, warnings } = await sh('head -c 300000000 /dev/zero');
    expect(ending).toEqual(done());
    expect(warnings).toHaveLength(1);
    expect(process.memoryUsage.rss() - before).toBeLessThan(100_000_000);
  });

  test('nested deeper than a server takes is none, and a warning', async () => {
    const { ending, warnings } = await node('console.log("[".repeat(1001) + "]".repeat(1001))');
    expect(ending).toEqual(done());
    expect(warnings).toEqual([expect.stringMatching(/1000 levels.*no result/)]);
  });

  test('that who was started by the child keeps open is waited for a moment only', async () => {
    const begun = performance.now();
    const { ending } = await sh('echo 5; sleep 30 & exit 0');
    expect(ending).toEqual(done('5'));
    expect(performance.now() - begun).toBeLessThan(5_000);
  });
});

describe('stderr', () => {
  test('is passed on, and is the error', async () => {
    const { ending, stderr } = await sh('echo one >&2; echo two >&2; echo no; exit 1');
    expect(ending).toEqual({ outcome: 'failed', error: 'one\ntwo' });
    expect(stderr).toBe('one\ntwo\n');
  });

  test('counts with its last 8 KiB, from a whole character on', async () => {
    const { ending, stderr } = await node(
      'process.stderr.write("é".repeat(10000) + "!"); process.exitCode = 1',
    );
    expect(ending).toEqual({ outcome: 'failed', error: `${'é'.repeat(4095)}!` });
    expect(Buffer.byteLength(stderr)).toBe(20_001);
  });

  test('that is no UTF-8 is replaced', async () => {
    const { ending } = await sh(`printf '\\377 bad' >&2; exit 1`);
    expect(ending).toEqual({ outcome: 'failed', error: '\ufffd bad' });
  });
});

describe('the end', () => {
  test.each<[string, Ending]>([
    ['exit 0', { outcome: 'done' }],
    ['exit 75', { outcome: 'later' }],
    ['exit 65', { outcome: 'dead', error: 'exit status 65' }],
    ['echo why >&2; exit 65', { outcome: 'dead', error: 'why' }],
    ['exit 1', { outcome: 'failed', error: 'exit status 1' }],
    ['exit 255', { outcome: 'failed', error: 'exit status 255' }],
    ['kill -KILL $$', { outcome: 'failed', error: 'killed by SIGKILL' }],
    ['kill -SEGV $$', { outcome: 'failed', error: 'killed by SIGSEGV' }],
    ['exit 126', { outcome: 'unrunnable', error: 'exit status 126' }],
    ['exit 127', { outcome: 'unrunnable', error: 'exit status 127' }],
  ])('%s', async (script, ending) => {
    expect((await sh(script)).ending).toEqual(ending);
  });

  test('a command that is not there, may not be run, or is a directory can not be run', async () => {
    const directory = temporaryDirectory();
    const file = join(directory, 'tool');
    writeFileSync(file, '#!/bin/sh\n', { mode: 0o644 });
    const bad = join(directory, 'bad');
    writeFileSync(bad, '#!/no/such/interpreter\n', { mode: 0o755 });
    for (const command of ['no-such-command', './no/such', file, directory, bad]) {
      const { ending } = await run([command, '{file}']);
      expect(ending).toEqual({
        outcome: 'unrunnable',
        error: expect.stringContaining(`${command} can't be run`),
      });
    }
  });

  test('a script without a first line is one for sh', async () => {
    const file = join(temporaryDirectory(), 'tool');
    writeFileSync(file, 'echo 1\n', { mode: 0o755 });
    expect((await run([file])).ending).toEqual(done('1'));
  });

  test('no listener is left', async () => {
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 5 }, () => run(['true'], { signal })));
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('when it is told to stop', () => {
  /** Runs a script that writes its process id, and aborts once it has. */
  async function stopped(script: string, setting: Setting = {}) {
    const ready = join(temporaryDirectory(), 'ready');
    const controller = new AbortController();
    const running = sh(script.replaceAll('READY', ready), { ...setting, signal: controller.signal });
    await until(() => existsSync(ready) && readFileSync(ready, 'utf8').endsWith('\n'));
    const begun = performance.now();
    controller.abort(Object.assign(new Error('time is over'), { code: 'timeout' }));
    const { ending } = await running;
    return { ending, ms: performance.now() - begun, pid: Number(readFileSync(ready, 'utf8')) };
  }

  test('it gets SIGTERM', async () => {
    const { ending, ms } = await stopped('echo $$ >READY; exec sleep 30');
    expect(ending).toEqual({ outcome: 'failed', error: 'killed by SIGTERM' });
    expect(ms).toBeLessThan(1_000);
  });

  test('it may still end well', async () => {
    const { ending } = await stopped(
      'trap "echo 5; exit 0" TERM; echo $$ >READY; while :; do sleep 0.02; done',
    );
    expect(ending).toEqual(done('5'));
  });

  test('it is killed when it does not listen', async () => {
    const { ending, ms } = await stopped('trap "" TERM; echo $$ >READY; while :; do sleep 0.02; done');
    expect(ending).toEqual({ outcome: 'failed', error: 'killed by SIGKILL' });
    expect(ms).toBeGreaterThan(290);
    expect(ms).toBeLessThan(3_000);
  });

  test('so are those it has started, also when it is gone itself', async () => {
    const { ending, pid, ms } = await stopped(`
      trap 'exit 3' TERM
      sh -c 'trap "" TERM; echo $$ >READY; while :; do sleep 0.02; done' &
      wait`);
    expect(ending).toEqual({ outcome: 'failed', error: 'exit status 3' });
    await until(() => !lives(pid));
    expect(ms).toBeLessThan(3_000);
  });

  test('one that left the group and holds its stdout is not waited for', async () => {
    const { ending, ms, pid } = await stopped(
      `setsid sh -c 'echo $$ >READY; exec sleep 30' & trap 'exit 0' TERM; while :; do sleep 0.02; done`,
    );
    onTestFinished(() => void process.kill(pid, 'SIGKILL'));
    expect(ending).toEqual(done());
    expect(ms).toBeLessThan(3_000);
  });

  test('before it has begun, it is ended all the same', async () => {
    const { ending } = await sh('exec sleep 30', { signal: AbortSignal.abort() });
    expect(ending).toEqual({ outcome: 'failed', error: 'killed by SIGTERM' });
  });
});

test('all are killed at once, with those they started, and their files removed', async () => {
  const directory = temporaryDirectory();
  const children = createChildren({
    command: 'sh',
    args: ['-c', `sleep 30 & echo $! $$ >${directory}/{id}; echo {file} >>${directory}/{id}; wait`],
    url: 'http://127.0.0.1:5000',
    env: process.env,
    onWarning: () => {},
    onStderr: () => {},
  });
  const { signal } = new AbortController();
  const ends = ['1', '2'].map((id) => children.run({ ...job, id }, signal));
  const read = (id: string) => {
    const path = join(directory, id);
    return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split(/\s/) : [];
  };
  await until(() => read('1').length === 3 && read('2').length === 3);
  const files = [read('1')[2], read('2')[2]] as string[];
  for (const file of files) expect(statSync(file).size).toBe(job.text.length);
  children.kill();
  for (const file of files) expect(existsSync(file)).toBe(false);
  const killed = { outcome: 'failed', error: 'killed by SIGKILL' };
  expect(await Promise.all(ends)).toEqual([killed, killed]);
  const pids = [...read('1').slice(0, 2), ...read('2').slice(0, 2)].map(Number);
  await until(() => !pids.some(lives));
});
