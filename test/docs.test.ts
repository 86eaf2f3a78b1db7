/** The pages that are made from the source say what the source says. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

test.each(['protocol', 'settings'])('docs/%s.md is up to date (npm run docs)', async (page) => {
  const made = (await import('../scripts/protocol.mjs')) as { protocol(): string; settingsText(): string };
  expect(read(`docs/${page}.md`)).toBe(page === 'protocol' ? made.protocol() : made.settingsText());
});

test('src/client/routes.ts is up to date (npm run docs)', async () => {
  const { clientRoutes } = (await import('../scripts/client-routes.mjs')) as { clientRoutes(): string };
  expect(read('src/client/routes.ts')).toBe(clientRoutes());
});
