/** Logs for a person at a terminal. */

import { build } from 'pino-pretty';

export function pretty() {
  return build({ sync: true, ignore: 'url,store,durability', translateTime: 'SYS:HH:MM:ss' });
}
