/** The server in a program of one's own. */

import { expect, test } from 'vitest';
import { ConfigError, createServer } from '../dist/index.js';

test('serves until it is stopped', async () => {
  const server = await createServer({ store: 'memory:', port: 0 });
  expect((await fetch(`${server.url}/livez`)).status).toBe(200);
  expect(server).toMatchObject({ store: 'memory:', durability: 'memory' });
  await server.stop();
  await expect(fetch(`${server.url}/livez`)).rejects.toThrow();
});

test.each([
  { host: '0.0.0.0' },
  { port: 70_000 },
  { store: 'mysql:' },
  { maxJobBytes: 0 },
  { graceSeconds: -1 },
])('refuses %o as the command line does', async (settings) => {
  await expect(createServer({ store: 'memory:', port: 0, ...settings })).rejects.toThrow(ConfigError);
});

test('takes an undefined setting for one that is not given', async () => {
  const server = await createServer({ store: 'memory:', port: 0, host: undefined as never });
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:/);
  await server.stop();
});
