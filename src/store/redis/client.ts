/** The ioredis clients of a store: for one Redis, for the master that sentinels name, or for a cluster. */

import { readFileSync } from 'node:fs';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { OpenError } from '../open-error.js';
import type { RedisUrl } from './url.js';

type Options = Omit<RedisOptions, 'replyMapping'>;

export interface Client {
  readonly redis: Redis | Cluster;
  /** Hears the messages of the channel that `listen` is given. */
  readonly listener: Redis | Cluster;
  /** Rejects when Redis can't be reached, or refuses us. */
  connect(): Promise<void>;
  listen(channel: string): Promise<void>;
  /** Each Redis that has jobs of ours. */
  masters(): readonly Redis[];
}

const replyMs = 2_000;
const longestPauseMs = 1_000;
/** A cluster's client asks anew where the slots are. */
const slotsMs = 1_000;

const mostTries = 20;

const pauseMs = (times: number) => Math.min(50 * times, longestPauseMs);

const options = {
  lazyConnect: true,
  connectTimeout: replyMs,
  commandTimeout: replyMs,
  // What is asked while Redis is away is refused at once, and nothing is ever sent twice: it might be done twice.
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  // While it reads its file after a start, it is asked again this often.
  maxLoadingRetryTime: 100,
  retryStrategy: pauseMs,
};

export function createClient(url: RedisUrl): Client {
  return url.kind === 'cluster' ? createClusterClient(url) : createSingleClient(url);
}

function createSingleClient(url: RedisUrl): Client {
  const [first] = url.hosts;
  let hasStarted = false;
  const where: Options =
    url.kind === 'sentinel'
      ? {
          sentinels: url.hosts.map((host) => ({ ...host })),
          name: url.master as string,
          ...(url.sentinelUser !== undefined && { sentinelUsername: url.sentinelUser }),
          ...(url.sentinelPassword !== undefined && { sentinelPassword: url.sentinelPassword }),
          ...(url.tls && { enableTLSForSentinelMode: true, sentinelTLS: tlsOf(url.tls) }),
          sentinelCommandTimeout: replyMs,
          // At the start nobody waits for sentinels that are not there.
          sentinelRetryStrategy: (times: number) => (hasStarted ? pauseMs(times) : null),
          // A master that was replaced may be there still, as somebody's replica.
          failoverDetector: true,
        }
      : { ...first };
  const all: Options = { ...options, ...where, ...accountOf(url), db: url.database };
  const redis = new Redis(all);
  // What it would do by itself after a reconnection ends the process when that is cut, too.
  const listener = new Redis({ ...all, autoResubscribe: false });
  listener.on('error', () => {});
  return {
    redis,
    listener,
    async connect() {
      await redis.connect();
      // The client goes on in database 0 when it can't select another: asked for once more, the refusal is seen.
      if (url.database) await redis.select(url.database);
      hasStarted = true;
    },
    async listen(channel) {
      if (listener.status === 'wait') await listener.connect();
      await listener.subscribe(channel);
    },
    masters: () => [redis],
  };
}

function createClusterClient(url: RedisUrl): Client {
  const { lazyConnect: _, enableOfflineQueue: __, retryStrategy, ...rest } = options;
  const cluster = new Cluster([...url.hosts], {
    lazyConnect: true,
    enableOfflineQueue: false,
    // A call says by itself that the cluster is down; to ask for its state first would hang where that may not be asked.
    enableReadyCheck: false,
    clusterRetryStrategy: retryStrategy,
    // What is refused while a slot moves was not done, so it goes again; what was cut off may have been.
    retryDelayOnFailover: 0,
    slotsRefreshTimeout: replyMs,
    slotsRefreshInterval: slotsMs,
    redisOptions: { ...rest, ...accountOf(url) },
  });
  return {
    redis: cluster,
    // It has a connection of its own for what is subscribed to.
    listener: cluster,
    connect: () => cluster.connect(),
    async listen(channel) {
      // While it gets to know the nodes it changes over from one to another to listen on.
      for (let tries = 1; ; tries++) {
        try {
          await cluster.subscribe(channel);
          return;
        } catch (error) {
          if (tries === mostTries || (error as Error).message !== 'Connection is closed.') throw error;
        }
      }
    },
    masters: () => cluster.nodes('master'),
  };
}

function accountOf({ user, password, tls }: RedisUrl): Options {
  return {
    ...(user !== undefined && { username: user }),
    ...(password !== undefined && { password }),
    ...(tls && { tls: tlsOf(tls) }),
  };
}

function tlsOf(files: NonNullable<RedisUrl['tls']>) {
  const read = ([name, path]: [string, string]) => {
    try {
      return [name, readFileSync(path)];
    } catch (error) {
      throw new OpenError(`${name} can't be read: ${(error as Error).message}`);
    }
  };
  return Object.fromEntries(Object.entries(files).map(read));
}
