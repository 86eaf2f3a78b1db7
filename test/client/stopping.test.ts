/** An embedded server ends while programs wait for something: in a process of its own, as what goes wrong here stops everything. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { redisMissing, startRedis } from '../support/redis.js';

const index = new URL('../../dist/index.js', import.meta.url);
const client = new URL('../../dist/client/client.js', import.meta.url);

test.each([
  ['a worker', 'presque.work("foo", () => {})'],
  ['a loop over leases', '(async () => { for await (const lease of presque.lease("foo")); })()'],
  ['whoever waits for a result', 'presque.result("foo", (await presque.push("foo", 1)).id)'],
])('%s does not keep a server from its end', async (_, wait) => {
  const program = `
    import { createServer } from ${JSON.stringify(index)};
    import { connect } from ${JSON.stringify(client)};
    process.on('unhandledRejection', () => {});
    const server = await createServer({ store: 'memory:', port: 0 });
    const presque = connect(server.api);
    ${wait};
    await new Promise((resolve) => setTimeout(resolve, 100));
    await server.stop();
    console.log('stopped');
    process.exit();
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    timeout: 10_000,
    killSignal: 'SIGKILL',
  });
  expect(stdout).toBe('stopped\n');
});

test.skipIf(redisMissing)('what other servers tell while one starts does not end it', async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const program = `
    import { Redis } from 'ioredis';
    import { createServer } from ${JSON.stringify(index)};
    const others = new Redis(${JSON.stringify(redis.url)});
    let isOver = false;
    (async () => { while (!isOver) await Promise.all(Array.from({ length: 50 }, () => others.publish('presque:news', 'x foo'))); })();
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (let turn = 0; turn < 5; turn++) {
      const server = await createServer({ store: ${JSON.stringify(redis.url)}, port: 0 });
      await server.stop();
    }
    console.log('started');
    process.exit();
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    timeout: 20_000,
    cwd: new URL('../..', import.meta.url),
  });
  expect(stdout).toBe('started\n');
});
