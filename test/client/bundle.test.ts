/** The client in a bundle: nothing of Node or of the server is in it, and it weighs what its page says. */

import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { bundleClient } from './bundle.js';

test('it has the client and how JSON is taken apart, nothing of the server, and loads nothing', async () => {
  const { modules, imports } = await bundleClient();
  expect(imports).toEqual([]);
  expect(modules.filter((path) => !path.startsWith('client/'))).toEqual(['api/limits.js', 'api/json.js']);
});

test('it weighs what docs/client.md says', async () => {
  const page = readFileSync(new URL('../../docs/client.md', import.meta.url), 'utf8');
  const kilobytes = Number(/(\d+) kB minified and gzipped/.exec(page)?.[1]);
  const size = gzipSync((await bundleClient()).code).length;
  expect(size).toBeLessThanOrEqual(kilobytes * 1000);
  expect(size).toBeGreaterThan((kilobytes - 2) * 1000);
});
