/** The connection to Redis: calls scripts, tells what goes wrong in the words of the house, comes back by itself. */

import { Redis } from 'ioredis';
import { OpenError } from '../open-error.js';
import { failure, isAbout } from './failure.js';
import { encode } from './records.js';
import type { Replies } from './replies.js';
import { readScripts, type ScriptName } from './scripts.js';
import { withoutPassword } from './url.js';

type Reply = readonly (string | null)[];

export interface Connection {
  /** The reply's head, parsed, and what follows it. */
  call<N extends ScriptName>(
    name: N,
    args: object,
    payloads?: readonly string[],
  ): Promise<{ head: Replies[N]; rest: Reply }>;
  readonly redis: Redis;
  close(): Promise<void>;
}

const replyMs = 2_000;
const longestPauseMs = 1_000;

/** Rejects when Redis can't be reached. */
export async function connect(
  url: string,
  prefix: string,
  onNews: (queue: string) => void,
): Promise<Connection> {
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
    retryStrategy: (times: number) => Math.min(50 * times, longestPauseMs),
  };
  const redis = new Redis(url, options);
  const listener = new Redis(url, { ...options, autoResubscribe: true });
  // Each call says what went wrong; between calls there is nobody to tell.
  let reason: Error | undefined;
  redis.on('error', (error) => {
    reason = error;
  });
  listener.on('error', () => {});
  try {
    await redis.connect();
    // The client goes on in database 0 when it can't select another: asked for once more, the refusal is seen.
    if (redis.options.db) await redis.select(redis.options.db);
    await listener.connect();
    await listener.subscribe(`${prefix}news`);
  } catch (error) {
    redis.disconnect();
    listener.disconnect();
    throw new OpenError(`${withoutPassword(url)} can't be used: ${(reason ?? (error as Error)).message}`);
  }
  listener.on('message', (_, queue) => onNews(queue));
  const scripts = readScripts();

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
    redis,
    async call(name, args, payloads = []) {
      const values = ['1', prefix, encode(args), ...payloads];
      try {
        const answered = evaluate(name, values);
        underWay.add(answered);
        const [head, ...rest] = await answered.finally(() => underWay.delete(answered));
        return { head: JSON.parse(head as string), rest };
      } catch (error) {
        throw failure(error);
      }
    },
    async close() {
      listener.disconnect();
      await Promise.allSettled(underWay);
      await redis.quit().catch(() => redis.disconnect());
    },
  };
}
