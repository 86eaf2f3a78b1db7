/** Shows that every curl line of the document of 2010, typed as it stands there, gives the documented answer. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Server, startProcess, startServer, temporaryDirectory, within } from '../support/process.js';
import { commandMissing, portTaken, testUnless } from './needs.js';

const noJsonXs = commandMissing('json_xs');
const missing =
  commandMissing('bash') ?? commandMissing('curl') ?? (await portTaken(5000)) ?? (await portTaken(5002));
const seedTest = testUnless(missing);

/** Its closing quote is missing in the document. */
const register = `curl -H 'Content-Type: appplication/json' http://localhost:5000/w/foo -d '{"worker_id":"myworker_1"}'`;
const stats = `curl "http://localhost:5000/w/?worker_id=myworker_1"${noJsonXs ? '' : ' | json_xs -f json -t json-pretty'}`;
const unregister = `curl -X DELETE "http://localhost:5000/w/foo?worker_id=myworker_1"`;
const push = `curl -H 'Content-Type: application/json' -X POST "http://localhost:5002/q/foo" -d '{"key":"value"}'`;
const pushDelayed =
  'curl -H \'Content-Type: application/json\' -X POST "http://localhost:5002/q/foo?delayed="$(expr `date +%s` + 500) -d \'{"key":"value"}\'';
const fetchJob = 'curl http://localhost:5002/q/foo';
const purge = 'curl -X DELETE http://localhost:5002/q/foo';
const stopQueue = `curl -X POST -H 'Content-Type: application/json' -d '{"status":"stop"}' http://localhost:5000/control/foo`;
const startQueue = `curl -X POST -H 'Content-Type: application/json' -d '{"status":"start"}' http://localhost:5000/control/foo`;
const status = 'curl http://localhost:5000/control/foo';

interface Shell {
  readonly server: Server;
  /** Types a line into bash. */
  type(line: string): Promise<{ status: number; body: string }>;
}

async function openShell(port: number): Promise<Shell> {
  const home = temporaryDirectory();
  // The status goes to stderr by way of curl's own settings file, so that the line stays as it is.
  writeFileSync(join(home, '.curlrc'), 'silent\nnoproxy = "*"\nwrite-out = "%{stderr}%{http_code}"\n');
  const server = await startServer({ data: temporaryDirectory(), args: ['--port', String(port)] });
  return {
    server,
    async type(line) {
      const bash = startProcess('bash', ['-c', line], { env: { CURL_HOME: home, HOME: home } });
      const { code } = await within(10_000, line, bash.exited);
      expect(code, bash.stderr).toBe(0);
      return { status: Number(bash.stderr), body: bash.stdout };
    },
  };
}

seedTest('a worker registers, is shown with its statistics, and says goodbye', async () => {
  const { type } = await openShell(5000);
  expect(await type(register)).toEqual({ status: 201, body: '' });
  const shown = await type(stats);
  expect(shown.status).toBe(200);
  const worker = JSON.parse(shown.body) as { started_at: number };
  expect(worker).toMatchObject({ worker_id: 'myworker_1', processed: '0', failed: '0' });
  expect(Math.abs(worker.started_at - Date.now() / 1000)).toBeLessThan(30);
  expect(Number.isInteger(worker.started_at)).toBe(true);
  expect(await type(unregister)).toEqual({ status: 204, body: '' });
  expect((await type(stats)).status).toBe(404);
});

seedTest('a job is inserted and fetched as the same bytes', async () => {
  const { type } = await openShell(5002);
  expect(await type(push)).toEqual({ status: 201, body: '' });
  expect(await type(fetchJob)).toEqual({ status: 200, body: '{"key":"value"}' });
  expect(await type(fetchJob)).toEqual({ status: 404, body: '{"error":"no job"}' });
});

seedTest('a job that is delayed by the words of the document is not fetched before its time', async () => {
  const { type, server } = await openShell(5002);
  expect(await type(pushDelayed)).toEqual({ status: 201, body: '' });
  expect((await type(fetchJob)).status).toBe(404);
  const seen = await type(`curl ${server.url}/status/foo`);
  expect(JSON.parse(seen.body)).toMatchObject({ queue: 'foo', size: 0, delayed: 1 });
});

seedTest('a queue is purged and deleted', async () => {
  const { type, server } = await openShell(5002);
  await type(push);
  await type(pushDelayed);
  expect(await type(purge)).toEqual({ status: 204, body: '' });
  expect((await type(fetchJob)).status).toBe(404);
  expect(JSON.parse((await type(`curl ${server.url}/status/`)).body)).toEqual({ queues: [], size: 0 });
});

seedTest('a queue is stopped, shown and opened again', async () => {
  const { type, server } = await openShell(5000);
  await type(push.replace('5002', '5000'));
  const stopped = await type(stopQueue);
  expect(stopped.status).toBe(200);
  expect(JSON.parse(stopped.body)).toEqual({ response: 'updated', queue: 'foo' });
  expect(JSON.parse((await type(status)).body)).toEqual({ status: '0', queue: 'foo' });
  expect(await type(`curl ${server.url}/q/foo`)).toEqual({
    status: 404,
    body: '{"error":"queue is closed"}',
  });
  const started = await type(startQueue);
  expect(started.status).toBe(200);
  expect(JSON.parse(started.body)).toEqual({ response: 'updated', queue: 'foo' });
  expect(JSON.parse((await type(status)).body)).toEqual({ status: '1', queue: 'foo' });
  expect(await type(`curl ${server.url}/q/foo`)).toEqual({ status: 200, body: '{"key":"value"}' });
});
