/** `npm run docs`: writes the pages, and the client's table of routes, that are made from the source. */

import { writeFileSync } from 'node:fs';
import { build, install, root } from './setup.mjs';

install();
build();
const { commandsText } = await import('./commands.mjs');
const { protocol, settingsText } = await import('./protocol.mjs');
const { clientRoutes } = await import('./client-routes.mjs');
writeFileSync(`${root}docs/protocol.md`, protocol());
writeFileSync(`${root}docs/settings.md`, settingsText());
writeFileSync(`${root}src/client/routes.ts`, clientRoutes());
writeFileSync(`${root}docs/cli.md`, commandsText());
