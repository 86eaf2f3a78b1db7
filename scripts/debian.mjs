/** Programs that some suites need: from PATH, else from Debian where that may be, else these suites are skipped. */

import { spawnSync } from 'node:child_process';

const apt = (...args) =>
  spawnSync('apt-get', args, {
    stdio: ['ignore', 2, 2],
    timeout: 300_000,
    // Debian would start services; the suites start their own.
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
  });

const isMissing = (program) => spawnSync(program, ['--version'], { timeout: 30_000 }).status !== 0;

/** Programs whose package is called like them. Says what it does; that one could not be had is no failure. */
export function installPrograms(...programs) {
  const missing = programs.filter(isMissing);
  if (missing.length === 0) return;
  if (process.getuid?.() === 0 && apt('--version').status === 0) {
    process.stderr.write(`presque: installing ${missing.join(', ')}\n`);
    apt('update', '-qq');
    for (const program of missing) apt('install', '-y', '-qq', '--no-install-recommends', program);
  }
  for (const program of missing.filter(isMissing)) {
    process.stderr.write(`presque: no ${program} on PATH: the suites that need it are skipped\n`);
  }
}
