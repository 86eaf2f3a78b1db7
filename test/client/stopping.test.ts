/** An embedded server ends while programs wait for something: in a process of its own, as what goes wrong here stops everything. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

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
