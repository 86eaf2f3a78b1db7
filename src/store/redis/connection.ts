/** The connection to Redis: calls scripts, tells what goes wrong in the words of the house, comes back by itself. */

import type { Redis } from 'ioredis';
import type { Clock } from '../../clock.js';
import { OpenError } from '../open-error.js';
import { createClient } from './client.js';
import { failure, isAbout } from './failure.js';
import { encode } from './records.js';
import { createReplicator } from './replicator.js';
import type { Replies } from './replies.js';
import { readScripts, type ScriptName } from './scripts.js';
import { parseUrl, withoutPassword } from './url.js';

const pauseMs = 100;

type Reply = readonly (string | null)[];

/** Calls a script: the reply's head, parsed, and what follows it. */
export type Call = <N extends ScriptName>(
  name: N,
  args: object,
  payloads?: readonly string[],
) => Promise<{ head: Replies[N]; rest: Reply }>;

export interface Connection {
  /** For scripts on the keys that begin with `base`. */
  on(base: string): Call;
  /** How many replicas have what was written there: as soon as so many have, or after a while. */
  replicas(base: string, atLeast: number): Promise<number>;
  masters(): readonly Redis[];
  /** Makes sure that messages come. */
  listen(): void;
  close(): Promise<void>;
}

/** Rejects when Redis can't be reached. `onMessage` is told what comes on the channel. */
export async function connect(
  url: string,
  channel: string,
  { onMessage, after }: { readonly onMessage: (text: string) => void; readonly after: Clock['after'] },
): Promise<Connection> {
  const where = parseUrl(url);
  const client = createClient(where);
  const { redis, listener, masters } = client;
  // Each call says what went wrong; between calls there is nobody to tell.
  let reason: Error | undefined;
  redis.on('error', (error) => {
    reason = (error as { lastNodeError?: Error }).lastNodeError ?? error;
  });
  try {
    await client.connect();
    await client.listen(channel);
  } catch (error) {
    redis.disconnect();
    listener.disconnect();
    const { message } = reason ?? (error as Error);
    const words = message === 'Connection is closed.' ? 'nobody answers there' : message;
    throw new OpenError(`${withoutPassword(url)} can't be used: ${words}`);
  }
  listener.on('message', (_, text) => onMessage(text));
  let isClosing = false;
  // The client gives up where its master is replaced while it looks for it.
  for (const one of new Set([redis, listener])) {
    one.on('end', () => {
      const again = () => void (isClosing || one.connect().catch(() => {}));
      if (!isClosing) after(pauseMs, again);
    });
  }
  const listen = () => void client.listen(channel).catch(() => {});
  if (listener !== redis) listener.on('ready', listen);
  const scripts = readScripts();
  const replicator = createReplicator(where);

  const underWay = new Set<Promise<Reply>>();

  async function evaluate(name: ScriptName, values: readonly string[]): Promise<Reply> {
    const { sha, text } = scripts[name];
    try {
      return (await redis.evalsha(sha, ...(values as [number | string, ...string[]]))) as Reply;
    } catch (error) {
      // It is refused before anything of it has run.
      if (!isAbout(error, 'NOSCRIPT')) throw error;
      return (await redis.eval(text, ...(values as [number | string, ...string[]]))) as Reply;
    }
  }

  return {
    on:
      (base) =>
      async (name, args, payloads = []) => {
        const values = ['2', base, `${base}:!`, encode(args), ...payloads];
        try {
          const answered = evaluate(name, values);
          underWay.add(answered);
          const [head, ...rest] = await answered.finally(() => underWay.delete(answered));
          return { head: JSON.parse(head as string), rest };
        } catch (error) {
          throw failure(error);
        }
      },
    replicas: replicator.wait,
    masters,
    listen,
    async close() {
      isClosing = true;
      if (listener !== redis) listener.disconnect();
      await Promise.allSettled(underWay);
      await replicator.close();
      await redis.quit().catch(() => redis.disconnect());
    },
  };
}
