/** `presque migrate`: copies a store into another one, says how far it is and what came of it. */

import { type Command, Option } from 'commander';
import { isRedisUrl, readConfig, settings, storeUrl } from '../config.js';
import type { Migrated, MigrateOptions, MigrateProgress } from '../index.js';
import { fail, usageError } from './exit.js';
import { redisVariables } from './reading/redis-variables.js';
import { count } from './terminal/human.js';

interface Flags {
  readonly from?: string;
  readonly to?: string;
  readonly data?: string;
  readonly merge?: true;
  readonly live?: true;
}

const progressStepMs = 500;

export function addMigrate(program: Command) {
  program
    .command('migrate')
    .description('Copy all that a store keeps into another one.')
    .allowExcessArguments(false)
    .addOption(
      new Option('--from <URL>', 'store to be read: sqlite:PATH, or a Redis as serve --store has it'),
    )
    .addOption(new Option('--to <URL>', 'store to be filled'))
    .addOption(new Option('--data <DIR>', 'sqlite:DIR/presque.db as the one of them that is not given'))
    .addOption(new Option('--merge', 'into a store that is not empty, if it has no queue of the same name'))
    .addOption(new Option('--live', 'the Redis that is read has no server at work on it: you made sure'))
    .addHelpText(
      'after',
      `
Jobs in every state, leases, unique and idempotency keys, policies, counters, ids and workers are copied; the store that is
read stays as it is. No server may use either of them meanwhile. When it was interrupted, the same command goes on where it was.

Examples:
  $ presque migrate --data ./data --to redis://127.0.0.1:6379/0
  $ presque migrate --from redis://127.0.0.1:6379/0 --live --to sqlite:/var/lib/presque/presque.db`,
    )
    .action(run);
}

async function run(flags: Flags) {
  const urls = urlsOf(flags);
  const { merge = false } = flags;
  // Loaded here, since other commands start sooner without.
  const { MigrationError, migrate, OpenError } = await import('../index.js');
  const stopped = new MigrationError('stopped: the same command goes on from here');
  try {
    const done = await migrate({ ...urls, merge, onProgress: createReport(), signal: stopSignal(stopped) });
    process.stdout.write(`${outcome(done)}\n`);
  } catch (error) {
    const isToldWhole = error instanceof MigrationError || error instanceof OpenError;
    fail(isToldWhole ? error.message : reasonOf(error));
  }
}

function urlsOf({ from, to, data, live }: Flags): Pick<MigrateOptions, 'from' | 'to'> {
  if (data !== undefined && from !== undefined && to !== undefined) {
    fail('--data stands for --from or --to: there can be two of the three', usageError);
  }
  const local = data === undefined ? undefined : urlOf('data', data);
  const source = from === undefined ? local : urlOf('from', from);
  const target = to === undefined ? local : urlOf('to', to);
  if (source === undefined) fail('--from or --data must say what to copy', usageError);
  if (target === undefined) fail('--to or --data must say where to', usageError);
  if (source === target) fail('--from and --to must not be the same', usageError);
  const isRedis = isRedisUrl(source);
  if (live && !isRedis) fail('--live is said of a Redis that is read', usageError);
  if (isRedis && !live) {
    fail('a Redis may have servers at work, which nobody can see: stop them, and say so by --live');
  }
  return { from: source, to: target };
}

function urlOf(flag: 'from' | 'to' | 'data', value: string): string {
  const name = flag === 'data' ? 'data' : 'store';
  try {
    settings[name].read(value);
  } catch (error) {
    fail(`--${flag} ${(error as Error).message}`, usageError);
  }
  try {
    return storeUrl(readConfig({ [name]: value }, redisVariables(value)));
  } catch (error) {
    return fail((error as Error).message, usageError);
  }
}

/** The first one ends it after the batch that is under way, a second one at once. */
function stopSignal(stopped: Error): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(1);
    controller.abort(stopped);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
  return controller.signal;
}

const counted = (many: number, what: string) => `${count(many)} ${what}${many === 1 ? '' : 's'}`;

/** Of each queue a line now and then, with its speed since the one before, and one at its end. */
function createReport(): (progress: MigrateProgress) => void {
  let last = { queue: '', at: Date.now(), jobs: 0 };
  return ({ queue, jobs, total, isWhole }) => {
    const passedMs = Date.now() - last.at;
    if (isWhole) process.stderr.write(`${queue}: ${counted(jobs, 'job')}\n`);
    else if (passedMs < progressStepMs) return;
    else {
      // What was copied before an interruption took none of this time.
      const speed = queue === last.queue ? `, ${count(((jobs - last.jobs) / passedMs) * 1000)} a second` : '';
      process.stderr.write(`${queue}: ${count(jobs)} of ${counted(total, 'job')}${speed}\n`);
    }
    last = { queue, at: Date.now(), jobs };
  };
}

function outcome({ queues, jobs, workers, damaged, before }: Migrated): string {
  const all = `${counted(queues, 'queue')}, ${counted(jobs, 'job')}, ${counted(workers, 'worker')}`;
  if (before) return `nothing to do: ${all} were migrated before`;
  const dead = damaged === 0 ? '' : ` (${count(damaged)} damaged, dead from now on)`;
  return `migrated ${all}${dead}: counts verified`;
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  const why = cause === undefined ? '' : `: ${cause instanceof Error ? cause.message : cause}`;
  return `${message}${why} (the same command goes on from here)`;
}
