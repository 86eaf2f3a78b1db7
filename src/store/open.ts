/** Which store a URL means. */

import { createMemoryStore } from './memory.js';
import { openSqliteStore } from './sqlite/sqlite.js';
import type { Store } from './store.js';

export { OpenError } from './sqlite/sqlite.js';

/** What the memory store holds at most; beyond, pushes are refused as on a full disk. */
const memoryStoreBytes = 1024 * 1024 * 1024;

/** `memory:` or `sqlite:PATH`. `onFailure` is told when a store that was open can't go on. */
export async function openStore(url: string, onFailure: (error: Error) => void): Promise<Store> {
  if (url === 'memory:') return createMemoryStore({ maxBytes: memoryStoreBytes });
  return openSqliteStore({ path: url.slice('sqlite:'.length), onFailure });
}

/** Whether `openStore` knows what to do with it. */
export function isStoreUrl(url: string): boolean {
  return url === 'memory:' || /^sqlite:./.test(url);
}
