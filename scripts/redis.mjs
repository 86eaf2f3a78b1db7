/** The redis-server that some suites need: from PATH, else from Debian where that may be, else they are skipped. */

import { spawnSync } from 'node:child_process';

const apt = (...args) =>
  spawnSync('apt-get', args, {
    stdio: ['ignore', 2, 2],
    timeout: 300_000,
    // Debian would start it; the suites start their own.
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
  });

const isThere = () => spawnSync('redis-server', ['--version'], { timeout: 10_000 }).status === 0;

/** Says what it does; that it could not be had is no failure. */
export function installRedis() {
  if (isThere()) return;
  if (process.getuid?.() === 0 && apt('--version').status === 0) {
    process.stderr.write('presque: installing redis-server\n');
    apt('update', '-qq');
    apt('install', '-y', '-qq', '--no-install-recommends', 'redis-server');
  }
  if (isThere()) return;
  process.stderr.write('presque: no redis-server on PATH: the suites that need it are skipped\n');
}
