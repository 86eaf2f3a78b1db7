/** Clients that push, lease and settle on several queues while the Redis below changes, and what they saw of it. */

import { type Client, pause } from './client.js';
import { leaseOn, listOn, pushOn } from './lease-clients.js';
import type { Event } from './lease-history.js';
import type { Random } from './random.js';

export interface Load {
  /** What the clients of each queue saw. */
  readonly events: ReadonlyMap<string, readonly Event[]>;
  readonly refusals: Refusals;
  /** No more pushes; resolves when all jobs are done and what is there is written down. */
  finish(): Promise<void>;
}

export interface Refusals {
  count: number;
  slowestMs: number;
  /** When the latest one came, epoch milliseconds. */
  latestAt: number;
  /** Answers that are neither the expected ones nor a 503 as it should be. */
  readonly wrong: string[];
}

export const createRefusals = (): Refusals => ({ count: 0, slowestMs: 0, latestAt: 0, wrong: [] });

const settleMs = 30_000;
/** Some of them wait until a lease is over: together they are faster than the one that pushes. */
const leasersPerQueue = 4;
const pushPauseMs = 60;

/** A client for whom a 503 is no answer, but counted; each call goes to another one of the servers. */
export function refusable(clients: readonly Client[], refusals: Refusals, random: Random): Client {
  const pick = () => clients[random.below(clients.length)] as Client;
  const client = clients[0] as Client;
  return {
    ...client,
    async ask(method, path, ...rest) {
      const answer = await pick().ask(method, path, ...rest);
      if (answer.status < 500) return answer;
      const { status, text, ms, headers } = answer;
      const what = `${method} ${path}: ${status} ${text} after ${ms.toFixed(0)} ms`;
      if (status !== 503 || headers['retry-after'] === undefined) refusals.wrong.push(what);
      refusals.count++;
      refusals.slowestMs = Math.max(refusals.slowestMs, ms);
      refusals.latestAt = Date.now();
      throw new Error(what);
    },
  };
}

/** One client that pushes and some that lease for each of the queues; each call goes to one of the servers. */
export async function startLoad(options: {
  readonly clients: readonly Client[];
  readonly queues: readonly string[];
  readonly leaseMs: number;
  readonly random: Random;
}): Promise<Load> {
  const { clients, queues, leaseMs, random } = options;
  const refusals = createRefusals();
  const client = refusable(clients, refusals, random);
  const direct = clients[0] as Client;
  const policy = JSON.stringify({ keep_done: '2h', attempts: 1_000, max_crashes: 1_000 });
  for (const queue of queues) {
    const { status, text } = await client.ask('POST', `/control/${queue}`, policy);
    if (status !== 200) throw new Error(`policy of ${queue}: ${status} ${text}`);
  }
  const events = new Map<string, Event[]>(queues.map((queue) => [queue, []]));
  let isPushing = true;
  let isOver = false;
  const settings = queues.map((queue) => {
    const write = (event: Event) => void events.get(queue)?.push(event);
    return { client, history: { write, close() {} }, random, queue, leaseMs, pushPauseMs };
  });
  const pushers = settings.map((one, n) => pushOn({ ...one, isOver: () => !isPushing }, `${n}`));
  const leasers = settings.flatMap((one) =>
    Array.from({ length: leasersPerQueue }, () => leaseOn({ ...one, isOver: () => isOver })),
  );
  const ended = Promise.all([...pushers, ...leasers]);
  // It is told in `finish`.
  ended.catch(() => {});

  return {
    events,
    refusals,
    async finish() {
      isPushing = false;
      try {
        await Promise.all(pushers);
        await Promise.race([ended, untilEmpty(direct, queues)]);
      } finally {
        isOver = true;
      }
      await ended;
      for (const one of settings) await listOn({ ...one, client: direct, isOver: () => true });
    },
  };
}

async function untilEmpty(client: Client, queues: readonly string[]) {
  const end = performance.now() + settleMs;
  for (const queue of queues)
    for (;;) {
      const { ready, delayed, leased } = (await client.json(`/status/${queue}`)) as {
        [state: string]: number;
      };
      if (ready === 0 && delayed === 0 && leased === 0) break;
      if (performance.now() > end)
        throw new Error(`${queue}: ${ready} ready, ${delayed} delayed, ${leased} leased in the end`);
      await pause(50);
    }
}

/** How many, in one line. */
export function figuresOf({ events, refusals }: Load): string {
  const all = [...events.values()].flat();
  const pushed = all.reduce((sum, one) => sum + (one.event === 'pushed' ? one.jobs.length : 0), 0);
  const leased = all.filter(({ event }) => event === 'leased').length;
  const done = all.filter((one) => one.event === 'settled' && one.said.status === 204).length;
  const left = all.filter(({ event }) => event === 'left').length;
  const { count, slowestMs } = refusals;
  return (
    `${pushed} pushes acknowledged, ${leased} leases, ${done} done, ${left} jobs in the end; ` +
    `${count} refusals, the slowest after ${slowestMs.toFixed(0)} ms`
  );
}
