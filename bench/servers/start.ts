// Starts the servers that a bench compares, each in its own process, and waits until they answer.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Options } from '../options.js';
import { nodePid, startCommand, startScript, stop } from './processes.js';
import { freePort, httpProbe, ready } from './ready.js';

export interface Server {
  name: 'ceiling' | 'plain' | 'ours';
  stores: boolean;
  port: number;
  pid: number;
  /** False when it had to be killed. */
  stop(): Promise<boolean>;
}

/** What one run compares; `plain` is there on a Redis only. */
export interface Servers {
  ceiling: Server;
  plain: Server | undefined;
  ours: Server;
}

export function startCeiling(): Promise<Server> {
  return startOwn({ name: 'ceiling', stores: false }, './ceiling.js', []);
}

export function startPlain(redisUrl: string): Promise<Server> {
  return startOwn({ name: 'plain', stores: true }, './plain.js', [redisUrl]);
}

async function startOwn(
  what: Pick<Server, 'name' | 'stores'>,
  script: string,
  args: string[],
): Promise<Server> {
  const port = await freePort();
  const child = startScript(new URL(script, import.meta.url), [String(port), ...args]);
  await ready(child, httpProbe(port, '/q/ready'));
  return { ...what, port, pid: nodePid(child), stop: () => stop(child) };
}

/** `dir` is a fresh directory for its data and its log. */
export async function startOurs(options: Options, dir: string): Promise<Server> {
  const port = await freePort();
  const log = join(dir, 'server.log');
  const child = startCommand(command(options, port, dir), log);
  try {
    await ready(child, httpProbe(port, '/status/'));
  } catch (error) {
    throw new Error(
      `${error instanceof Error ? error.message : error}\n${readFileSync(log, 'utf8').slice(-4000)}`,
    );
  }
  return { name: 'ours', stores: true, port, pid: nodePid(child), stop: () => stop(child) };
}

function command(options: Options, port: number, dir: string): string[] {
  const profile = options.profile ? ['--cpu-prof', `--cpu-prof-dir=${resolve(options.profile)}`] : [];
  const store = options.store ? ['--store', options.store] : ['--data', join(dir, 'data')];
  const serve = ['serve', '--port', String(port), ...store];
  return [...options.wrap, process.execPath, ...profile, resolve(options.server), ...serve];
}
