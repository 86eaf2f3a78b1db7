/** `presque jobs`: looks at jobs and steers them, one by one or all of a state. */

import { describe, expect, test } from 'vitest';
import { startCommands, values } from './commands.js';

const exact = '{"n":12345678901234567890, "a":1.0}';

/** Three dead jobs, a ready one, a delayed one. */
async function started() {
  const commands = await startCommands();
  const { client } = commands;
  const dead: string[] = [];
  for (const job of ['"one"', '"two"', exact]) {
    const { id } = await client.push('foo', job);
    await client.cancel('foo', id);
    dead.push(id);
  }
  const { id: ready } = await client.push('foo', '"ready"');
  const { id: delayed } = await client.push('foo', '"delayed"', { delay: '1h' });
  const state = async (id: string) => (await client.job('foo', id)).state;
  return { ...commands, dead: dead as [string, string, string], ready, delayed, state };
}

describe('presque jobs ls', () => {
  test('shows the jobs of all states in a table', async () => {
    const { print } = await started();
    const [header, ...rows] = (await print(['jobs', 'ls', 'foo'])).trimEnd().split('\n');
    expect(header).toMatch(/^ID +STATE .*JOB$/);
    expect(rows.map((row) => row.split(/ +/)[1])).toEqual(['ready', 'delayed', 'dead', 'dead', 'dead']);
    expect(rows.some((row) => row.endsWith(exact))).toBe(true);
  });

  test('of a state, with a text in them, as many as told', async () => {
    const { print, dead, run } = await started();
    const ids = async (...options: string[]) =>
      values(await print(['jobs', 'ls', 'foo', '--json', ...options])).map(({ id }) => id);
    expect(await ids('--state', 'dead')).toEqual([...dead].reverse());
    expect(await ids('--state', 'dead', '--contains', 'two')).toEqual([dead[1]]);
    expect(await ids('--limit', '3')).toHaveLength(3);
    expect((await run(['jobs', 'ls', 'foo', '--limit', '3'])).stderr).toMatch(/there may be more/);
  });

  test('of a queue that has none is nothing, exit 0', async () => {
    const { run } = await startCommands();
    expect(await run(['jobs', 'ls', 'foo'])).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

test('presque jobs show tells all about a job', async () => {
  const { print, dead } = await started();
  const text = await print(['jobs', 'show', 'foo', dead[2]]);
  expect(text).toMatch(/^state +dead$/m);
  expect(text).toMatch(/^reason +cancelled$/m);
  expect(text).toContain(exact);
  const json = await print(['jobs', 'show', `foo/${dead[2]}`, '--json']);
  expect(json).toContain(`"job":${exact}`);
  expect(values(json)).toMatchObject([{ id: dead[2], queue: 'foo', state: 'dead', reason: 'cancelled' }]);
});

test('presque jobs why says why it is not running', async () => {
  const { print, delayed } = await started();
  expect(await print(['jobs', 'why', 'foo', delayed])).toMatch(/^it is delayed, .*\n$/);
  expect(values(await print(['jobs', 'why', `foo/${delayed}`, '--json']))).toMatchObject([
    { state: 'delayed' },
  ]);
});

describe('presque jobs', () => {
  test('retry has one ready', async () => {
    const { run, print, dead, delayed, state } = await started();
    expect(await run(['jobs', 'retry', 'foo', dead[0]])).toEqual({
      code: 0,
      stdout: '',
      stderr: `foo/${dead[0]} is ready\n`,
    });
    await print(['jobs', 'retry', `foo/${delayed}`]);
    expect([await state(dead[0]), await state(delayed)]).toEqual(['ready', 'ready']);
  });

  test('retry has all of a state ready', async () => {
    const { client, print } = await started();
    const retried = await print(['jobs', 'retry', 'foo', '--state', 'dead', '--contains', 'o"', '--json']);
    expect(values(retried)).toEqual([{ queue: 'foo', matched: 1 }]);
    await print(['jobs', 'retry', 'foo', '--state', 'dead']);
    expect(await client.status('foo')).toMatchObject({ ready: 4, dead: 0 });
  });

  test('cancel has a waiting one dead; of one that has ended it is exit 1', async () => {
    const { client, run, print, ready, state } = await started();
    await print(['jobs', 'cancel', 'foo', ready]);
    expect(await state(ready)).toBe('dead');
    await client.push('bar', '1');
    const job = await client.lease('bar');
    await job?.done();
    const ran = await run(['jobs', 'cancel', 'bar', String(job?.id)]);
    expect(ran).toEqual({ code: 1, stdout: '', stderr: 'presque: job is done\n' });
  });

  test('rm does nothing where there is nobody to be asked, and what it is told with --yes', async () => {
    const { run, print, client, ready } = await started();
    expect(await run(['jobs', 'rm', 'foo', ready])).toMatchObject({ code: 2, stdout: '' });
    expect(await run(['jobs', 'rm', 'foo', '--state', 'dead'])).toMatchObject({ code: 2, stdout: '' });
    expect(await client.status('foo')).toMatchObject({ ready: 1, dead: 3 });
    await print(['jobs', 'rm', 'foo', ready, '--yes']);
    await print(['jobs', 'rm', 'foo', '--state', 'dead', '--contains', 'two', '-y']);
    expect(await client.status('foo')).toMatchObject({ ready: 0, dead: 2 });
    expect(await run(['jobs', 'rm', 'foo', ready, '--yes'])).toMatchObject({ code: 3 });
  });

  test.each([
    [['jobs', 'retry', 'foo', '7', '--state', 'dead']],
    [['jobs', 'rm', 'foo', '--contains', 'x']],
    [['jobs', 'rm', 'foo']],
    [['jobs', 'cancel', 'foo']],
  ])('%j does not say which ones', async (args) => {
    const { run } = await startCommands();
    expect(await run(args)).toMatchObject({ code: 2, stdout: '' });
  });
});
