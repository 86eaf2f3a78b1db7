/** Settlements of a worker: what ends while others are under way goes together, and again while the server is away. */

import type { Input, Output } from '../api/types.js';
import type { Ambient } from './ambient.js';
import type { Calls } from './calls.js';
import { PresqueError } from './errors.js';
import { pause } from './signals.js';

type Lists = Required<Omit<Input<'settleMany'>, 'queue'>>;
export type Verb = keyof Lists;
type Item<V extends Verb> = NonNullable<Lists[V]>[number];
export type Settled = NonNullable<Output<'settleMany'>[Verb]>[number];

interface Asked {
  readonly verb: Verb;
  readonly item: Item<Verb>;
  /** When the lease is over, or nobody waits any longer: it need not be told after that. */
  readonly until: () => number;
  resolve(settled: Settled): void;
  reject(error: unknown): void;
}

const verbs: readonly Verb[] = ['done', 'fail', 'release', 'extend'];
/** Below the bounds of the server. */
const mostItems = 500;
const mostChars = 2 * 1024 * 1024;
const pauseMs = 500;
const leastPatienceMs = 1_000;

export function createSettler(deps: {
  readonly calls: Calls;
  readonly ambient: Ambient;
  /** Told of each try that failed and is made again. */
  readonly onError: (error: unknown) => void;
}) {
  const { calls, ambient, onError } = deps;
  const waiting = new Map<string, Asked[]>();
  const working = new Map<string, Promise<void>>();

  async function send(queue: string, group: readonly Asked[]): Promise<void> {
    const lists = Object.fromEntries(
      verbs.map((verb) => [verb, group.filter((asked) => asked.verb === verb)] as const),
    ) as { [V in Verb]: Asked[] };
    const input = Object.fromEntries(
      verbs.flatMap((verb) => (lists[verb].length > 0 ? [[verb, lists[verb].map(({ item }) => item)]] : [])),
    );
    const output = await beforeLeasesEnd(group, (signal) =>
      calls.settleMany({ queue, ...input }, { signal }),
    );
    for (const verb of verbs) {
      for (const [index, asked] of lists[verb].entries()) asked.resolve(output[verb]?.[index] as Settled);
    }
  }

  /** A connection that nothing comes over any longer is given up while there is time to make another. */
  async function beforeLeasesEnd<T>(
    group: readonly Asked[],
    run: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const leftMs = Math.min(...group.map(({ until }) => until())) - ambient.now();
    const controller = new AbortController();
    const silence = new PresqueError('unreachable', 0, 'no answer while there was time to ask again');
    const timer = ambient.after(Math.max(leftMs / 3, leastPatienceMs), () => controller.abort(silence));
    try {
      return await run(controller.signal);
    } finally {
      timer.cancel();
    }
  }

  async function sendUntilOver(queue: string, group: readonly Asked[]): Promise<void> {
    try {
      await send(queue, group);
    } catch (error) {
      if (isAway(error)) return await again(queue, group, error);
      if (group.length === 1) return group[0]?.reject(error);
      // One that is refused refuses all of them: it is looked for by halves.
      const half = Math.ceil(group.length / 2);
      await sendUntilOver(queue, group.slice(0, half));
      await sendUntilOver(queue, group.slice(half));
    }
  }

  async function again(queue: string, group: readonly Asked[], error: unknown): Promise<void> {
    onError(error);
    await pause(ambient, pauseMs * (1 + ambient.fraction()));
    const left = group.filter((asked) => asked.until() > ambient.now());
    for (const asked of group) if (!left.includes(asked)) asked.reject(error);
    if (left.length > 0) await sendUntilOver(queue, left);
  }

  async function work(queue: string, waits: Asked[]): Promise<void> {
    // Handlers that end in the same turn are told of together.
    await Promise.resolve();
    await Promise.resolve();
    while (waits.length > 0) await sendUntilOver(queue, nextGroup(waits));
    working.delete(queue);
    waiting.delete(queue);
  }

  return {
    /** Resolves with the server's answer, which may be that the lease is lost; rejects when there was none until the lease was over, or it is refused. */
    settle<V extends Verb>(queue: string, verb: V, item: Item<V>, until: () => number): Promise<Settled> {
      return new Promise((resolve, reject) => {
        const waits = waiting.get(queue) ?? [];
        waiting.set(queue, waits);
        waits.push({ verb, item, until, resolve, reject });
        if (!working.has(queue)) working.set(queue, work(queue, waits));
      });
    },

    /** Resolves when all are answered. */
    async finish(): Promise<void> {
      while (working.size > 0) await Promise.all(working.values());
    },
  };
}

/** Away for a time, in words of HTTP, of something that stands before it, or by silence. */
const isAway = (error: unknown) =>
  error instanceof PresqueError &&
  (['unreachable', 'unexpected'].includes(error.code) || error.status === 429 || error.status >= 500);

function nextGroup(waits: Asked[]): Asked[] {
  let chars = 0;
  let count = 0;
  for (const { item } of waits) {
    chars += sizeOf(item);
    if (count > 0 && (count === mostItems || chars > mostChars)) break;
    count++;
  }
  return waits.splice(0, count);
}

function sizeOf(item: Item<Verb>): number {
  const { result = '', error = '', note = '' } = item as { result?: string; error?: string; note?: string };
  return 100 + result.length + error.length + note.length;
}
