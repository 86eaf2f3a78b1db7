/** presque in a program of one's own: the same server as `presque serve`. */

import { limits } from './api/limits.js';
import type { Durability } from './api/shapes.js';
import type { Api } from './api/types.js';
import { createChance, createRequestIds, systemClock } from './clock.js';
import { type Config, checkConfig, storeUrl } from './config.js';
import { type Broker, createBroker } from './core/broker.js';
import { createCheckedApi } from './http/checked.js';
import { createHttpServer } from './http/server.js';
import { type Migrated, type MigrateOptions, migrate as migrateStores } from './store/migrate.js';
import { openStore, withoutPassword } from './store/open.js';

export type { Api } from './api/types.js';
export { type Config, ConfigError } from './config.js';
export type { Migrated, MigrateOptions, MigrateProgress } from './store/migrate.js';
export { MigrationError } from './store/migration-error.js';
export { OpenError } from './store/open.js';

/** Where the server says what it can't say to a client. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface Presque {
  /** `http://127.0.0.1:5000` */
  readonly url: string;
  /** The store's URL and how far an answered write has come there. */
  readonly store: string;
  readonly durability: Durability;
  /** Every operation without HTTP between; `connect` of `presque/client` takes it in place of a URL. */
  readonly api: Api;
  /** What the store is and what it keeps, in words. */
  readonly about: string;
  /** Not ready from now on; what is under way is answered, the store is closed. Resolves when all is written. */
  stop(): Promise<void>;
}

/** So many of the largest bodies may be arriving at one time, and as much may wait in large answers to be read. */
const heldBodies = 16;

const silent: Log = { info() {}, warn() {}, error() {} };

/**
 * Opens the store and serves it. Settings that are not given have their defaults (`Config`).
 * Rejects with a `ConfigError` for a setting that can't be used, with an `OpenError` when the store can't be opened, or with the system's error when the port is taken.
 * `onBroken` is called when the store can't go on: the server is of no use then.
 */
export async function createServer(
  options: Partial<Config> & { log?: Log; onBroken?: () => void } = {},
): Promise<Presque> {
  const { log = silent, onBroken = () => {}, ...given } = options;
  const config = checkConfig(given);
  const url = storeUrl(config);
  const onFailure = (err: Error) => {
    log.error({ err }, 'the store has ended');
    onBroken();
  };
  const chance = createChance();
  // Other servers may tell something while the store is opened: nobody waits for it yet.
  let hear: Broker['hear'] = () => {};
  const others = {
    name: chance.token(),
    onNews: (...news: Parameters<Broker['hear']>) => hear(...news),
    after: systemClock.after,
  };
  const store = await openStore(url, onFailure, others);
  const broker = createBroker({
    store,
    clock: systemClock,
    chance,
    onDamaged: (job) => log.error(job, 'a job was damaged on the disk and is dead'),
    onError: (err) => log.error({ err }, 'the store could not do what nobody waits for'),
  });
  hear = broker.hear;
  const http = createHttpServer({
    api: broker,
    clock: systemClock,
    requestId: createRequestIds(),
    onError: (err, requestId) => log.error({ err, requestId }, 'a request failed'),
    maxJobBytes: config.maxJobBytes,
    maxBatchBytes: config.maxBatchBytes,
    maxHeldBytes: heldBodies * Math.max(config.maxBatchBytes, config.maxJobBytes, limits.answerBytes),
  });
  try {
    await broker.start();
    const port = await http.listen({ host: config.host, port: config.port });
    const host = config.host.includes(':') ? `[${config.host}]` : config.host;
    return {
      url: `http://${host}:${port}`,
      store: withoutPassword(url),
      durability: store.durability,
      api: createCheckedApi(broker, config),
      about: store.about,
      async stop() {
        broker.stop();
        await http.stop(config.graceSeconds * 1000);
        await broker.settled();
        await store.close();
      },
    };
  } catch (error) {
    broker.stop();
    await broker.settled();
    await store.close();
    throw error;
  }
}

export interface Inspected {
  /** Without its password. */
  readonly store: string;
  readonly durability: Durability;
  readonly about: string;
  /** Why it would not take jobs, though it can be opened. */
  readonly problem?: string;
}

/**
 * Opens the store that the settings mean, as a server would, has it say what it is and write something, and closes it. Rejects with a
 * `ConfigError`, or with an `OpenError` when it can't be opened, which is so while a server has a database open.
 */
export async function inspectStore(options: Partial<Config> = {}): Promise<Inspected> {
  const url = storeUrl(checkConfig(options));
  const others = { name: createChance().token(), onNews() {}, after: systemClock.after };
  const store = await openStore(url, () => {}, others);
  try {
    const problem = await store.probe(systemClock.now()).then(
      () => undefined,
      (error: Error) => error.message,
    );
    const { durability, about } = store;
    return { store: withoutPassword(url), durability, about, ...(problem !== undefined && { problem }) };
  } finally {
    await store.close();
  }
}

/**
 * Copies everything that a store keeps into another one, compares both, and says how much that was. No server may use either of them
 * meanwhile. After an interruption the same call goes on where it was. Rejects with a `MigrationError` or an `OpenError` when it can't be.
 */
export function migrate(options: MigrateOptions): Promise<Migrated> {
  return migrateStores(options, { fresh: createChance().token(), now: systemClock.now() });
}
