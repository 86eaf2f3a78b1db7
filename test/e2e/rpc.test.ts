/** Shows that one call of curl pushes a job and brings back what a worker made of it. */

import { expect } from 'vitest';
import { startProcess, startServer, temporaryDirectory, within } from '../support/process.js';
import { createClient } from './client.js';
import { commandMissing, testUnless } from './needs.js';

const rpcTest = testUnless(commandMissing('curl'));

/** curl with the words of a person who types them; the status follows the body. */
function call(url: string, waitSeconds: number, ...more: string[]) {
  const words = ['-s', '-w', '\n%{http_code}', ...more, '-H', 'Content-Type: application/json'];
  const wait = ['-H', `Prefer: wait=${waitSeconds}`];
  return startProcess('curl', ['-q', ...words, ...wait, '-d', '{"a":1}', `${url}/q/add`]);
}

async function ended(curl: ReturnType<typeof call>) {
  expect(await within(20_000, 'the end of curl', curl.exited)).toEqual({ code: 0, signal: null });
  return curl.stdout;
}

const serve = async () => {
  const { url } = await startServer({ data: temporaryDirectory() });
  return { url, client: createClient(url) };
};

rpcTest('a job is pushed and its result comes back in one call', async () => {
  const { url, client } = await serve();
  const curl = call(url, 10);
  const taken = await client.ask('GET', '/q/add?lease=10s&wait=10s');
  expect(taken).toMatchObject({ status: 200, text: '{"a":1}' });
  const done = new URL(/<([^>]+)>; rel="done"/.exec(String(taken.headers.link))?.[1] ?? '');
  expect((await client.ask('POST', done.pathname + done.search, ' {"sum": 1.50}')).status).toBe(204);
  expect(await ended(curl)).toBe(' {"sum": 1.50}\n200');
});

rpcTest('a job that dies is told with its error', async () => {
  const { url, client } = await serve();
  const curl = call(url, 10);
  const { headers } = await client.ask('GET', '/q/add?lease=10s&wait=10s');
  const fail = `/j/add/${headers['presque-job']}/fail?lease=${headers['presque-lease']}`;
  const failed = await client.ask('POST', fail, '{"error":"no such number","dead":true}');
  expect(JSON.parse(failed.text)).toEqual({ state: 'dead' });
  expect(await ended(curl)).toBe('{"error":"no such number"}\n424');
});

rpcTest('without a worker the answer says where the job is', async () => {
  const { url, client } = await serve();
  const begun = performance.now();
  const answer = await ended(call(url, 1, '-i'));
  expect(performance.now() - begun).toBeGreaterThanOrEqual(1_000);
  expect(answer).toMatch(/\r\n\r\n\n202$/);
  const [, location] = /^Location: (\S+)\r$/im.exec(answer) ?? [];
  expect(await client.json(String(location))).toMatchObject({ queue: 'add', state: 'ready', job: { a: 1 } });
});
