/** What operators look with: top, bench, doctor, against real servers. */

import { createServer } from 'node:net';
import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import { expect, onTestFinished, test } from 'vitest';
import { connect } from '../../dist/client/client.js';
import { freePort } from '../support/ports.js';
import { runPresque, startServer, temporaryDirectory } from '../support/process.js';
import { runInTerminal } from '../support/terminal.js';

const longName = 'a-queue-whose-name-is-longer-than-what-is-left-of-a-line-of-eighty-columns';

async function startFilled() {
  const data = temporaryDirectory();
  const server = await startServer({ data });
  const presque = connect(server.url);
  await presque.pushMany(
    'mail',
    Array.from({ length: 1_234 }, (_, n) => n),
  );
  await presque.push(longName, 1, { delay: '1h' });
  await presque.stop(longName);
  await presque.calls.register({ queue: 'mail', worker: 'host:17' });
  await presque.lease('mail', { worker: 'host:17' });
  return { server, presque, data, env: { PRESQUE_URL: server.url } };
}

const rows = (text: string) => text.split('\n').map((line) => line.trim().split(/ {2,}/));

test('top prints once, plain, where stdout is no terminal', async () => {
  const { server, env } = await startFilled();
  const { stdout, stderr, code } = await runPresque(['top'], { env });
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  expect(stdout).toBe(stripVTControlCharacters(stdout));
  expect(stdout).toContain(`presque ${server.url}`);
  expect(rows(stdout)).toContainEqual([
    'mail',
    '1,233',
    '0',
    '1',
    '0',
    '-',
    '-',
    expect.any(String),
    '1',
    'open',
  ]);
  expect(rows(stdout)).toContainEqual([longName, '0', '1', '0', '0', '-', '-', '-', '0', 'stopped']);
  expect(rows(stdout)).toContainEqual(['host:17', 'mail', '1', '0', '0', expect.any(String)]);
  const { stdout: json } = await runPresque(['top', '--json'], { env });
  expect(JSON.parse(json)).toMatchObject({
    total: 2,
    queues: [{ queue: longName }, { queue: 'mail', ready: 1_233 }],
  });
});

test.each([80, 200])('top fits a terminal of %i columns, and leaves it as it was', async (columns) => {
  const { env } = await startFilled();
  const source = "process.argv.push('top'); await import('DIST/cli/main.js');";
  const { screen, code } = await runInTerminal(source, { columns, input: 'sq', env });
  expect(code).toBe(0);
  expect(screen.indexOf('\x1b[?1049h')).toBeGreaterThanOrEqual(0);
  expect(screen.trimEnd().endsWith('\x1b[?1049l')).toBe(true);
  const lines = screen.replaceAll('\x1b[H', '\r\n').split('\r\n').map(stripVTControlCharacters);
  expect(lines.join('\n')).toContain('by ready');
  expect(lines.some((line) => line.startsWith('mail'))).toBe(true);
  expect(lines.some((line) => line.includes(longName))).toBe(columns === 200);
  expect(lines.filter((line) => stringWidth(line) > columns)).toEqual([]);
});

test('bench tells its figures, and leaves no queue', async () => {
  const { presque, env } = await startFilled();
  const { stdout, code } = await runPresque(['bench', '--jobs', '200', '-c', '8', '--json'], { env });
  expect(code).toBe(0);
  const figures = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(figures.map(({ what }) => what)).toEqual([
    'push',
    'take',
    'push, in batches',
    'lease + done',
    'worker -j 8',
  ]);
  for (const { jobs, perSecond } of figures) expect([jobs, perSecond > 0]).toEqual([200, true]);
  const names: string[] = [];
  for await (const name of presque.queues()) names.push(name);
  expect(names.sort()).toEqual([longName, 'mail']);
  const plain = await runPresque(['bench', '--jobs', '50', '-q'], { env });
  expect(plain.stderr).toBe('');
  expect(rows(plain.stdout)[0]).toEqual(['WHAT', 'JOBS', 'JOBS/S', 'P50 MS', 'P99 MS']);
  expect((await runPresque(['bench', '--jobs', '0'], { env })).code).toBe(2);
});

test('doctor finds a server that is well to be so', async () => {
  const { presque, data, env } = await startFilled();
  const { stdout, code } = await runPresque(['doctor', '--data', data], { env });
  expect(code).toBe(0);
  expect(rows(stdout).map(([level]) => level?.split(' ')[0])).not.toContain('PROBLEM');
  expect(stdout).toMatch(/ok +durability fsync/);
  expect(stdout).toMatch(/ok +clock/);
  expect(stdout).toMatch(/ok +store .*in use by a server/);
  const names: string[] = [];
  for await (const name of presque.queues()) names.push(name);
  expect(names).toHaveLength(2);
});

test('doctor tells what is wrong', async () => {
  const memory = await startServer({ args: ['--store', 'memory:'] });
  const lost = await runPresque(['doctor', '--url', memory.url, '--json'], { env: { PRESQUE_PRT: '1' } });
  expect(lost.code).toBe(1);
  const found = lost.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(found).toContainEqual({ about: 'settings', level: 'problem', text: 'PRESQUE_PRT is not a setting' });
  expect(found).toContainEqual({
    about: 'durability',
    level: 'warning',
    text: expect.stringContaining('memory'),
  });

  const away = await runPresque(['doctor', '--url', `http://127.0.0.1:${await freePort()}`]);
  expect(away.code).toBe(69);
  expect(away.stdout).toMatch(/PROBLEM +server .*can not be reached/);

  const store = await runPresque([
    'doctor',
    '--url',
    memory.url,
    '--store',
    `redis://127.0.0.1:${await freePort()}`,
  ]);
  expect(store.code).toBe(1);
  expect(store.stdout).toMatch(/PROBLEM +store/);
  const fresh = await runPresque(['doctor', '--url', memory.url, '--data', temporaryDirectory()]);
  expect(fresh.stdout).toMatch(/warning +store .*not there yet/);
});

test('doctor does not wait for a server that takes connections and ends them', {
  timeout: 60_000,
}, async () => {
  const silent = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void silent.close());
  const { port } = silent.address() as { port: number };
  const { code } = await runPresque(['doctor', '--url', `http://127.0.0.1:${port}`]);
  expect(code).toBe(69);
});
