/** Runs a real master, its replica and three sentinels that promote it when the master is gone. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Redis, startRedis, startRedisWith } from './redis.js';

export interface Sentinel {
  /** `redis-sentinel://127.0.0.1:PORT,…/mymaster` */
  readonly url: string;
  /** As it was at the start. */
  readonly master: Redis;
  readonly replica: Redis;
  readonly sentinels: readonly Redis[];
  /** Resolves when the sentinels say that the other one is the master and it takes writes. */
  promoted(replica: Redis): Promise<void>;
  stop(): Promise<void>;
}

const name = 'mymaster';
const downAfterMs = 800;
const failoverMs = 3_000;
const readyMs = 30_000;

/** All of them know each other, and the replica is in step, when this resolves. `args` are for master and replica. */
export async function startSentinel({ args = [] }: { args?: readonly string[] } = {}): Promise<Sentinel> {
  const started: Redis[] = [];
  const stop = async () => void (await Promise.all(started.map((redis) => redis.stop())));
  const keep = (redis: Redis) => {
    started.push(redis);
    return redis;
  };
  try {
    const master = keep(await startRedis({ args }));
    const replica = keep(await startReplica(master, args));
    const sentinels = await Promise.all([0, 1, 2].map(async () => keep(await startOne(master))));
    for (const sentinel of sentinels) await until('a sentinel knows the others', () => knowsAll(sentinel));
    const hosts = sentinels.map(({ port }) => `127.0.0.1:${port}`).join();
    const promoted = (to: Redis) => until('the replica is promoted', () => isPromoted(sentinels, to));
    return { url: `redis-sentinel://${hosts}/${name}`, master, replica, sentinels, promoted, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** In step with its master when this resolves. */
export async function startReplica(master: Redis, args: readonly string[] = []): Promise<Redis> {
  const of = ['--replicaof', '127.0.0.1', `${master.port}`, '--repl-diskless-sync-delay', '0'];
  await master.ask('CONFIG', 'SET', 'repl-diskless-sync-delay', '0');
  const replica = await startRedis({ args: [...of, ...args] });
  await until('the replica is in step', async () =>
    String(await replica.ask('INFO', 'replication')).includes('master_link_status:up'),
  );
  return replica;
}

/** Sentinel keeps what it learns in its configuration file, and starts with none but that. */
const startOne = (master: Redis) =>
  startRedisWith((port, directory) => {
    const path = join(directory, 'sentinel.conf');
    const lines = [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${directory}`,
      `sentinel monitor ${name} 127.0.0.1 ${master.port} 2`,
      `sentinel down-after-milliseconds ${name} ${downAfterMs}`,
      `sentinel failover-timeout ${name} ${failoverMs}`,
    ];
    writeFileSync(path, `${lines.join('\n')}\n`);
    return [path, '--sentinel'];
  });

async function knowsAll(sentinel: Redis): Promise<boolean> {
  const words = (await sentinel.ask('SENTINEL', 'MASTER', name)) as string[];
  const field = (key: string) => words[words.indexOf(key) + 1];
  return field('num-other-sentinels') === '2' && field('num-slaves') === '1' && field('flags') === 'master';
}

/** As the first sentinel that answers says. */
async function isPromoted(sentinels: readonly Redis[], to: Redis): Promise<boolean> {
  const said = sentinels.map((sentinel) => sentinel.ask('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name));
  const [, port] = (await Promise.any(said)) as string[];
  const [role] = (await to.ask('ROLE')) as string[];
  return port === `${to.port}` && role === 'master';
}

/** Sentinels end all connections to a Redis when they give it another role. */
async function until(what: string, isTrue: () => Promise<boolean>) {
  const end = performance.now() + readyMs;
  while (!(await isTrue().catch(() => false))) {
    if (performance.now() > end) throw new Error(`${what}: not within ${readyMs} ms`);
    await pause(20);
  }
}
