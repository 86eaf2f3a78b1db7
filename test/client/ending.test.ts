/** A program ends by itself once its worker has stopped: nothing of the client keeps it. */

import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createServer } from '../../dist/index.js';
import { startProcess, within } from '../support/process.js';

const client = fileURLToPath(new URL('../../dist/client/client.js', import.meta.url));

/** A grace that would keep it is longer than any test. */
const options = `{ grace: '1h', lease: '1h', timeout: '1h' }`;

test.each([
  ['an idle worker', 'await worker.stop();'],
  [
    'one that has worked',
    `const { id } = await presque.push('foo', 1); await presque.result('foo', id); await worker.stop();`,
  ],
])('after %s', async (_, run) => {
  const server = await createServer({ port: 0, store: 'memory:' });
  const program = `
    const { connect } = await import(${JSON.stringify(client)});
    const presque = connect(${JSON.stringify(server.url)});
    const worker = presque.work('foo', () => 'done', ${options});
    ${run}
  `;
  const started = startProcess(process.execPath, ['--input-type=module', '-e', program]);
  expect(await within(20_000, 'end of the program', started.exited), started.stderr).toMatchObject({
    code: 0,
  });
  await server.stop();
});
