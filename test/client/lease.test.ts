/** The leases of a worker while its server answers late, or not at all. */

import { expect, onTestFinished, test } from 'vitest';
import { type Api, connect } from '../../dist/client/client.js';
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
