/** `npm run docs`: writes the pages that are made from the source. */

import { writeFileSync } from 'node:fs';
import { build, install, root } from './setup.mjs';

install();
build();
const { commandsText } = await import('./commands.mjs');
const { protocol, settingsText } = await import('./protocol.mjs');
writeFileSync(`${root}docs/protocol.md`, protocol());
writeFileSync(`${root}docs/settings.md`, settingsText());
writeFileSync(`${root}docs/cli.md`, commandsText());
