/** Every setting once: flag, environment variable, documentation and validation follow from this table. */

import { isLoopback } from './http/access.js';
import { checkedPrefix, checkStoreUrl, completedUrl, isRedisUrl } from './store/open.js';

export { isRedisUrl } from './store/open.js';

interface Setting<T> {
  /** In the help, what stands for the value. */
  readonly placeholder: string;
  readonly meaning: string;
  readonly default: T;
  /** The value that a text means. Throws an `Error` whose message goes on after the setting's name. */
  readonly read: (text: string) => T;
}

const setting = <T>(entry: Setting<T>) => entry;

function wholeNumber(minimum: number, maximum: number) {
  return (value: string) => {
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= minimum && number <= maximum) return number;
    throw new Error(`must be a whole number from ${minimum} to ${maximum}`);
  };
}

function oneOf<const T extends string>(...values: readonly T[]) {
  return (value: string): T => {
    const found = values.find((known) => known === value);
    if (found !== undefined) return found;
    throw new Error(`must be one of ${values.join(', ')}`);
  };
}

const mebibyte = 1024 * 1024;

export const settings = {
  host: setting({
    placeholder: 'ADDRESS',
    meaning: 'address to listen on; a loopback one',
    default: '127.0.0.1',
    read(value) {
      if (isLoopback(value)) return value;
      throw new Error('must be a loopback address: whoever reaches the server may use it');
    },
  }),
  port: setting({
    placeholder: 'N',
    meaning: 'port to listen on; 0 takes a free one',
    default: 5000,
    read: wholeNumber(0, 65_535),
  }),
  data: setting({
    placeholder: 'DIR',
    meaning: 'directory that keeps the jobs, as DIR/presque.db',
    default: './data',
    read(value) {
      if (value !== '') return value;
      throw new Error('must name a directory');
    },
  }),
  store: setting({
    placeholder: 'URL',
    meaning:
      'where jobs are kept, instead of --data: sqlite:PATH, redis://HOST:PORT/DB, redis-sentinel://HOST,HOST/MASTER, redis-cluster://HOST,HOST (rediss… over TLS), or memory: (gone with the process)',
    default: '',
    read(value) {
      checkStoreUrl(value);
      return value;
    },
  }),
  redisUser: setting({
    placeholder: 'NAME',
    meaning: 'who we are on Redis, unless --store says it',
    default: '',
    read: (value) => value,
  }),
  redisPassword: setting({
    placeholder: 'TEXT',
    meaning: 'our password there, unless --store says it; the environment does not show it to other users',
    default: '',
    read: (value) => value,
  }),
  redisPrefix: setting({
    placeholder: 'TEXT',
    meaning: 'what our keys on Redis begin with, unless --store says it; presque: without',
    default: '',
    read: checkedPrefix,
  }),
  redisCa: setting({
    placeholder: 'FILE',
    meaning:
      'certificate of the authority that a Redis over TLS (rediss://…) is to be trusted by, unless --store says it',
    default: '',
    read: (value) => value,
  }),
  maxJobBytes: setting({
    placeholder: 'N',
    meaning: 'largest job that is taken in, in bytes',
    default: mebibyte,
    read: wholeNumber(1, 64 * mebibyte),
  }),
  maxBatchBytes: setting({
    placeholder: 'N',
    meaning: 'largest batch of jobs that is taken in, in bytes',
    default: 16 * mebibyte,
    read: wholeNumber(1, 256 * mebibyte),
  }),
  graceSeconds: setting({
    placeholder: 'N',
    meaning: 'how long a stop waits for requests that are under way, in seconds',
    default: 10,
    read: wholeNumber(0, 3_600),
  }),
  logLevel: setting<LogLevel>({
    placeholder: 'LEVEL',
    meaning: 'what is logged: debug, info, warn, error or silent',
    default: 'info',
    read: oneOf('debug', 'info', 'warn', 'error', 'silent'),
  }),
  logFormat: setting<LogFormat>({
    placeholder: 'FORMAT',
    meaning: 'json, pretty, or auto: pretty on a terminal',
    default: 'auto',
    read: oneOf('auto', 'json', 'pretty'),
  }),
};

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';
export type LogFormat = 'auto' | 'json' | 'pretty';
export type SettingName = keyof typeof settings;
export type Config = { [N in SettingName]: (typeof settings)[N]['default'] };

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** `maxJobBytes` is `--max-job-bytes` on the command line … */
export const flagOf = (name: SettingName) => `--${kebab(name)}`;
/** … and `PRESQUE_MAX_JOB_BYTES` in the environment. */
export const variableOf = (name: SettingName) => `PRESQUE_${kebab(name).replaceAll('-', '_').toUpperCase()}`;

/** A setting has a value that can't be used. The message names where it was set. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export const settingNames = Object.keys(settings) as SettingName[];

/** Said to commands that talk to a server, and to the children of a worker; a server may be started among them. */
const commandVariables = [
  'URL',
  'TOKEN',
  'QUEUE',
  'JOB',
  'ATTEMPT',
  'LEASE',
  'DONE',
  'FAIL',
  'EXTEND',
  'RELEASE',
].map((name) => `PRESQUE_${name}`);

/** What was set: flags before the environment before the defaults. Throws a `ConfigError`. */
export function readConfig(
  flags: { readonly [name: string]: string | undefined },
  environment: { readonly [name: string]: string | undefined },
): Config {
  const known = new Set([...settingNames.map(variableOf), ...commandVariables]);
  for (const name of Object.keys(environment)) {
    if (name.startsWith('PRESQUE_') && !known.has(name)) {
      throw new ConfigError(`${name} is not a setting`);
    }
  }
  const values = settingNames.map((name) => [
    name,
    settingValue(name, flags[name], environment[variableOf(name)]),
  ]);
  const config = Object.fromEntries(values) as Config;
  for (const name of redisNames) {
    if (config[name] === '' || isRedisUrl(config.store)) continue;
    throw new ConfigError(
      `${sourceOf(name, flags[name])} is of use with a Redis store only (--store redis://…)`,
    );
  }
  return config;
}

const redisNames = ['redisUser', 'redisPassword', 'redisPrefix', 'redisCa'] as const;

const sourceOf = (name: SettingName, flag: string | undefined) =>
  flag === undefined ? variableOf(name) : flagOf(name);

function settingValue(name: SettingName, flag: string | undefined, variable: string | undefined): unknown {
  const set = flag ?? variable;
  if (set === undefined) return settings[name].default;
  try {
    return settings[name].read(set);
  } catch (error) {
    throw new ConfigError(`${sourceOf(name, flag)} ${error instanceof Error ? error.message : error}`);
  }
}

/** Settings given in a program, checked like those of the command line. Throws a `ConfigError`. */
export function checkConfig(given: { readonly [N in SettingName]?: Config[N] | undefined }): Config {
  const texts = settingNames.flatMap((name) => {
    const value = given[name];
    return value === undefined || value === settings[name].default ? [] : [[name, String(value)]];
  });
  return readConfig(Object.fromEntries(texts), {});
}

/** The store that a configuration means. */
export function storeUrl({ store, data, redisUser, redisPassword, redisPrefix, redisCa }: Config): string {
  if (store === '') return `sqlite:${data.replace(/\/+$/, '') || '/'}/presque.db`;
  const given = { user: redisUser, password: redisPassword, prefix: redisPrefix, ca: redisCa };
  return isRedisUrl(store) ? completedUrl(store, given) : store;
}
