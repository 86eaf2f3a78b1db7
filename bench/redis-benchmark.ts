/** Runs redis-benchmark: what this Redis does with RPUSH and LPOP when nothing stands before it. */
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { JOB_BYTES } from './load/job.js';
import { startCommand, stop } from './servers/processes.js';
import { hasProgram, readRedisUrl } from './servers/redis.js';

export interface Reach {
  clients: number;
  rpushPerSecond: number;
  lpopPerSecond: number;
}

const PROGRAM = 'redis-benchmark';
const CLIENTS = [32, 256];
const REQUESTS = 100_000;
/** It tries for ever to reach a Redis that is not there. */
const RUN_LIMIT_MS = 60_000;
const KEY_LIMIT_SECONDS = 600;

/** Rejects when it can't be measured; the key that it uses is gone afterwards, even when the bench is killed. */
export async function measureReach(store: string, dir: string): Promise<Reach[]> {
  if (!hasProgram(PROGRAM)) throw new Error(`there is no ${PROGRAM} in PATH`);
  const { url, prefix } = readRedisUrl(store);
  const key = `${prefix}bench-redis-benchmark:${Date.now().toString(36)}`;
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => {});
  const reaches: Reach[] = [];
  try {
    await redis.connect();
    // One job stays in the list, so that it keeps its time to live until all is over.
    await redis.rpush(key, 'first');
    await redis.expire(key, KEY_LIMIT_SECONDS);
    for (const clients of CLIENTS) {
      const rate = (command: string[]) =>
        measure({ url, clients, command }, join(dir, 'redis-benchmark.log'));
      const rpushPerSecond = await rate(['RPUSH', key, 'x'.repeat(JOB_BYTES)]);
      reaches.push({ clients, rpushPerSecond, lpopPerSecond: await rate(['LPOP', key]) });
    }
    return reaches;
  } finally {
    await redis.unlink(key).catch(() => {});
    redis.disconnect();
  }
}

export function reachLine(reaches: Reach[]): string {
  const all = (pick: (reach: Reach) => number) =>
    reaches.map((reach) => Math.round(pick(reach)).toLocaleString('en')).join(' / ');
  const clients = reaches.map((reach) => reach.clients).join(' / ');
  const rates = `RPUSH ${all((one) => one.rpushPerSecond)}, LPOP ${all((one) => one.lpopPerSecond)}`;
  return `${PROGRAM} on this Redis, req/s with ${clients} clients: ${rates}`;
}

async function measure(
  run: { url: string; clients: number; command: string[] },
  log: string,
): Promise<number> {
  const size = ['-n', String(REQUESTS), '-c', String(run.clients)];
  const child = startCommand([PROGRAM, '-u', run.url, ...size, '-q', '--csv', ...run.command], log);
  await endOf(child);
  const said = readFileSync(log, 'utf8');
  // The row's first column is the command, which begins as ours does; the next one is the rate.
  const row = said.split('\n').find((line) => line.startsWith(`"${run.command[0]}`));
  const rate = Number(/","([\d.]+)",/.exec(row ?? '')?.[1]);
  if (!(rate > 0)) throw new Error(`it gave no rate: ${said.trim().slice(-500)}`);
  return rate;
}

function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      void stop(child);
      reject(new Error(`a run took over ${RUN_LIMIT_MS / 1000} s`));
    }, RUN_LIMIT_MS);
    const settle = () => {
      clearTimeout(timer);
      resolve();
    };
    child.once('exit', settle);
    child.once('error', settle);
  });
}
