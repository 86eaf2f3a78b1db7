/** What the environment says of a Redis: a password there is in no list of processes. */

import { isRedisUrl } from '../../config.js';

/** For a store at this URL: nothing, unless it is a Redis. */
export const redisVariables = (store: string): { [name: string]: string | undefined } =>
  isRedisUrl(store)
    ? Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('PRESQUE_REDIS_')))
    : {};
