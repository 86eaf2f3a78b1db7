/** A program ends by itself once its worker has stopped: nothing of the client keeps it. */

import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createServer } from '../../dist/index.js';
import { startProcess, within } from '../support/process.js';

const client = fileURLToPath(new URL('../../dist/client/client.js', import.meta.url));

/** A grace that would keep it is longer than any test. */
const options = `{ grace: '1h', lease: '1h', timeout: '1h' }`;

/** It is told that it is cancelled when it has ended. */
const cancelled = `async (job, { queue, id, extend }) => {
  await presque.cancel(queue, id);
  void extend();
}`;

test.each([
  ['an idle worker', '() => {}', ''],
  ['one that has worked', '() => {}', `await presque.result('foo', id);`],
  ['one whose job was cancelled while it ended', cancelled, `await presque.result('foo', id);`],
])('after %s', async (_, handler, wait) => {
  const server = await createServer({ port: 0, store: 'memory:' });
  const program = `
    const { connect } = await import(${JSON.stringify(client)});
    const presque = connect(${JSON.stringify(server.url)});
    const { id } = await presque.push(${wait === '' ? "'other'" : "'foo'"}, 1);
    const worker = presque.work('foo', ${handler}, ${options});
    ${wait}
    await worker.stop();
    const stopped = performance.now();
    process.once('exit', () => console.log(Math.round(performance.now() - stopped)));
  `;
  const started = startProcess(process.execPath, ['--input-type=module', '-e', program]);
  expect(await within(20_000, 'end of the program', started.exited), started.stderr).toMatchObject({
    code: 0,
  });
  expect(Number(started.stdout), 'ms from its stop to its end').toBeLessThan(4_000);
  await server.stop();
});
