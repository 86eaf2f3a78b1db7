/** The tree of commands, built without running any: the executable, completion and docs/cli.md are made from it. */

import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addBench } from './bench.js';
import { addCompletion } from './completion.js';
import { addDoctor } from './doctor.js';
import { usageError } from './exit.js';
import { addFetch } from './fetch.js';
import { addHealthcheck } from './healthcheck.js';
import { addJobs } from './jobs.js';
import { addMigrate } from './migrate.js';
import { addPush } from './push.js';
import { addQueues } from './queues.js';
import { addServe } from './serve.js';
import { addSettling } from './settle.js';
import { addStatus } from './status.js';
import { addTail } from './tail.js';
import { addTop } from './top.js';
import { addWork } from './work.js';
import { addWorkers } from './workers.js';

/** Parsing it runs the command that was named; a command line that can't be understood ends the process with 2. */
export function createProgram(): Command {
  const program = new Command('presque')
    .description('A job queue you can drive with curl: JSON jobs over HTTP, durable on the local disk.')
    .version(versionOfPackage(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [COMMAND]', 'show the help of a command')
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
  addPush(program);
  addFetch(program);
  addSettling(program);
  addJobs(program);
  addQueues(program);
  addWorkers(program);
  addStatus(program);
  addTail(program);
  addHealthcheck(program);
  addWork(program);
  addTop(program);
  addBench(program);
  addDoctor(program);
  addMigrate(program);
  addCompletion(program);
  pointToHelp(program, 'presque');
  return program;
}

function versionOfPackage(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** What is wrong about `jobs ls` is answered by the help of `jobs ls`. */
function pointToHelp(command: Command, path: string) {
  command.showHelpAfterError(`(${path} --help shows what there is)`);
  for (const child of command.commands) pointToHelp(child, `${path} ${child.name()}`);
}
