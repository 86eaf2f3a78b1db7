/** Waits until replicas have what was written, on a connection of its own: Redis lets whatever comes after a WAIT wait, too. */

import { type Client, createClient } from './client.js';
import type { RedisUrl } from './url.js';

export interface Replicator {
  /** How many replicas have what was written to keys that begin with `base`: as soon as so many have, or after a while. */
  wait(base: string, replicas: number): Promise<number>;
  close(): Promise<void>;
}

interface Waiter {
  readonly replicas: number;
  roundsLeft: number;
  readonly resolve: (have: number) => void;
}

/** Short, since who comes during a round waits for its end. */
const roundMs = 100;
const mostRounds = 10;

export function createReplicator(url: RedisUrl): Replicator {
  let client: Promise<Client> | undefined;
  const lines = new Map<string, Waiter[]>();

  async function connected(): Promise<Client> {
    const made = createClient(url);
    made.redis.on('error', () => {});
    made.redis.on('end', () => {
      client = undefined;
    });
    try {
      await made.connect();
    } catch (error) {
      made.redis.disconnect();
      client = undefined;
      throw error;
    }
    return made;
  }

  /** Replicas get writes in their order: those that have this one have what came before. */
  async function round(base: string, replicas: number): Promise<number> {
    client ??= connected();
    const { redis } = await client;
    const touch = redis.pipeline().set(`${base}:touched`, 1, 'EX', 60);
    const results = await touch.wait(replicas, roundMs).exec();
    const [[touchError] = [], [waitError, have] = []] = results ?? [];
    return touchError || waitError ? 0 : Number(have);
  }

  async function run(base: string, line: Waiter[]) {
    while (line.length > 0) {
      const waiters = line.splice(0);
      const have = await round(base, Math.max(...waiters.map(({ replicas }) => replicas))).catch(() => 0);
      for (const waiter of waiters) {
        if (have >= waiter.replicas || --waiter.roundsLeft === 0) waiter.resolve(have);
        else line.push(waiter);
      }
    }
    lines.delete(base);
  }

  return {
    wait(base, replicas) {
      return new Promise((resolve) => {
        const waiter = { replicas, roundsLeft: mostRounds, resolve };
        const line = lines.get(base);
        if (line) {
          line.push(waiter);
          return;
        }
        const first = [waiter];
        lines.set(base, first);
        void run(base, first);
      });
    },

    async close() {
      const made = await client?.catch(() => undefined);
      made?.redis.disconnect();
    },
  };
}
