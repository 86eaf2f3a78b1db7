/** `presque queues`, `workers`, `status` and `tail`: what there is, how it is set, what happens. */

import { describe, expect, test } from 'vitest';
import { startPresque } from '../support/process.js';
import { startCommands, values } from './commands.js';

describe('presque queues', () => {
  test('ls prints names, one a line', async () => {
    const { client, print } = await startCommands();
    expect(await print(['queues', 'ls'])).toBe('');
    for (const queue of ['foo', 'bar']) await client.push(queue, '1');
    expect((await print(['queues', 'ls'])).split('\n').sort()).toEqual(['', 'bar', 'foo']);
    expect(values(await print(['queues', 'ls', '--json']))).toHaveLength(2);
  });

  test('set and show speak of the policy in the same words', async () => {
    const { run, print } = await startCommands();
    const words = ['lease=1m30s', 'attempts=3', 'backoff=10s,1m', 'max_size=7', 'keep_done=1d', 'ttl=2h'];
    expect(await run(['queues', 'set', 'foo', ...words])).toEqual({
      code: 0,
      stdout: '',
      stderr: 'foo is set\n',
    });
    const shown = (await print(['queues', 'show', 'foo'])).split('\n').map((line) => line.replace(/ +/, '='));
    expect(shown).toEqual(expect.arrayContaining(words));
    const [set] = values(
      await print(['queues', 'set', 'foo', 'attempts=null', 'ttl=', 'backoff=exponential', '--json']),
    );
    expect(set).toMatchObject({ queue: 'foo', attempts: 25, backoff: 'exponential', lease: 90 });
    expect(set).not.toHaveProperty('ttl');
    expect(values(await print(['queues', 'show', 'foo', '--json']))).toEqual([set]);
  });

  test('set sets nothing of what has something wrong in it', async () => {
    const { client, run } = await startCommands();
    for (const [word, code] of [
      ['attempts', 2],
      ['attempts=x', 2],
      ['lease=soon', 2],
      ['lease=99d', 1],
    ] as const) {
      expect(await run(['queues', 'set', 'foo', 'max_size=7', word])).toMatchObject({ code, stdout: '' });
    }
    expect(await run(['queues', 'set', 'foo', 'ttl=1h', 'ttl=2h'])).toMatchObject({ code: 2 });
    expect(await client.policy('foo')).not.toHaveProperty('max_size');
  });

  test('stop and start', async () => {
    const { client, print } = await startCommands();
    await print(['queues', 'stop', 'foo']);
    expect((await client.policy('foo')).status).toBe('stop');
    expect(values(await print(['queues', 'start', 'foo', '--json']))).toEqual([
      { queue: 'foo', status: 'start' },
    ]);
    expect((await client.policy('foo')).status).toBe('start');
  });

  test('purge leaves what does not wait, rm nothing; both want to be told', async () => {
    const { client, print, run } = await startCommands();
    await client.push('foo', '1');
    await client.push('foo', '2');
    await client.push('foo', '3', { delay: '1h' });
    await client.lease('foo');
    await client.setPolicy('foo', { attempts: 3 });
    expect(await run(['queues', 'purge', 'foo'])).toMatchObject({ code: 2 });
    expect(await run(['queues', 'rm', 'foo'])).toMatchObject({ code: 2 });
    expect(values(await print(['queues', 'purge', 'foo', '--yes', '--json']))).toEqual([
      { queue: 'foo', matched: 2 },
    ]);
    expect(await client.status('foo')).toMatchObject({
      ready: 0,
      delayed: 0,
      leased: 1,
      policy: { attempts: 3 },
    });
    await print(['queues', 'rm', 'foo', '-y']);
    expect(await print(['queues', 'ls'])).toBe('');
  });
});

test('presque status counts the jobs of all queues, or tells all about one', async () => {
  const { client, print } = await startCommands();
  for (const job of ['1', '2']) await client.push('foo', job);
  await client.take('foo');
  await client.push('bar', '1', { delay: '1h' });
  await client.stop('bar');
  const [header, ...rows] = (await print(['status'])).trimEnd().split('\n');
  expect(header).toMatch(/^QUEUE +READY +DELAYED +LEASED +DEAD +DONE/);
  expect(rows.map((row) => row.trim().split(/ +/).slice(0, 3)).sort()).toEqual([
    ['bar', '0', '1'],
    ['foo', '1', '0'],
  ]);
  expect(rows.find((row) => row.startsWith('bar'))).toMatch(/stopped$/);
  expect(
    values(await print(['status', '--json']))
      .map(({ queue }) => queue)
      .sort(),
  ).toEqual(['bar', 'foo']);
  expect(await print(['status', 'foo'])).toMatch(/^processed +1$/m);
  expect(values(await print(['status', 'foo', '--json']))).toMatchObject([
    { queue: 'foo', ready: 1, processed: 1 },
  ]);
});

test('presque workers ls shows who works on what', async () => {
  const { client, print } = await startCommands();
  expect(await print(['workers', 'ls'])).toBe('');
  const { id } = await client.push('foo', '1');
  await client.calls.register({ queue: 'foo', worker: 'w 1' });
  await client.lease('foo', { worker: 'w 1' });
  expect(await print(['workers', 'ls'])).toMatch(new RegExp(`^w 1 +foo .* foo/${id}$`, 'm'));
  expect(values(await print(['workers', 'ls', '--json']))).toMatchObject([
    { worker_id: 'w 1', doing: [{ queue: 'foo', id }] },
  ]);
});

describe('presque tail', () => {
  async function tailing(...args: string[]) {
    const { client, url } = await startCommands();
    await client.push('old', '1');
    const tail = startPresque(['tail', ...args], { env: { PRESQUE_URL: url } });
    await tail.printed(/^following /m);
    return { client, tail };
  }

  test('prints a line for each change, also of queues that come up, until it is interrupted', async () => {
    const { client, tail } = await tailing();
    const { id } = await client.push('new', '1');
    await tail.printed(new RegExp(`^\\d\\d:\\d\\d:\\d\\d  new  ${id}  ready$`, 'm'));
    const job = await client.lease('new', { worker: 'w1' });
    await tail.printed(new RegExp(`new  ${id}  leased  attempt 1  by w1$`, 'm'));
    await job?.fail('no luck', { dead: true });
    await tail.printed(new RegExp(`new  ${id}  dead  attempt 1  failed  no luck$`, 'm'));
    await client.take('old');
    await tail.printed(/old {2}\S+ {2}gone$/m);
    tail.signal('SIGINT');
    expect(await tail.exited).toEqual({ code: 0, signal: null });
    expect(tail.stdout.trimEnd().split('\n')).toHaveLength(4);
  });

  test('of some queues only, as JSON', async () => {
    const { client, tail } = await tailing('foo', '--json');
    await client.push('bar', '1');
    const { id } = await client.push('foo', '1');
    await tail.printed(/"ready"/);
    expect(values(tail.stdout)).toEqual([
      { time: expect.any(Number), queue: 'foo', id, state: 'ready', run_at: undefined },
    ]);
    tail.signal('SIGINT');
    await tail.exited;
  });
});
