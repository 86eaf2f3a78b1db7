/** `presque push` and `presque jobs import`: one job, many, from wherever; their bytes stay what they are. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startProcess, temporaryDirectory, within } from '../support/process.js';
import { main, startCommands, values } from './commands.js';

const exact = '{"n":12345678901234567890, "a":1.0}';

describe('one job', () => {
  test.each([
    ['as an argument', [exact], {}],
    ['on stdin', ['-'], { input: exact }],
    ['on stdin without a word', [], { input: exact }],
  ])('%s comes back byte for byte', async (_, words, options) => {
    const { print } = await startCommands();
    await print(['push', 'foo', ...words], options);
    expect(await print(['fetch', 'foo'])).toBe(exact);
  });

  test('from a file, with its line end', async () => {
    const { print } = await startCommands();
    const path = join(temporaryDirectory(), 'job.json');
    writeFileSync(path, `${exact}\n`);
    await print(['push', 'foo', `@${path}`]);
    expect(await print(['fetch', 'foo'])).toBe(`${exact}\n`);
  });

  test('has all that its options say', async () => {
    const { print } = await startCommands();
    const options = ['--delay', '1h', '--priority', '9', '--tag', 'a', '--tag', 'b', '--keep', '1d'];
    const more = [
      '--ttl',
      '2h',
      '--attempts',
      '3',
      '--backoff',
      '10s,1m',
      '--uniq',
      'k',
      '--uniq-until',
      'done',
    ];
    const [pushed] = values(await print(['push', 'foo', '1', ...options, ...more, '--json']));
    expect(pushed).toMatchObject({ queue: 'foo', durability: 'memory', replayed: false });
    const [job] = values(await print(['jobs', 'show', 'foo', String(pushed?.id), '--json']));
    expect(job).toMatchObject({ state: 'delayed', priority: 9, tags: ['a', 'b'], job: 1 });
    expect(Number(job?.run_at)).toBeGreaterThan(Date.now() / 1_000 + 3_500);
  });

  test('may be delayed until a time, by seconds or as it is written', async () => {
    const { print } = await startCommands();
    await print(['push', 'foo', '1', '--delayed', '4102444800']);
    await print(['push', 'foo', '2', '--delayed', '2100-01-01T00:00:00Z']);
    const jobs = values(await print(['jobs', 'ls', 'foo', '--state', 'delayed', '--json']));
    expect(jobs.map(({ run_at }) => run_at)).toEqual([4_102_444_800, 4_102_444_800]);
  });

  test('under an idempotency key is pushed once; a unique key is refused while it is there', async () => {
    const { print, run } = await startCommands();
    const push = () => print(['push', 'foo', '1', '--idempotency-key', 'k', '--json']);
    const [first] = values(await push());
    const [second] = values(await push());
    expect(second).toEqual({ ...first, replayed: true });
    await print(['push', 'foo', '1', '--uniq', 'u']);
    expect(await run(['push', 'foo', '1', '--uniq', 'u'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'presque: job already exists\n',
    });
  });

  test('demands a durability that the store must have', async () => {
    const { run } = await startCommands();
    const { code, stderr } = await run(['push', 'foo', '1', '--durability', 'fsync']);
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringMatching(/durability/) });
  });
});

describe('--wait', () => {
  async function answered(settle: string[]) {
    const { print, run } = await startCommands();
    const waiting = run(['push', 'rpc', '1', '--wait', '20s']);
    const [job] = values(await print(['fetch', 'rpc', '--wait', '20s', '--lease', '60s', '--json']));
    const [verb = '', ...options] = settle;
    await print([verb, `rpc/${job?.id}`, '--lease', String(job?.lease), ...options]);
    return { ran: await waiting, id: job?.id };
  }

  test('prints the result, byte for byte', async () => {
    const { ran } = await answered(['done', '--result', exact]);
    expect(ran).toEqual({ code: 0, stdout: exact, stderr: '' });
  });

  test('ends with 1 and the error of a job that is dead', async () => {
    const { ran, id } = await answered(['fail', '--dead', '--error', 'no such thing']);
    expect(ran).toEqual({ code: 1, stdout: '', stderr: `presque: no such thing (rpc/${id})\n` });
  });

  test('ends with 1 when the time is over', async () => {
    const { run } = await startCommands();
    const { code, stdout, stderr } = await run(['push', 'rpc', '1', '--wait', '200ms']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^presque: job is ready \(rpc\/.+\)\n$/);
  });
});

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => `{"n":${from + at}}\n`).join('');

describe('--ndjson', () => {
  test('pushes a job a line, in their order, and tells the number on stderr', async () => {
    const { print, run } = await startCommands();
    const { code, stdout, stderr } = await run(['push', 'sums', '--ndjson'], { input: numbers(1, 2_500) });
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('2,500');
    const jobs = values(await print(['jobs', 'export', 'sums']));
    expect(jobs.map(({ job }) => (job as { n: number }).n)).toEqual(
      Array.from({ length: 2_500 }, (_, at) => at + 1),
    );
  });

  test('has options for all of them, and says what it did as JSON', async () => {
    const { print } = await startCommands();
    const options = ['--tag', 'x', '--priority', '2', '--json', '--quiet'];
    expect(values(await print(['push', 'foo', '-', '--ndjson', ...options], { input: '1\n\n2' }))).toEqual([
      { queue: 'foo', count: 2 },
    ]);
    for (const job of values(await print(['jobs', 'ls', 'foo', '--json']))) {
      expect(job).toMatchObject({ priority: 2, tags: ['x'] });
    }
  });

  test.each([
    ['that is no JSON', '{x', 'job is not valid JSON'],
    ['that is larger than the server takes', `"${'x'.repeat(200)}"`, 'job is larger than 100 bytes'],
    ['that is too deep', '['.repeat(1_001) + ']'.repeat(1_001), 'job is (larger|nested more) than .*'],
  ])('ends at a line %s, with its number; those before it are in', async (_, wrong, reason) => {
    const { print, run } = await startCommands({ maxJobBytes: 100 });
    const input = `${numbers(1, 1_200)}${wrong}\n${numbers(1, 5)}`;
    const { code, stdout, stderr } = await run(['push', 'foo', '--ndjson', '--quiet'], { input });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^presque: line 1201: ${reason} \\(1200 jobs are in\\)\n$`));
    expect(values(await print(['status', 'foo', '--json']))).toMatchObject([{ ready: 1_200 }]);
  });

  test('goes on one by one where a batch is more than the server takes', async () => {
    const { print } = await startCommands({ maxBatchBytes: 5_000 });
    await print(['push', 'foo', '--ndjson'], { input: numbers(1, 1_500) });
    const jobs = values(await print(['jobs', 'export', 'foo']));
    expect(jobs.map(({ job }) => (job as { n: number }).n)).toEqual(
      Array.from({ length: 1_500 }, (_, at) => at + 1),
    );
  });

  test('sends what comes slowly as it comes', async () => {
    const { client, url } = await startCommands();
    const script = '(echo 1; exec sleep 60) | "$0" "$1" push slow --ndjson';
    startProcess('bash', ['-c', script, process.execPath, main], { env: { PRESQUE_URL: url } });
    await expect.poll(async () => (await client.status('slow')).ready, { timeout: 20_000 }).toBe(1);
  });

  test('refuses what is said of one job', async () => {
    const { run } = await startCommands();
    expect(await run(['push', 'foo', '--ndjson', '--uniq', 'k'], { input: '1\n' })).toMatchObject({
      code: 2,
    });
    expect(await run(['push', 'foo', '{}', '--ndjson'])).toMatchObject({ code: 2 });
  });
});

describe('jobs export and import', () => {
  test('carry jobs with their bytes, priorities, tags and times', async () => {
    const { print } = await startCommands();
    await print(['push', 'a', exact, '--priority', '9', '--tag', 'x']);
    await print(['push', 'a', '[1,\n 2.50]']);
    await print(['push', 'a', '"later"', '--delayed', '4102444800']);
    const records = await print(['jobs', 'export', 'a']);
    expect(records).toContain(`"job":${exact}`);
    const path = join(temporaryDirectory(), 'a.ndjson');
    writeFileSync(path, records);
    await print(['jobs', 'import', 'b', path]);
    expect(values(await print(['jobs', 'export', 'b', '--state', 'delayed']))).toMatchObject([
      { job: 'later', run_at: 4_102_444_800 },
    ]);
    expect(values(await print(['jobs', 'export', 'b', '--state', 'ready']))).toMatchObject([
      { priority: 9, tags: ['x'] },
      { priority: 5, tags: [] },
    ]);
    expect(await print(['fetch', 'b'])).toBe(exact);
    expect(await print(['fetch', 'b'])).toBe('[1,\n 2.50]');
  });

  test('reads bare jobs, too, and leaves out what is done', async () => {
    const { print } = await startCommands();
    await print(['push', 'a', '1']);
    const [job] = values(await print(['fetch', 'a', '--lease', '60s', '--json']));
    await print(['done', 'a', String(job?.id), '--lease', String(job?.lease)]);
    const input = `${await print(['jobs', 'export', 'a'])}{"id":"1"}\n`;
    expect(values(await print(['jobs', 'import', 'b', '--json'], { input }))).toEqual([
      { queue: 'b', count: 1, left_out: 1 },
    ]);
    expect(await print(['fetch', 'b'])).toBe('{"id":"1"}');
    await print(['jobs', 'import', 'c', '--bare'], { input });
    expect(values(await print(['status', 'c', '--json']))).toMatchObject([{ ready: 2 }]);
  });

  test('an export whose reader has gone ends without a word', async () => {
    const { client, url } = await startCommands();
    await client.pushMany(
      'a',
      Array.from({ length: 3_000 }, () => `"${'x'.repeat(100)}"`),
    );
    const script = 'set -o pipefail; "$0" "$1" jobs export a --quiet | head -1';
    const child = startProcess('bash', ['-c', script, process.execPath, main], { env: { PRESQUE_URL: url } });
    expect(await within(20_000, 'end of the export', child.exited)).toMatchObject({ code: 0 });
    expect({ lines: values(child.stdout).length, stderr: child.stderr }).toEqual({ lines: 1, stderr: '' });
  });

  test('an import ends at a line that can not be used', async () => {
    const { run } = await startCommands();
    expect(await run(['jobs', 'import', 'b', '-', '--quiet'], { input: '1\n2\nx\n' })).toEqual({
      code: 1,
      stdout: '',
      stderr: 'presque: line 3: job is not valid JSON (2 jobs are in)\n',
    });
  });
});
