/** Which store a URL means. */

import { createMemoryStore } from './memory.js';
import type { Others } from './others.js';
import { isRedisUrl, parseUrl, redisUrlForms } from './redis/url.js';
import { openSqliteStore } from './sqlite/sqlite.js';
import type { Store } from './store.js';

export { OpenError } from './open-error.js';
export { checkedPrefix, completedUrl, isRedisUrl, withoutPassword } from './redis/url.js';

/** What the memory store holds at most; beyond, pushes are refused as on a full disk. */
const memoryStoreBytes = 1024 * 1024 * 1024;

/**
 * `memory:`, `sqlite:PATH` or `redis://…`. Rejects with an `OpenError` when it can't be used. `onFailure` is told when a store that
 * was open can't go on. `others` says how we meet other servers with the same jobs: on Redis it is needed.
 */
export async function openStore(
  url: string,
  onFailure: (error: Error) => void,
  others?: Others,
): Promise<Store> {
  if (url === 'memory:') return createMemoryStore({ maxBytes: memoryStoreBytes });
  if (isRedisUrl(url)) {
    if (!others) throw new Error('a store that servers share needs to know how they meet');
    // Its client is of no use to others.
    const { openRedisStore } = await import('./redis/redis.js');
    return openRedisStore({ url, ...others });
  }
  return openSqliteStore({ path: url.slice('sqlite:'.length), onFailure });
}

/** Throws an `Error` that says what `openStore` can't read in it; its message goes on after the name of what was given. */
export function checkStoreUrl(url: string) {
  if (isRedisUrl(url)) parseUrl(url);
  else if (url !== 'memory:' && !/^sqlite:./.test(url)) {
    throw new Error(`must be sqlite:PATH, ${redisUrlForms} or memory:`);
  }
}
