/** `presque fetch`, `done`, `fail`, `extend`, `release`: jobs taken and settled by hand. */

import { describe, expect, test } from 'vitest';
import { startCommands, values } from './commands.js';

const exact = '{"n":12345678901234567890, "a":1.0}';

/** A server with a job that is leased, and the environment in which a command of a worker is run. */
async function leased() {
  const commands = await startCommands();
  const { client } = commands;
  await client.push('foo', exact);
  const job = await client.lease('foo', { lease: '60s' });
  const { id, token } = job as { id: string; token: string };
  const env = { PRESQUE_QUEUE: 'foo', PRESQUE_JOB: id, PRESQUE_LEASE: token };
  return { ...commands, id, token, env, job: () => client.job('foo', id) };
}

describe('presque fetch', () => {
  test('takes a job for good and prints its bytes, with nothing behind them', async () => {
    const { client, run } = await startCommands();
    await client.push('foo', exact);
    expect(await run(['fetch', 'bar,foo'])).toEqual({ code: 0, stdout: exact, stderr: '' });
    expect(await run(['fetch', 'foo'])).toMatchObject({ code: 3, stdout: '' });
  });

  test('tells the token of a lease on stderr, unless it is to be quiet', async () => {
    const { client, run, print } = await startCommands();
    await client.push('foo', '1');
    await client.push('foo', '2');
    const { stdout, stderr } = await run(['fetch', 'foo', '--lease', '60s']);
    const [, id = '', token = ''] = /^foo\/(\S+) until \S+, --lease (\S+)\n$/.exec(stderr) ?? [];
    expect(stdout).toBe('1');
    await print(['done', `foo/${id}`, '--lease', token]);
    expect(await run(['fetch', 'foo', '--lease', '60s', '--quiet'])).toEqual({
      code: 0,
      stdout: '2',
      stderr: '',
    });
  });

  test('--json prints the job with all that settles it', async () => {
    const { client, print, url } = await startCommands();
    const { id } = await client.push('foo', exact);
    const text = await print(['fetch', 'foo', '--lease', '60s', '--json']);
    expect(text).toContain(`"job":${exact}`);
    const [job] = values<{ lease: string; links: { done: string }; expires_at: number }>(text);
    expect(job).toMatchObject({ id, queue: 'foo', attempt: 1 });
    expect(Object.keys(job ?? {}).sort()).toEqual([
      'attempt',
      'expires_at',
      'id',
      'job',
      'lease',
      'links',
      'queue',
    ]);
    expect(Math.abs((job?.expires_at ?? 0) - Date.now() / 1_000 - 60)).toBeLessThan(15);
    expect(job?.links.done).toBe(`${url}/j/foo/${id}/done?lease=${job?.lease}`);
    expect((await fetch(job?.links.done ?? '', { method: 'POST' })).status).toBe(204);
  });

  test('leases where the policy of the queue says so, and not with --lease 0', async () => {
    const { client, print } = await startCommands();
    await client.setPolicy('foo', { lease: '60s' });
    await client.push('foo', '1');
    await client.push('foo', '2');
    expect(values(await print(['fetch', 'foo', '--json']))[0]).toHaveProperty('lease');
    expect(values(await print(['fetch', 'foo', '--json', '--lease', '0']))[0]).not.toHaveProperty('lease');
  });

  test('waits for a job', async () => {
    const { client, run } = await startCommands();
    const fetching = run(['fetch', 'foo', '--wait', '20s']);
    await client.push('foo', '"late"');
    expect(await fetching).toEqual({ code: 0, stdout: '"late"', stderr: '' });
  });

  test('tells that a queue is stopped', async () => {
    const { client, run } = await startCommands();
    await client.stop('foo');
    expect(await run(['fetch', 'foo'])).toEqual({
      code: 3,
      stdout: '',
      stderr: 'presque: queue is closed\n',
    });
  });
});

describe('settling', () => {
  test('done, with a result that keeps its bytes', async () => {
    const { run, id, token, job } = await leased();
    const ran = await run(['done', 'foo', id, '--lease', token, '--result', '-'], { input: exact });
    expect(ran).toEqual({ code: 0, stdout: '', stderr: `foo/${id} is done\n` });
    expect(await job()).toMatchObject({ state: 'done', result: exact });
  });

  test('done without arguments, from the environment', async () => {
    const { print, env, job } = await leased();
    expect(await print(['done'], { env })).toBe('');
    expect(await job()).toMatchObject({ state: 'done' });
  });

  test('fail, with its error and when it comes again', async () => {
    const { print, env, id, job } = await leased();
    const [told] = values(await print(['fail', '--error', 'no luck', '--delay', '1h', '--json'], { env }));
    expect(told).toMatchObject({ queue: 'foo', id, state: 'delayed' });
    expect(await job()).toMatchObject({ state: 'delayed', failures: 1, attempts: [{ error: 'no luck' }] });
  });

  test('fail --dead', async () => {
    const { run, env, id, job } = await leased();
    const ran = await run(['fail', '--dead', '--error', '-'], { env, input: 'too bad' });
    expect(ran).toEqual({ code: 0, stdout: '', stderr: `foo/${id} is dead\n` });
    expect(await job()).toMatchObject({ state: 'dead', attempts: [{ error: 'too bad' }] });
  });

  test('extend, with progress and a note; it tells of a cancel', async () => {
    const { client, print, run, env, id, job } = await leased();
    await client.cancel('foo', id);
    const options = ['--for', '1h', '--progress', '0.4', '--note', 'page 2'];
    const [told] = values(await print(['extend', ...options, '--json'], { env }));
    expect(told).toMatchObject({ queue: 'foo', id, cancel: true });
    expect(Number(told?.expires_at)).toBeGreaterThan(Date.now() / 1_000 + 3_000);
    expect(await job()).toMatchObject({ state: 'leased', progress: 0.4, note: 'page 2' });
    expect((await run(['extend'], { env })).stderr).toMatch(/is to be stopped\n$/);
  });

  test('release spends no attempt', async () => {
    const { print, env, job } = await leased();
    expect(await print(['release', '--quiet'], { env })).toBe('');
    expect(await job()).toMatchObject({ state: 'ready', failures: 0 });
  });

  test('a lease that is lost is exit 1, and nothing changes', async () => {
    const { run, id, job } = await leased();
    for (const verb of ['done', 'fail', 'extend', 'release']) {
      const ran = await run([verb, `foo/${id}`, '--lease', 'another']);
      expect(ran).toEqual({ code: 1, stdout: '', stderr: 'presque: lease lost\n' });
    }
    expect(await job()).toMatchObject({ state: 'leased' });
  });

  test('what is named counts before the environment', async () => {
    const { run, env } = await leased();
    expect(await run(['done', 'foo', 'nothing'], { env })).toMatchObject({ code: 3 });
  });
});
