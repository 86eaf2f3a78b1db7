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
  if (!URL.canParse(text)) throw new Error('must be a URL such as redis://127.0.0.1:6379/0');
  const url = new URL(text);
  for (const name of url.searchParams.keys()) {
    if (!names.has(name)) throw new Error(`has the parameter ${name}, which a Redis URL does not have`);
  }
  const prefix = url.searchParams.get('prefix') ?? defaultPrefix;
  if (!/^[\w.:@-]{1,64}$/.test(prefix))
    throw new Error('must have a prefix of 1 to 64 of A-Z a-z 0-9 . _ : @ -');
  if (!/^\/?\d*$/.test(url.pathname)) throw new Error('must have the number of a database as its path');
  const clock = url.searchParams.get('clock');
  if (clock !== null && clock !== 'caller') throw new Error('must have no clock but caller');
  url.search = '';
  return { address: url.href, prefix, isCallersClock: clock !== null };
}

/** What may be shown of it. */
export const withoutPassword = (url: string) => url.replace(/^(rediss?:\/\/[^:@/]*):[^@/]*@/, '$1:***@');
