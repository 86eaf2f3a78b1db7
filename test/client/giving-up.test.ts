/** A stop while no server is there: it has an end, though the lease is long. Time goes twenty times as fast as it does. */

import { expect, test } from 'vitest';
import { ambient } from '../../dist/client/ambient.js';
import { createCalls } from '../../dist/client/calls.js';
import { values } from '../../dist/client/codec.js';
import { createRemoteApi } from '../../dist/client/remote.js';
import { startWorker } from '../../dist/client/worker.js';
import { createServer } from '../../dist/index.js';
import { gate, soon } from './set-up.js';

const faster = 20;
const fast = {
  ...ambient,
  now: () => ambient.now() * faster,
  after: (ms: number, run: () => void) => ambient.after(ms / faster, run),
};

test('a stop gives up 18 s after its grace when no server is there to be told', async () => {
  const server = await createServer({ store: 'memory:', port: 0 });
  const remote = { url: server.url, retryMs: 1_000, timeoutMs: 30_000, fetch: globalThis.fetch };
  const calls = createCalls(createRemoteApi(remote, fast));
  await calls.push({ queue: 'foo', job: '1' });
  const end = gate();
  const worker = startWorker({ calls, codec: values, ambient: fast }, 'foo', () => end.opened, {
    lease: '1h',
    grace: '2s',
  });
  await soon(() => worker.running === 1);
  await server.stop();
  const stoppedAt = fast.now();
  const stopped = worker.stop();
  end.open();
  await stopped;
  expect(await worker.ended).toMatchObject({ taken: 1, done: 0, lost: 1 });
  const seconds = (fast.now() - stoppedAt) / 1_000;
  expect(seconds).toBeGreaterThan(18);
  // Far less than the lease; a busy machine is given time.
  expect(seconds).toBeLessThan(600);
});
