/** Stores that move: to open them again is to copy them into another one. */

import { join } from 'node:path';
import { migrate } from '../../dist/index.js';
import { type OpenSubject, openAsServer, tempDirectory } from './store.js';

let count = 0;

/** Each opening goes to the next of the kinds in turn; the n-th store of all is at the URL that it gives. */
export function movingSubjects(
  ...kinds: readonly ((directory: string, nth: number) => string)[]
): OpenSubject {
  return async () => {
    const directory = tempDirectory();
    let nth = 0;
    const next = () => kinds[nth++ % kinds.length]?.(directory.path, count++) as string;
    let url = next();
    let store = await openAsServer(url);
    let isOpen = true;
    return {
      get store() {
        return store;
      },
      async reopen() {
        await store.close();
        isOpen = false;
        const from = url;
        url = next();
        await migrate({ from, to: url });
        store = await openAsServer(url);
        isOpen = true;
        return store;
      },
      async cleanup() {
        if (isOpen) await store.close();
        directory.remove();
      },
    };
  };
}

export const sqliteUrls = (directory: string, nth: number) => `sqlite:${join(directory, `${nth}.db`)}`;

/** Under a prefix of its own. */
export const redisUrls = (redis: { readonly url: string }) => (_: string, nth: number) =>
  `${redis.url}/0?prefix=test-moved${process.pid}-${nth}:&clock=caller`;
