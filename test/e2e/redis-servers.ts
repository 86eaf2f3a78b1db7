/** Servers whose store is a real Redis, for the end-to-end tests: started for the test that runs, gone when it ends. */

import { onTestFinished } from 'vitest';
import { type Server, startServer } from '../support/process.js';
import { type Redis, startRedis } from '../support/redis.js';
import type { Answer, Client } from './client.js';

/** The settings under which Redis answers only what is on its disk. */
export const onDisk = ['--appendonly', 'yes', '--appendfsync', 'always'];

export async function startTestRedis(...args: string[]): Promise<Redis> {
  const redis = await startRedis({ args });
  onTestFinished(() => redis.stop());
  return redis;
}

/** Another one on the same Redis has the same jobs. */
export const serveOn = (redis: Redis): Promise<Server> =>
  startServer({ args: ['--store', `${redis.url}/0?prefix=e2e:`] });

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
