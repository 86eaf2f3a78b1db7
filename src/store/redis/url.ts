/** What a `redis:` or `rediss:` URL says: where Redis is, and what all of our keys begin with. */

export interface RedisUrl {
  /** For the client: host, port, user, password, database. */
  readonly address: string;
  readonly prefix: string;
  /** For tests: the time is what the caller says it is. */
  readonly isCallersClock: boolean;
}

const defaultPrefix = 'presque:';
const names = new Set(['prefix', 'clock']);

/** `redis://user:password@host:6379/0?prefix=presque:`. Throws an `Error` that says what is wrong. */
export function parseUrl(text: string): RedisUrl {
  const url = new URL(text);
  for (const name of url.searchParams.keys()) {
    if (!names.has(name)) throw new Error(`${name} is not a parameter of a Redis URL`);
  }
  const prefix = url.searchParams.get('prefix') ?? defaultPrefix;
  if (!/^[\w.:@-]{1,64}$/.test(prefix)) throw new Error('prefix must be 1 to 64 of A-Z a-z 0-9 . _ : @ -');
  if (!/^\/?\d*$/.test(url.pathname)) throw new Error('the path must be the number of a database');
  const isCallersClock = url.searchParams.get('clock') === 'caller';
  url.search = '';
  return { address: url.href, prefix, isCallersClock };
}

/** What may be shown of it. */
export const withoutPassword = (url: string) => url.replace(/^(rediss?:\/\/[^:@/]*):[^@/]*@/, '$1:***@');
