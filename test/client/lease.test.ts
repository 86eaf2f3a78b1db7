/** The leases of a worker while its server answers late, or not at all. */

import { expect, onTestFinished, test } from 'vitest';
import { type Api, connect, type JobContext } from '../../dist/client/client.js';
import { createServer } from '../../dist/index.js';
import { gate, soon } from './set-up.js';

async function startPresque() {
  const server = await createServer({ store: 'memory:', port: 0 });
  onTestFinished(() => server.stop());
  return server;
}

test('extensions do not pile up while one is not answered', async () => {
  const { api } = await startPresque();
  const answered = gate();
  let most = 0;
  const late: Api = {
    ...api,
    async settleMany(input, call) {
      most = Math.max(most, input.extend?.length ?? 0);
      await answered.opened;
      return api.settleMany(input, call);
    },
  };
  const presque = connect(late);
  await presque.push('foo', 1);
  const worker = presque.work('foo', async (_job, { progress }) => {
    for (let turn = 1; turn <= 5; turn++) {
      progress(turn / 5);
      await new Promise((resolve) => setTimeout(resolve, 600));
    }
    answered.open();
    await soon(async () => (await presque.job('foo', '1')).progress === 1);
  });
  await soon(async () => (await presque.job('foo', '1')).progress === 1);
  await worker.stop();
  expect(most).toBe(1);
  expect(await presque.status('foo')).toMatchObject({ done: 1 });
});

test('a handler is told when its lease is over, though an extension is still waited for', async () => {
  const { api } = await startPresque();
  const answered = gate();
  const late: Api = {
    ...api,
    settleMany: (input, call) => answered.opened.then(() => api.settleMany(input, call)),
  };
  const presque = connect(late);
  await presque.push('foo', 1);
  const begun = performance.now();
  let tookMs: number | undefined;
  const handler = (_job: unknown, { signal }: JobContext) =>
    new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => {
        tookMs ??= performance.now() - begun;
        reject(signal.reason);
      });
    });
  const worker = presque.work('foo', handler, { lease: '1s', maxJobs: 1 });
  const reasons: unknown[] = [];
  worker.on('lost', (_job, reason) => reasons.push(reason));
  await soon(() => reasons.length > 0);
  answered.open();
  await worker.ended;
  expect(tookMs).toBeLessThan(3_000);
  expect(reasons).toMatchObject([{ code: 'lost', message: 'the lease ran out' }]);
});

test('a connection that nothing comes over any longer costs no lease', async () => {
  const { url } = await startPresque();
  let silenced = 0;
  const presque = connect({
    url,
    fetch: (to, init) => {
      if (!String(to).includes('/jb/') || silenced++ > 0) return fetch(to, init);
      return new Promise((_, reject) =>
        init?.signal?.addEventListener('abort', () => reject(new Error('cut'))),
      );
    },
  });
  await presque.push('foo', 1);
  const handler = () => new Promise((resolve) => setTimeout(resolve, 5_000));
  const worker = presque.work('foo', handler, { lease: '4s', maxJobs: 1 });
  expect(await worker.ended).toMatchObject({ done: 1, lost: 0 });
  expect(silenced).toBeGreaterThan(1);
});

test('a page of something before the server is no answer to a settlement', async () => {
  const { url } = await startPresque();
  let pages = 0;
  const presque = connect({
    url,
    fetch: async (to, init) => {
      if (!String(to).includes('/jb/') || pages++ > 0) return fetch(to, init);
      return new Response('<html>', { status: 404 });
    },
  });
  await presque.push('foo', 1);
  expect(await presque.work('foo', () => 'ok', { maxJobs: 1 }).ended).toMatchObject({ done: 1, lost: 0 });
});
