/** `presque serve`: settings, logs and signals around the server. */

import { type Command, Option } from 'commander';
import {
  type Config,
  ConfigError,
  flagOf,
  readConfig,
  settingNames,
  settings,
  variableOf,
} from '../config.js';
import type { Log, Presque } from '../index.js';
import { fail, usageError } from './exit.js';

export function addServe(program: Command) {
  const serve = program
    .command('serve')
    .description('Serve the queue over HTTP.')
    .allowExcessArguments(false)
    .addHelpText(
      'after',
      `
A flag counts before its environment variable. SIGTERM and SIGINT stop the server when it has answered
what is under way; a second one stops it at once.

Examples:
  $ presque serve                                      on 127.0.0.1:5000, jobs in ./data/presque.db
  $ presque serve --port 5001 --data /var/lib/presque
  $ PRESQUE_PORT=5001 presque serve
  $ presque serve --store memory:                      nothing is kept`,
    );
  for (const name of settingNames) serve.addOption(option(name));
  serve.action((flags: { [name: string]: string }) => run(flags));
}

function option(name: keyof typeof settings): Option {
  const { placeholder, meaning, default: value } = settings[name];
  const shown = value === '' ? '' : `default ${value}, `;
  return new Option(`${flagOf(name)} <${placeholder}>`, `${meaning} (${shown}${variableOf(name)})`);
}

async function run(flags: { readonly [name: string]: string }) {
  const config = configOf(flags);
  // Loaded here, since other commands start sooner without.
  const { createServer, OpenError } = await import('../index.js');
  const log = await createLog(config);
  try {
    const server = await createServer({ ...config, log, onBroken: () => process.exit(1) });
    stopOnSignals(server, log);
    log.info(fieldsOf(server), greeting(server));
  } catch (error) {
    fail(error instanceof OpenError ? error.message : systemError(error, config));
  }
}

function configOf(flags: { readonly [name: string]: string }): Config {
  try {
    return readConfig(flags, process.env);
  } catch (error) {
    if (error instanceof ConfigError) fail(error.message, usageError);
    throw error;
  }
}

function systemError(error: unknown, { host, port }: Config): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return `${host}:${port} is in use by another program; --port takes another one`;
  if (code === 'EACCES') return `${host}:${port} may not be used by this user; --port takes another one`;
  return message;
}

async function createLog({ logLevel, logFormat }: Config) {
  const { destination, pino } = await import('pino');
  const isPretty = logFormat === 'pretty' || (logFormat === 'auto' && process.stdout.isTTY);
  const { pretty } = isPretty ? await import('./terminal/pretty.js') : {};
  return pino({ level: logLevel, base: null }, pretty ? pretty() : destination({ fd: 1, sync: true }));
}

const fieldsOf = ({ url, store, durability }: Presque) => ({ url, store, durability });

function greeting({ url, store, about }: Presque): string {
  const push = `curl -H 'Content-Type: application/json' -d '{"key":"value"}' ${url}/q/foo`;
  return `presque serves on ${url}, jobs in ${store} (${about}). Try: ${push}`;
}

function stopOnSignals(server: Presque, log: Log) {
  let stopping = false;
  const stop = async (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, 'stopping');
    await server.stop();
    log.info({}, 'stopped');
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
}
