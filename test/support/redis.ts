/** Runs a real redis-server for the tests: starts, kills and restarts it, and leaves nothing behind. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Redis as Client } from 'ioredis';
import { afterAll, beforeAll, expect } from 'vitest';
import { freePort } from './ports.js';

export interface Redis {
  /** `redis://127.0.0.1:PORT`, the same over every restart. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Resolves when it has ended. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again, after it has ended, on the same port and in the same directory. */
  restart(): Promise<void>;
  /** Sends one command; the first line of the reply. */
  command(...words: string[]): Promise<string>;
  /** Sends one command; the whole reply. Rejects when that is an error. */
  ask(...words: string[]): Promise<unknown>;
  /** Sends them all in one go. */
  askAll(commands: readonly (readonly string[])[]): Promise<unknown[]>;
  /** Ends it and removes its directory. */
  stop(): Promise<void>;
}

/** Why there can be no redis-server, or undefined. */
export const redisMissing: string | undefined =
  spawnSync('redis-server', ['--version'], { timeout: 10_000 }).status === 0
    ? undefined
    : 'redis-server is not installed';

const running = new Set<ChildProcess>();
process.once('exit', () => running.forEach((child) => void child.kill('SIGKILL')));

const plain = ['--save', '', '--appendonly', 'no', '--bind', '127.0.0.1', '--daemonize', 'no'];

/** A redis-server on a free port that answers when this resolves; it keeps nothing on disk unless `args` say so. */
export const startRedis = ({ args = [] }: { args?: readonly string[] } = {}): Promise<Redis> =>
  startRedisWith((port, directory) => [...plain, '--port', `${port}`, '--dir', directory, ...args]);

/** The same with nothing on its command line but what is made for its port and its directory. */
export async function startRedisWith(
  argsOf: (port: number, directory: string) => readonly string[],
): Promise<Redis> {
  const directory = mkdtempSync(join(tmpdir(), 'presque-redis-'));
  const port = await freePort();
  const args = argsOf(port, directory);
  let child = await launch(port, args);

  async function kill(signal: NodeJS.Signals = 'SIGKILL') {
    if (!running.has(child)) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return child.pid ?? 0;
    },
    kill,
    async restart() {
      child = await launch(port, args);
    },
    command: (...words) => command(port, words),
    ask: async (...words) => (await askAll(port, [words]))[0],
    askAll: (commands) => askAll(port, commands),
    async stop() {
      await kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/**
 * One redis-server for all the tests of a file, as the user that the page for operators makes, who may touch what begins with `test`;
 * `url` may be asked for when they run.
 */
export function redisForSuite(): { readonly url: string } {
  let redis: Redis | undefined;
  beforeAll(async () => {
    if (redisMissing !== undefined) return;
    redis = await startRedis();
    expect(await redis.command(...documentedUser())).toBe('+OK');
  });
  afterAll(() => redis?.stop());
  return {
    get url() {
      if (redis === undefined) throw new Error(redisMissing ?? 'redis-server is not started yet');
      return redis.url.replace('//', '//presque:secret@');
    },
  };
}

/** The words that make the user of the page for operators, for keys and channels that begin with `test`. */
export function documentedUser(): string[] {
  const page = readFileSync(fileURLToPath(new URL('../../docs/redis.md', import.meta.url)), 'utf8');
  const line = /redis-cli (ACL SETUSER (?:.*\\\n)*.*)/.exec(page)?.[1];
  if (line === undefined) throw new Error('docs/redis.md makes no user');
  const words = line.replaceAll(/[\\']/g, '').split(/\s+/);
  return words.map((word) => (word.startsWith('~') || word.startsWith('&') ? `${word[0]}test*` : word));
}

async function launch(port: number, args: readonly string[]): Promise<ChildProcess> {
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed = (printed + text).slice(-10_000);
    });
  running.add(child);
  child.once('error', () => running.delete(child));
  child.once('exit', () => running.delete(child));
  const deadline = performance.now() + 20_000;
  while (!(await answers(port))) {
    if (running.has(child) && performance.now() < deadline) await pause(10);
    else {
      child.kill('SIGKILL');
      throw new Error(`redis-server does not answer on port ${port}:\n${printed}`);
    }
  }
  return child;
}

/** Not while it reads its file: then it says `-LOADING`. */
const answers = (port: number) =>
  command(port, ['PING']).then(
    (line) => line === '+PONG',
    () => false,
  );

function command(port: number, words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let reply = '';
    socket.setTimeout(10_000, () => socket.destroy(new Error(`no reply to ${words.join(' ')}`)));
    socket.setEncoding('utf8').on('data', (text: string) => {
      reply += text;
      if (!reply.includes('\r\n')) return;
      resolve(reply.slice(0, reply.indexOf('\r\n')));
      socket.destroy();
    });
    socket.on('error', reject).on('close', () => reject(new Error('redis-server hung up')));
    const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
    socket.write(`*${words.length}\r\n${parts.join('')}`);
  });
}

async function askAll(port: number, commands: readonly (readonly string[])[]): Promise<unknown[]> {
  const options = { lazyConnect: true, enableReadyCheck: false, commandTimeout: 10_000 };
  const client = new Client(port, '127.0.0.1', { ...options, retryStrategy: () => null });
  // Whoever asks is told.
  client.on('error', () => {});
  try {
    await client.connect();
    return await Promise.all(commands.map(([name = '', ...rest]) => client.call(name, ...rest)));
  } finally {
    client.disconnect();
  }
}
