/** The pages that are made from the source say what the source says. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

async function made(page: string): Promise<string> {
  if (page === 'cli') {
    const { commandsText } = (await import('../scripts/commands.mjs')) as { commandsText(): string };
    return commandsText();
  }
  const texts = (await import('../scripts/protocol.mjs')) as { protocol(): string; settingsText(): string };
  return page === 'protocol' ? texts.protocol() : texts.settingsText();
}

test.each(['protocol', 'settings', 'cli'])('docs/%s.md is up to date (npm run docs)', async (page) => {
  expect(read(`docs/${page}.md`)).toBe(await made(page));
});

test('src/client/routes.ts is up to date (npm run docs)', async () => {
  const { clientRoutes } = (await import('../scripts/client-routes.mjs')) as { clientRoutes(): string };
  expect(read('src/client/routes.ts')).toBe(clientRoutes());
});
