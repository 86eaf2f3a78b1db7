/** Shows what the server logs: JSON lines on a pipe, and never what is in a job or what gives rights. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/store/sqlite/binding.js';
import { freePort } from '../support/ports.js';
import {
  runPresque,
  startPresque,
  startProcess,
  startServer,
  temporaryDirectory,
  within,
} from '../support/process.js';
import { createClient, openWire, pause } from './client.js';
import { straceMissing, testUnless } from './needs.js';

const marker = 'S3CRETmarker';
const job = JSON.stringify({ password: marker });

/** Each line, read as JSON; throws when one is something else. */
const linesOf = (output: string) =>
  output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { level: number; time: number; msg: string });

test('on a pipe the log is JSON lines, from the start to the end', async () => {
  const server = await startServer({ data: temporaryDirectory() });
  await createClient(server.url).push('foo', '1');
  await server.stop();
  const lines = linesOf(server.stdout);
  expect(lines.map(({ msg }) => msg.replace(/ serves.*/, ''))).toEqual(['presque', 'stopping', 'stopped']);
  for (const { level, time } of lines) {
    expect(level).toBe(30);
    expect(Math.abs(Date.now() - time)).toBeLessThan(60_000);
  }
  expect(server.stderr).toBe('');
});

test('requests, also wrong ones, leave no job, no header and no token in the log', async () => {
  const server = await startServer({ data: temporaryDirectory(), args: ['--log-level', 'debug'] });
  const { ask, push, pushMany, takeAll } = createClient(server.url);
  const type = { 'Content-Type': 'application/json' };
  await push('foo', job);
  await push('foo', `{"broken": ${marker}`);
  await push(`no/such ${marker}`.replace(' ', '%20'), job);
  await pushMany('foo', [job, job]);
  await pushMany('foo', [job, `{${marker}`]);
  await ask('POST', '/q/foo', job, { 'Content-Type': `text/${marker}` });
  await ask('POST', `/q/foo?uniq=${marker}`, job);
  await ask('POST', `/q/foo?uniq=${marker}`, job);
  await ask('GET', `/q/foo?token=${marker}`);
  await ask('GET', `/j/foo/1?lease=${marker}`);
  await ask('GET', '/status/', undefined, { Authorization: `Bearer ${marker}` });
  await ask('POST', '/q/foo', job, { ...type, 'X-Request-Id': 'ours', 'Idempotency-Key': marker });
  await ask('PUT', '/q/foo', job);
  await ask('POST', '/control/foo', job);
  await ask('POST', '/w/foo', job);
  await ask('GET', '/status/foo?with_desc=1');
  const wire = await openWire(server.url);
  wire.write(`POST /q/foo HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 500\r\n\r\n${job}`);
  await pause(50);
  wire.socket.destroy();
  const garbage = await openWire(server.url);
  garbage.write(`${marker}\r\n\r\n`);
  await garbage.received;
  await takeAll('foo');
  await server.stop();
  linesOf(server.stdout);
  expect(server.stdout + server.stderr).not.toContain(marker);
});

test('a job that was damaged on the disk is logged by its name, not by what is in it, and not handed out', async () => {
  const data = temporaryDirectory();
  const first = await startServer({ data });
  const pushed = await createClient(first.url).push('foo', job);
  await first.stop();
  const database = openDatabase(join(data, 'presque.db'));
  database.exec("UPDATE job SET body = replace(body, 'password', 'passwork')");
  database.close();
  const server = await startServer({ data });
  const { ask, json } = createClient(server.url);
  expect((await ask('GET', '/q/foo')).status).toBe(404);
  expect(await json('/status/foo')).toMatchObject({ size: 0 });
  await server.stop();
  const errors = linesOf(server.stdout).filter(({ level }) => level === 50);
  expect(errors).toMatchObject([{ queue: 'foo', id: pushed.headers['presque-job'] }]);
  expect(server.stdout + server.stderr).not.toContain(marker);
});

testUnless(straceMissing())('a failing disk is logged as an error, without the jobs', async () => {
  const server = await startServer({ data: temporaryDirectory() });
  const { ask, push } = createClient(server.url);
  const inject = ['-e', 'trace=fdatasync,fsync', '-e', 'inject=fdatasync,fsync:error=EIO'];
  const strace = startProcess('strace', ['-f', '-o', '/dev/null', ...inject, '-p', String(server.pid)]);
  await strace.printed(/attached/);
  const asked = { 'Content-Type': 'application/json', 'X-Request-Id': 'mine-1' };
  expect((await ask('POST', '/q/foo', job, asked)).status).toBe(503);
  expect((await push('foo', job)).status).toBe(503);
  strace.signal('SIGTERM');
  await within(10_000, 'strace lets go', strace.exited);
  await server.stop();
  const errors = linesOf(server.stdout).filter(({ level }) => level === 50);
  expect(errors.length).toBeGreaterThanOrEqual(2);
  expect(errors[0]).toMatchObject({ requestId: 'mine-1' });
  expect(server.stdout + server.stderr).not.toContain(marker);
});

test('when the reader of the log is gone, the server serves on and stops in order', async () => {
  const data = temporaryDirectory();
  const wrap = ['bash', '-c', 'exec "$@" > >(head -n 1)', '--'];
  const server = await startServer({ data, wrap });
  await pause(300);
  const { push } = createClient(server.url);
  expect((await push('foo', '1')).status).toBe(201);
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  expect(server.stderr).toBe('');
  expect(readdirSync(data)).toEqual(['presque.db']);
});

test('--log-level silent prints nothing while it serves', async () => {
  const port = String(await freePort());
  const args = ['--log-level', 'silent', '--port', port];
  const server = startPresque(['serve', ...args, '--data', temporaryDirectory()]);
  const { ask } = createClient(`http://127.0.0.1:${port}`);
  let live = false;
  for (let attempt = 0; attempt < 200 && !live; attempt++) {
    live = (await ask('GET', '/livez').catch(() => undefined))?.status === 200;
    if (!live) await pause(25);
  }
  expect(live).toBe(true);
  await ask('POST', '/q/foo', '{');
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  expect(server.stdout + server.stderr).toBe('');
});

test('--log-level silent still says in one line why it does not start', async () => {
  const { url } = await startServer({ data: temporaryDirectory() });
  const { port } = new URL(url);
  const args = ['serve', '--log-level', 'silent', '--port', port, '--data', temporaryDirectory()];
  const { code, stdout, stderr } = await runPresque(args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^presque: [^\n]+\n$/);
  expect(stderr).toContain(port);
});
