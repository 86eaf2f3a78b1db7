/** Servers whose store is a real Redis, for the end-to-end tests: started for the test that runs, gone when it ends. */

import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { type Server, startServer } from '../support/process.js';
import { type Redis, redisMissing, startRedis } from '../support/redis.js';
import { type Cluster, startCluster } from '../support/redis-cluster.js';
import type { Answer, Client } from './client.js';

/** The settings under which Redis answers only what is on its disk. */
export const onDisk = ['--appendonly', 'yes', '--appendfsync', 'always'];

export async function startTestRedis(...args: string[]): Promise<Redis> {
  const redis = await startRedis({ args });
  onTestFinished(() => redis.stop());
  return redis;
}

/** Another one with the same store has the same jobs. */
export const serveAt = (store: string, ...args: string[]): Promise<Server> =>
  startServer({ args: ['--store', store, ...args] });

export const serveOn = (redis: Pick<Redis, 'url'>): Promise<Server> => serveAt(`${redis.url}/0?prefix=e2e:`);

/** One cluster for all the tests of a file: to form it takes seconds. */
export function clusterForFile(options: Parameters<typeof startCluster>[0] = {}): () => Cluster {
  let cluster: Cluster | undefined;
  beforeAll(async () => {
    if (redisMissing === undefined) cluster = await startCluster(options);
  });
  afterAll(() => cluster?.stop());
  return () => cluster as Cluster;
}

let prefixes = 0;

/** The store of a test that shares a cluster with others. */
export const ownStore = ({ url }: Cluster) => `${url}?prefix=e2e${prefixes++}:`;

export interface Leased {
  readonly id: string;
  readonly job: string;
  readonly attempt: number;
  /** To be followed by the verb: `${at}/done?${lease}`. */
  readonly at: string;
  readonly lease: string;
}

/** The grant in the answer to a take of one job. */
export function leasedOf(queue: string, { status, headers, text }: Answer): Leased {
  if (status !== 200) throw new Error(`no lease: ${status} ${text}`);
  const id = String(headers['presque-job']);
  return {
    id,
    job: text,
    attempt: Number(headers['presque-attempt']),
    at: `/j/${queue}/${id}`,
    lease: `lease=${headers['presque-lease']}`,
  };
}

export const leaseOne = async (client: Client, queue: string, more = 'lease=30s') =>
  leasedOf(queue, await client.ask('GET', `/q/${queue}?${more}`));

/** Status and text, which say together what went wrong when they are not the expected ones. */
export const say = ({ status, text }: Answer) => `${status} ${text}`.trim();
