/** `presque doctor`: whether settings, server, clock and store are as they should be, and what is to be done where not. */

import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type Command, Option } from 'commander';
import type { PresqueError } from '../client/client.js';
import { ConfigError, readConfig, storeUrl } from '../config.js';
import { addConnection, type ConnectionFlags } from './connection.js';
import { failure } from './exit.js';
import { redisVariables } from './reading/redis-variables.js';
import { type Session, statusOf, withServer } from './session.js';
import type { Format } from './terminal/colors.js';
import { safe } from './terminal/text.js';

interface Flags extends ConnectionFlags {
  readonly store?: string;
  readonly data?: string;
}

type Level = 'ok' | 'warning' | 'problem';

interface Finding {
  readonly about: string;
  readonly level: Level;
  readonly text: string;
}

/** What a command line is to end with, where there is a problem that has a status of its own. */
type Found = Finding & { readonly status?: number };

export function addDoctor(program: Command) {
  const command = program
    .command('doctor')
    .description('Look whether settings, server, clock and store are as they should be.')
    .allowExcessArguments(false)
    .addOption(new Option('--store <URL>', 'open this store and look at it, too; a Redis says how it is set'))
    .addOption(new Option('--data <DIR>', 'the same of DIR/presque.db'));
  addConnection(command)
    .addHelpText(
      'after',
      `
One job is pushed, leased and done in a queue of its own, which is deleted after. Ends with 1 when something is
wrong, with 69 when no server answers; warnings are for you to judge.

Examples:
  $ presque doctor
  $ presque doctor --url http://10.0.0.5:5000
  $ presque doctor --store redis://127.0.0.1:6379/0`,
    )
    .action((flags: Flags) => withServer(flags, (session) => doctor(session, flags)));
}

const marks: { readonly [L in Level]: readonly [mark: string, format: Format] } = {
  ok: ['ok', 'green'],
  warning: ['warning', 'yellow'],
  problem: ['PROBLEM', 'red'],
};

async function doctor(session: Session, flags: Flags) {
  const { output } = session;
  let status = 0;
  for await (const { status: own, ...finding } of findings(session, flags)) {
    if (finding.level === 'problem') status = own ?? (status || failure);
    if (output.isJson) output.value(finding);
    else {
      const [mark, format] = marks[finding.level];
      output.line(
        `${output.paint(format, mark.padEnd(8))} ${finding.about.padEnd(10)} ${safe(finding.text)}`,
      );
    }
  }
  process.exitCode = status;
}

async function* findings(session: Session, flags: Flags): AsyncIterable<Found> {
  yield settingsFinding();
  yield* serverFindings(session);
  if (flags.store !== undefined || flags.data !== undefined) yield* storeFindings(flags);
}

const ok = (about: string, text: string): Found => ({ about, level: 'ok', text });
const warning = (about: string, text: string): Found => ({ about, level: 'warning', text });
const problem = (about: string, text: string, status?: number): Found => ({
  about,
  level: 'problem',
  text,
  ...(status !== undefined && { status }),
});

function settingsFinding(): Found {
  try {
    const set = Object.keys(process.env).filter((name) => name.startsWith('PRESQUE_'));
    readConfig({}, process.env);
    return ok(
      'settings',
      set.length === 0 ? 'none in the environment' : `${set.join(', ')} can be understood`,
    );
  } catch (error) {
    return problem('settings', (error as Error).message);
  }
}

async function* serverFindings(session: Session): AsyncIterable<Found> {
  const {
    client,
    connection: { url },
  } = session;
  try {
    await client.calls.live({});
  } catch (error) {
    return yield problem('server', (error as Error).message, statusOf(error));
  }
  try {
    await client.ready();
    yield ok('server', `${url} answers, and takes jobs`);
  } catch (error) {
    yield problem('server', `${url} answers, but takes no jobs: ${(error as PresqueError).message}`);
  }
  yield* jobFindings(session);
}

/** A job of its own goes all the way. */
async function* jobFindings({ client }: Session): AsyncIterable<Found> {
  const queue = `presque-doctor-${randomUUID().slice(0, 8)}`;
  try {
    const begun = performance.now();
    const before = Date.now();
    const { id, durability } = await client.push(queue, '"doctor"');
    const after = Date.now();
    yield durabilityFinding(durability);
    const { created_at: createdAt } = await client.job(queue, id);
    yield clockFinding(createdAt * 1_000, before, after);
    const lease = await client.lease(queue);
    await lease?.done();
    const ms = Math.round(performance.now() - begun);
    yield lease
      ? ok('job', `pushed, leased and done in ${ms} ms`)
      : problem('job', 'pushed, and not there to be leased: somebody else took it');
  } catch (error) {
    yield problem('job', (error as Error).message, statusOf(error));
  } finally {
    await client.purge(queue).catch(() => {});
  }
}

const durabilities: { readonly [level: string]: Found } = {
  fsync: ok('durability', 'fsync: what is answered is on the disk'),
  'aof-always': ok('durability', 'aof-always: what is answered is on the disk of Redis'),
  'aof-everysec': warning(
    'durability',
    'aof-everysec: a Redis that ends may lose its last second (appendfsync always loses nothing)',
  ),
  memory: warning('durability', 'memory: all jobs are gone with the process that keeps them'),
};

const durabilityFinding = (level: string): Found =>
  durabilities[level] ??
  warning('durability', `${level}: the store does not say what it keeps (may we read its settings?)`);

/** What is noticed of a clock that is wrong: times of delayed jobs. */
const mostSkewMs = 2_000;

function clockFinding(at: number, before: number, after: number): Found {
  const skewMs = at < before ? at - before : at > after ? at - after : 0;
  const text = `the store's clock is ${Math.abs(skewMs)} ms ${skewMs < 0 ? 'behind' : 'ahead of'} the one here`;
  if (Math.abs(skewMs) < mostSkewMs) return ok('clock', Math.abs(skewMs) < 50 ? 'as here' : text);
  return warning('clock', `${text}: points in time (--delayed) are by the store's`);
}

async function* storeFindings({ store, data }: Flags): AsyncIterable<Found> {
  // Loaded here, since other commands start sooner without.
  const { inspectStore, OpenError } = await import('../index.js');
  const given = { ...(store !== undefined && { store }), ...(data !== undefined && { data }) };
  try {
    const url = storeUrl(readConfig(given, redisVariables(store ?? '')));
    const path = /^sqlite:(.*)$/.exec(url)?.[1];
    if (path !== undefined && !existsSync(path)) {
      return yield warning('store', `${path} is not there yet: the first server makes it`);
    }
    const seen = await inspectStore({ store: url });
    yield ok('store', `${seen.store}: ${seen.about}`);
    if (seen.problem !== undefined) yield problem('store', seen.problem);
  } catch (error) {
    if (!(error instanceof OpenError || error instanceof ConfigError)) throw error;
    // As it should be.
    if (error.message.endsWith('in use by another server'))
      yield ok('store', error.message.replace('another', 'a'));
    else yield problem('store', error.message);
  }
}
