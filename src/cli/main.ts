#!/usr/bin/env node
/** The `presque` executable: its commands, each in a file of its own. */

import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { usageError } from './exit.js';
import { addMigrate } from './migrate.js';
import { addServe } from './serve.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('presque')
  .description('A job queue you can drive with curl: JSON jobs over HTTP, durable on the local disk.')
  .version(version, '-V, --version', 'print the version')
  .helpOption('-h, --help', 'show this help')
  .helpCommand('help [COMMAND]', 'show the help of a command')
  .showHelpAfterError('(presque --help shows what there is)')
  .showSuggestionAfterError()
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : usageError))
  .addHelpText(
    'after',
    `
Examples:
  $ presque serve
  $ presque serve --port 5001 --data /var/lib/presque
  $ curl -H 'Content-Type: application/json' -d '{"key":"value"}' http://localhost:5000/q/foo
  $ curl http://localhost:5000/q/foo`,
  );

addServe(program);
addMigrate(program);

await program.parseAsync();
