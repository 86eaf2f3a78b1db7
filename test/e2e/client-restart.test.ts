/** A worker at concurrency 50 while its server is stopped and started again: nothing is lost, nothing is done twice. */

import { expect, onTestFinished, test } from 'vitest';
import { connect } from '../../dist/client/client.js';
import { soon } from '../client/set-up.js';
import { freePort } from '../support/ports.js';
import { startServer, temporaryDirectory } from '../support/process.js';

const restarts = Number(process.env.TEST_CLIENT_RESTARTS ?? 4);

interface Handled {
  readonly attempt: number;
  readonly from: number;
  to?: number;
}

test(`${restarts} restarts under a worker at concurrency 50`, {
  timeout: 60_000 + restarts * 10_000,
}, async () => {
  const data = temporaryDirectory();
  const args = ['--port', String(await freePort())];
  let server = await startServer({ data, args });
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on('unhandledRejection', note);
  onTestFinished(() => void process.off('unhandledRejection', note));

  const presque = connect({ url: server.url, retryMs: 30_000 });
  const handled = new Map<number, Handled[]>();
  const worker = presque.work(
    'foo',
    async (job, { attempt }) => {
      const n = job as number;
      const run: Handled = { attempt, from: Date.now() };
      handled.set(n, [...(handled.get(n) ?? []), run]);
      await new Promise((resolve) => setTimeout(resolve, (n * 7) % 100));
      run.to = Date.now();
      return n;
    },
    { concurrency: 50, lease: '20s' },
  );
  const lost: unknown[] = [];
  worker.on('lost', (job, reason) => lost.push([job, reason]));

  let pushed = 0;
  let isOver = false;
  const pushing = (async () => {
    while (!isOver)
      await presque.pushMany(
        'foo',
        Array.from({ length: 20 }, () => pushed++),
      );
  })();
  for (let round = 0; round < restarts; round++) {
    const before = handled.size;
    await soon(() => handled.size > before + 300, 30_000);
    expect((await server.stop()).code).toBe(0);
    server = await startServer({ data, args });
  }
  isOver = true;
  await pushing;
  await soon(async () => (await presque.status('foo')).done === pushed, 60_000);
  await worker.stop();

  const twice = [...handled].filter(([, runs]) => runs.length > 1);
  console.log(
    `${pushed} jobs over ${restarts} restarts, handled more than once: ${twice.length}, lost leases: ${lost.length}`,
  );
  expect(handled.size).toBe(pushed);
  expect(twice).toEqual([]);
  expect(lost).toEqual([]);
  expect(unhandled).toEqual([]);
  expect(await presque.status('foo')).toMatchObject({
    ready: 0,
    delayed: 0,
    leased: 0,
    dead: 0,
    done: pushed,
  });
});
