/** How commands that talk to a server end: statuses, where they look for it, what is on which stream. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../support/ports.js';
import { startServer } from '../support/process.js';
import { runCommand, startCommands } from './commands.js';

/** The one line of an error. */
const line = /^presque: [^\n]+\n$/;

/** A server that says the same to everybody; what was asked for is in `asked`. */
async function startStub(status: number, body: object) {
  const asked: { path: string | undefined; token: string | undefined }[] = [];
  const server = createServer((request, response) => {
    asked.push({ path: request.url, token: request.headers.authorization });
    response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

describe('exit', () => {
  test('0 and nothing but the id on stdout, nothing on stderr', async () => {
    const { run } = await startCommands();
    const { code, stdout, stderr } = await run(['push', 'foo', '1']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^\S+\n$/);
  });

  test('1 with the sentence of a server that refuses', async () => {
    const { run } = await startCommands();
    expect(await run(['push', 'foo', '{"x"'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'presque: job is not valid JSON\n',
    });
    expect(await run(['push', 'a/b', '1'])).toMatchObject({
      code: 1,
      stderr: 'presque: queue name is invalid\n',
    });
  });

  test.each([
    ['an unknown option', ['push', 'foo', '1', '--prio', '3'], /--prio/],
    ['a number out of its bounds', ['push', 'foo', '1', '--priority', '10'], /--priority .*0 to 9/s],
    ['what is no duration', ['fetch', 'foo', '--lease', 'soon'], /--lease .*duration/s],
    [
      'what the client does not understand',
      ['push', 'foo', '1', '--backoff', 'x'],
      /^presque: backoff must be/,
    ],
    ['a job without its id', ['jobs', 'show', 'foo'], /^presque: which job of foo/],
    [
      'a state that there is not',
      ['jobs', 'ls', 'foo', '--state', 'x'],
      /leased, ready, delayed, dead, done/,
    ],
    ['what is no URL', ['status', '--url', 'nowhere'], /^presque: not a URL: nowhere/],
    ['settling without a token', ['done', 'foo', '1'], /^presque: there must be --lease TOKEN/],
    ['settling without a job', ['done'], /^presque: which job\?/],
    ['an unknown member of a policy', ['queues', 'set', 'foo', 'leese=1s'], /^presque: leese is not part/],
    ['a file that is not there', ['push', 'foo', '@/nowhere'], /^presque: \/nowhere can't be read: ENOENT/],
    ['a command that is none', ['jobs', 'lst', 'foo'], /lst/],
  ] as const)('2 for %s', async (_, args, says) => {
    const { code, stdout, stderr } = await runCommand(args, { env: { PRESQUE_URL: 'http://127.0.0.1:1' } });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(says);
  });

  test('3 when it is not there', async () => {
    const { run } = await startCommands();
    expect(await run(['fetch', 'foo'])).toEqual({ code: 3, stdout: '', stderr: 'presque: no job\n' });
    for (const verb of ['show', 'why', 'retry', 'cancel']) {
      expect(await run(['jobs', verb, 'foo/7'])).toEqual({
        code: 3,
        stdout: '',
        stderr: 'presque: no such job\n',
      });
    }
  });

  test.each([
    [401, 'token is missing'],
    [403, 'token does not allow this'],
  ])('4 on a %i', async (status, error) => {
    const { url, asked } = await startStub(status, { code: 'token', error });
    const ran = await runCommand(['status', '--token', 'abc'], { env: { PRESQUE_URL: url } });
    expect(ran).toEqual({ code: 4, stdout: '', stderr: `presque: ${error}\n` });
    expect(asked).toEqual([{ path: '/status/', token: 'Bearer abc' }]);
  });

  test('1 on a 404 that is not of presque', async () => {
    const { url } = await startStub(404, {});
    expect(await runCommand(['fetch', 'foo', '--url', url])).toMatchObject({ code: 1, stdout: '' });
  });

  test('69, soon, when nobody is there', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const begun = Date.now();
    const { code, stdout, stderr } = await runCommand(['push', 'foo', '1', '--url', url]);
    expect({ code, stdout }).toEqual({ code: 69, stdout: '' });
    expect(stderr).toMatch(line);
    expect(stderr).toContain(url);
    expect(Date.now() - begun).toBeLessThan(9_000);
    expect(await runCommand(['healthcheck', '--url', url])).toMatchObject({ code: 69, stdout: '' });
  });
});

test('a flag counts before its variable', async () => {
  const { url, asked } = await startStub(401, { code: 'token', error: 'no' });
  const env = { PRESQUE_URL: 'http://127.0.0.1:1', PRESQUE_TOKEN: 'one' };
  await runCommand(['status', '--url', url, '--token', 'two'], { env });
  await runCommand(['status', '--url', url], { env });
  expect(asked.map(({ token }) => token)).toEqual(['Bearer two', 'Bearer one']);
});

test('healthcheck is quiet: 0 for a server that takes jobs, 1 for one that does not', async () => {
  const { run } = await startCommands();
  expect(await run(['healthcheck'])).toEqual({ code: 0, stdout: '', stderr: '' });
  const { url } = await startStub(503, { code: 'storage_failed', error: 'storage does not work' });
  expect(await run(['healthcheck', '--url', url])).toEqual({
    code: 1,
    stdout: '',
    stderr: 'presque: storage does not work\n',
  });
});

test('what commands are told by the environment is nothing to a server', async () => {
  const env = {
    PRESQUE_URL: 'http://127.0.0.1:1',
    PRESQUE_TOKEN: 'x',
    PRESQUE_QUEUE: 'foo',
    PRESQUE_LEASE: 'y',
  };
  await startServer({ args: ['--store', 'memory:'], env });
});
