/** What the client does while a server is away, busy, or something else than presque. */

import { createServer as createHttpServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type Client, connect, PresqueError } from '../../dist/client/client.js';
import { createServer } from '../../dist/index.js';
import { freePort } from '../support/ports.js';
import { startProxy } from '../support/proxy.js';
import { soon } from './set-up.js';

/** A server that says what a test wants it to say. */
async function startOther(listener: RequestListener): Promise<string> {
  const server = createHttpServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function startPresque() {
  const server = await createServer({ store: 'memory:', port: 0 });
  onTestFinished(() => server.stop());
  return server;
}

const errorOf = (promise: PromiseLike<unknown>) =>
  Promise.resolve(promise).then(
    () => undefined,
    (error) => error as PresqueError,
  );

test('what is refused for a time is asked again, a push under the same key', async () => {
  const seen: IncomingMessage[] = [];
  const url = await startOther((request, response) => {
    seen.push(request);
    if (seen.length < 3) response.writeHead(seen.length === 1 ? 503 : 429).end('{}');
    else response.writeHead(201, { 'Presque-Job': '7', 'Presque-Durability': 'fsync' }).end();
  });
  expect(await connect(url).push('foo', 1)).toMatchObject({ id: '7' });
  const keys = seen.map(({ headers }) => headers['idempotency-key']);
  expect(seen).toHaveLength(3);
  expect(new Set(keys).size).toBe(1);
  expect(keys[0]).toMatch(/^"[0-9a-f]{32}"$/);
});

test('Retry-After is kept to, or the error told when that would be too late', async () => {
  let asked = 0;
  const url = await startOther((_, response) => {
    asked++;
    const body = JSON.stringify({ error: 'queue is full', code: 'queue_full' });
    response.writeHead(429, { 'Retry-After': '60', 'X-Request-Id': 'r1' }).end(body);
  });
  expect(await errorOf(connect(url).push('foo', 1))).toMatchObject({
    code: 'queue_full',
    status: 429,
    message: 'queue is full',
    requestId: 'r1',
    retryAfterMs: 60_000,
  });
  expect(asked).toBe(1);
});

test.each([400, 404, 409, 413, 500])('%i is not asked again', async (status) => {
  let asked = 0;
  const url = await startOther((_, response) => {
    asked++;
    response.writeHead(status).end('{"error":"no","code":"some_code"}');
  });
  expect(await errorOf(connect(url).status('foo'))).toMatchObject({ code: 'some_code', status });
  expect(asked).toBe(1);
});

test('an answer that is not of presque is told as such', async () => {
  const url = await startOther((_, response) => void response.end('<html>'));
  expect(await errorOf(connect(url).status('foo'))).toMatchObject({ code: 'unexpected', status: 200 });
});

test('a server that is not there is unreachable, after the time for tries is over', async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const begun = performance.now();
  expect(await errorOf(connect({ url, retryMs: 500 }).ready())).toMatchObject({
    code: 'unreachable',
    status: 0,
  });
  expect(performance.now() - begun).toBeLessThan(5_000);
  const controller = new AbortController();
  const waiting = errorOf(connect(url).ready({ signal: controller.signal }));
  controller.abort(new Error('enough'));
  expect(await waiting).toMatchObject({ message: 'enough' });
});

test('a connection that is cut while pushes are under way makes none of them two', async () => {
  const { url } = await startPresque();
  const proxy = await startProxy(Number(new URL(url).port));
  onTestFinished(() => proxy.stop());
  // On a busy machine many tries are cut one after the other.
  const presque = connect({ url: `http://127.0.0.1:${proxy.port}`, retryMs: 60_000 });
  const cutting = setInterval(() => proxy.cut(), 20);
  onTestFinished(() => clearInterval(cutting));
  await Promise.all(Array.from({ length: 8 }, (_, client) => pushAll(presque, client)));
  clearInterval(cutting);
  const jobs: unknown[] = [];
  for await (const { job } of connect(url).list('foo', 'ready')) jobs.push(job);
  expect(jobs.sort()).toEqual(Array.from({ length: 8 * 50 }, (_, n) => n).sort());
});

async function pushAll(presque: Client, client: number) {
  for (let n = 0; n < 50; n++) await presque.push('foo', client * 50 + n);
}

test('a job that is on its way when the call is aborted is not lost', async () => {
  const controller = new AbortController();
  const url = await startOther((_, response) => {
    response.writeHead(200, {
      'Presque-Queue': 'foo',
      'Presque-Job': '1',
      'Presque-Delivery': 'at-most-once',
    });
    response.write('{"a"');
    setTimeout(() => controller.abort(), 50);
    setTimeout(() => response.end(':1}'), 200);
  });
  expect(await connect(url).take('foo', { signal: controller.signal })).toMatchObject({ job: { a: 1 } });
});

test('a token goes with each request, also out of the URL; no other way', async () => {
  const seen: IncomingMessage[] = [];
  const url = await startOther((request, response) => {
    seen.push(request);
    response.end('{"status":"ready"}');
  });
  await connect({ url, token: 't1' }).ready();
  await connect(url.replace('//', '//x:t%402@')).ready();
  await connect(url).ready();
  expect(seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer t1', 'Bearer t@2', undefined]);
  expect(seen.map((request) => request.url)).toEqual(['/readyz', '/readyz', '/readyz']);
});

test('a path before the routes is kept', async () => {
  const seen: (string | undefined)[] = [];
  const url = await startOther((request, response) => {
    seen.push(request.url);
    response.end('{"status":"ready"}');
  });
  await connect(`${url}/queue/`).ready();
  expect(seen).toEqual(['/queue/readyz']);
});

test('what is no URL is told at once', () => {
  expect(() => connect('somewhere')).toThrow('not a URL: somewhere');
  expect(() => connect('ftp://host')).toThrow('not a URL of HTTP: ftp://host');
});

test('a worker goes on when its server was away, and settles what it had', async () => {
  const { url } = await startPresque();
  const proxy = await startProxy(Number(new URL(url).port));
  onTestFinished(() => proxy.stop());
  const direct = connect(url);
  await direct.pushMany('foo', [1, 2, 3]);
  let end = () => {};
  const gate = new Promise<void>((resolve) => {
    end = resolve;
  });
  const worker = connect({ url: `http://127.0.0.1:${proxy.port}`, retryMs: 100 }).work('foo', () => gate, {
    concurrency: 2,
  });
  const errors: unknown[] = [];
  worker.on('error', (error) => errors.push(error));
  await soon(() => worker.running === 2);
  const cutting = setInterval(() => proxy.cut(), 5);
  end();
  await soon(() => errors.length >= 3, 20_000);
  clearInterval(cutting);
  await soon(async () => (await direct.status('foo')).done === 3, 20_000);
  await worker.stop();
  expect(errors.every((error) => error instanceof PresqueError && error.code === 'unreachable')).toBe(true);
  expect(await direct.status('foo')).toMatchObject({ ready: 0, leased: 0, done: 3, dead: 0 });
});
