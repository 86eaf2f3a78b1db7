/** Starts a Redis of the bench's own, which syncs its file each second, and reads the URL of any other. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startCommand, stop } from './processes.js';
import { freePort, ready } from './ready.js';

export interface OwnRedis {
  url: string;
  pid: number;
  stop(): Promise<boolean>;
}

const SETTINGS = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', ''];
const DEFAULT_PREFIX = 'presque:';

/** `dir` is a fresh directory for its data and its log. */
export async function startRedis(dir: string): Promise<OwnRedis> {
  if (!hasProgram('redis-server')) {
    throw new Error(
      '--store redis: there is no redis-server in PATH; name one that runs: --store redis://HOST:PORT',
    );
  }
  const home = join(dir, 'redis');
  const log = join(dir, 'redis.log');
  mkdirSync(home);
  const port = await freePort();
  const place = ['--bind', '127.0.0.1', '--port', String(port), '--dir', home];
  const child = startCommand(['redis-server', ...place, ...SETTINGS], log);
  const pid = child.pid ?? 0;
  try {
    // By its pid: somebody else's Redis may have got the port first.
    await ready(child, { port, request: 'INFO server\r\n', expected: `process_id:${pid}\r\n` });
  } catch (error) {
    throw new Error(
      `redis-server: ${error instanceof Error ? error.message : error}\n${readFileSync(log, 'utf8').slice(-2000)}`,
    );
  }
  return { url: `redis://127.0.0.1:${port}/0`, pid, stop: () => stop(child) };
}

export function hasProgram(name: string): boolean {
  return spawnSync(name, ['--version'], { stdio: 'ignore' }).error === undefined;
}

/** Whether bare clients can use it as it is: one Redis, without TLS. */
export function isPlainRedis(store: string | undefined): store is string {
  return store?.startsWith('redis://') ?? false;
}

/** A store's URL as every Redis client reads it, and what the keys of the store begin with. */
export function readRedisUrl(store: string): { url: string; prefix: string } {
  const [url = '', query] = store.split('?');
  return { url, prefix: new URLSearchParams(query).get('prefix') ?? DEFAULT_PREFIX };
}
