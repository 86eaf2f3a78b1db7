/** The client in a real browser: a page pushes, takes, settles, has a result, and is a worker. */

import { expect, test } from 'vitest';
import { connect } from '../../dist/client/client.js';
import { createServer } from '../../dist/index.js';
import { commandMissing, testUnless } from '../e2e/needs.js';
import { runInChromium } from '../support/chromium.js';
import { startServer, temporaryDirectory } from '../support/process.js';
import { bundleClient } from './bundle.js';

const script = `
  const { connect, PresqueError } = await import('/client.js');
  const presque = connect(location.origin);
  const { id } = await presque.push('foo', { n: 1 }, { priority: 9, tags: ['page'] });
  const lease = await presque.lease('foo');
  await lease.done({ was: lease.job.n });
  const result = await presque.result('foo', id);

  const { count } = await presque.pushMany('add', [{ a: 1, b: 2 }, { a: 3, b: 4 }, { a: 5, b: 6 }]);
  const sums = [];
  const worker = presque.work('add', ({ a, b }) => a + b, { name: 'page', concurrency: 2, drain: true, signals: true });
  worker.on('done', (job, sum) => sums.push(sum));
  const { done } = await worker.ended;

  const leaving = new AbortController();
  const waiting = presque.take('foo', { wait: '20s', signal: leaving.signal }).catch((error) => error.name);
  leaving.abort();
  const refused = await presque.job('foo', '99').catch((error) => error instanceof PresqueError && error.code);
  await report({ result, count, done, sums: sums.toSorted((a, b) => a - b), left: await waiting, refused });
`;

testUnless(commandMissing('chromium'))('a page is a client and a worker', async () => {
  const server = await startServer({ data: temporaryDirectory() });
  const { code } = await bundleClient();
  expect(await runInChromium(server.url, script, { '/client.js': code })).toEqual({
    result: { was: 1 },
    count: 3,
    done: 3,
    sums: [3, 7, 11],
    left: 'AbortError',
    refused: 'job_unknown',
  });
});

test("fetch is called as a browser wants it: it is nobody's method", async () => {
  const server = await createServer({ store: 'memory:', port: 0 });
  function strictFetch(this: unknown, ...args: Parameters<typeof fetch>) {
    if (this !== undefined && this !== globalThis) throw new TypeError('Illegal invocation');
    return fetch(...args);
  }
  const presque = connect({ url: server.url, fetch: strictFetch, retryMs: 0 });
  expect(await presque.push('foo', 1)).toMatchObject({ queue: 'foo' });
  await server.stop();
});
