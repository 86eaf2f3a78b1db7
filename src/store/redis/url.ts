/** What a Redis URL says: where Redis is, who we are there, and what all of our keys begin with. */

export interface RedisUrl {
  readonly kind: 'redis' | 'sentinel' | 'cluster';
  /** The Redis, the sentinels, or some nodes of the cluster. */
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  /** What the sentinels call the master. */
  readonly master?: string;
  readonly user?: string;
  readonly password?: string;
  readonly sentinelUser?: string;
  readonly sentinelPassword?: string;
  readonly database: number;
  /** Over TLS, with the authority and our own certificate and key of these files. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly prefix: string;
  /** For tests: the time is what the caller says it is. */
  readonly isCallersClock: boolean;
}

export const isRedisUrl = (url: string) => /^rediss?(-sentinel|-cluster)?:/.test(url);

export const redisUrlForms =
  'redis://HOST:PORT/DB, redis-sentinel://HOST,HOST/MASTER, redis-cluster://HOST,HOST';

const defaultPrefix = 'presque:';
const defaultPort = 6379;
const defaultSentinelPort = 26_379;
const tlsFiles = ['ca', 'cert', 'key'] as const;
const names = new Set(['prefix', 'clock', 'sentinel_user', 'sentinel_password', ...tlsFiles]);
const form =
  /^redis(?<tls>s?)(?:-(?<kind>sentinel|cluster))?:\/\/(?:(?<user>[^:@/?]*)(?::(?<password>[^@/?]*))?@)?(?<hosts>[^@/?#]+)(?:\/(?<path>[^?#]*))?(?:\?(?<query>[^#]*))?$/;

/** `redis://user:password@host:6379/0?prefix=presque:`. Throws an `Error` that says what is wrong. */
export function parseUrl(text: string): RedisUrl {
  const parts = form.exec(text)?.groups;
  if (!parts) throw new Error(`must be a URL such as ${redisUrlForms}`);
  const kind = (parts.kind ?? 'redis') as RedisUrl['kind'];
  const query = new URLSearchParams(parts.query);
  const isTls = parts.tls === 's';
  for (const name of query.keys()) {
    if (!names.has(name)) throw new Error(`has the parameter ${name}, which a Redis URL does not have`);
    if (!isTls && tlsFiles.some((file) => file === name))
      throw new Error(`has ${name} without TLS (rediss…)`);
  }
  const given = (name: string, value: string | undefined | null) =>
    value === undefined || value === null || value === '' ? {} : { [name]: value };
  return {
    kind,
    hosts: hostsOf(parts.hosts as string, kind),
    ...placeOf(kind, parts.path ?? ''),
    ...given('user', decoded(parts.user)),
    ...given('password', decoded(parts.password)),
    ...given('sentinelUser', query.get('sentinel_user')),
    ...given('sentinelPassword', query.get('sentinel_password')),
    ...(isTls && { tls: Object.assign({}, ...tlsFiles.map((name) => given(name, query.get(name)))) }),
    prefix: checkedPrefix(query.get('prefix') ?? defaultPrefix),
    isCallersClock: isCallersClock(query.get('clock')),
  };
}

function decoded(text: string | undefined): string | undefined {
  try {
    return text && decodeURIComponent(text);
  } catch {
    throw new Error('has a user or a password with a % that begins no character (%25 is a %)');
  }
}

function hostsOf(text: string, kind: RedisUrl['kind']): RedisUrl['hosts'] {
  const hosts = text.split(',').map((one) => {
    const [, v6, name, digits] = /^(?:\[([\da-fA-F:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(one) ?? [];
    const host = v6 ?? name;
    const port = digits ? Number(digits) : kind === 'sentinel' ? defaultSentinelPort : defaultPort;
    if (host === undefined || port > 65_535)
      throw new Error(`must name hosts as HOST:PORT, which ${one} is not`);
    return { host, port };
  });
  if (kind === 'redis' && hosts.length > 1) {
    throw new Error('names several hosts: redis-sentinel:// or redis-cluster:// do that');
  }
  return hosts;
}

function placeOf(kind: RedisUrl['kind'], path: string): Pick<RedisUrl, 'master' | 'database'> {
  const parts = path === '' ? [] : path.replace(/\/$/, '').split('/');
  const master = kind === 'sentinel' ? parts.shift() : undefined;
  if (kind === 'sentinel' && !master)
    throw new Error('must name the master: redis-sentinel://HOST,HOST/MASTER');
  const [database = '0', ...more] = parts;
  if (!/^\d{1,5}$/.test(database) || more.length > 0) {
    throw new Error('must have the number of a database as its path');
  }
  if (kind === 'cluster' && database !== '0')
    throw new Error('has a database, which a cluster does not have');
  return { database: Number(database), ...(master !== undefined && { master: decoded(master) as string }) };
}

/** Throws an `Error` that says what is wrong. */
export function checkedPrefix(prefix: string): string {
  if (/^[\w.:@-]{1,64}$/.test(prefix)) return prefix;
  throw new Error('must have a prefix of 1 to 64 of A-Z a-z 0-9 . _ : @ -');
}

function isCallersClock(clock: string | null): boolean {
  if (clock === null || clock === 'caller') return clock !== null;
  throw new Error('must have no clock but caller');
}

/** The URL, with what it does not say itself; an empty text says nothing. */
export function completedUrl(
  url: string,
  given: { readonly user: string; readonly password: string; readonly prefix: string; readonly ca: string },
): string {
  const [, scheme, account, place, query] = /^([^/]*\/\/)(?:([^@/?]*)@)?([^?]*)\??(.*)$/.exec(url) ?? [];
  const [user, password] = account?.split(':') ?? [];
  const says = new URLSearchParams(query);
  for (const name of ['prefix', 'ca'] as const) {
    if (given[name] !== '' && !says.has(name)) says.set(name, given[name]);
  }
  const name = user || encodeURIComponent(given.user);
  const secret = password ?? encodeURIComponent(given.password);
  const known = `${name}${secret === '' ? '' : `:${secret}`}`;
  return `${scheme}${known === '' ? '' : `${known}@`}${place}${says.size > 0 ? `?${says}` : ''}`;
}

/** What may be shown of it. */
export const withoutPassword = (url: string) =>
  url
    .replace(/^(rediss?(?:-\w+)?:\/\/[^:@/]*):[^@/]*@/, '$1:***@')
    .replace(/([?&]sentinel_password=)[^&]*/, '$1***');
