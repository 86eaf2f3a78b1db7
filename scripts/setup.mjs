/** What a fresh clone lacks: installs the packages and builds, when something is missing or older than its source. */

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs a program in the repository, all its output on stderr; ends this one, telling why, when it fails. */
function run(program, args) {
  const { status } = spawnSync(program, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status === 0) return;
  process.stderr.write(`presque: ${program} ${args.join(' ')} failed\n`);
  process.exit(1);
}

function packages(lockFile) {
  try {
    return JSON.parse(readFileSync(`${root}${lockFile}`, 'utf8')).packages;
  } catch {
    return {};
  }
}

/** npm's own record of `node_modules` must have all that the lock file asks for. */
export function install() {
  const there = packages('node_modules/.package-lock.json');
  const missing = Object.entries(packages('package-lock.json')).some(
    ([path, wanted]) => path !== '' && !wanted.optional && there[path]?.version !== wanted.version,
  );
  if (!missing) return;
  process.stderr.write('presque: installing packages\n');
  run('npm', ['ci', '--no-audit', '--no-fund']);
}

/** `tsc` itself knows what has changed since the last time. */
export function compile(project) {
  run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project]);
}

/** What was built of a source that is gone: nobody may go on to import it, nor get it with the package. */
function sweep() {
  const built = existsSync(`${root}dist`) ? readdirSync(`${root}dist`, { recursive: true }) : [];
  for (const path of built.filter((path) => /\.(js|js\.map|d\.ts)$/.test(path))) {
    const source = `${root}src/${path.replace(/\.(js|js\.map|d\.ts)$/, '.ts')}`;
    if (!existsSync(source) || path.endsWith('.map')) rmSync(`${root}dist/${path}`);
  }
}

/** The package as it is published, in `dist`. */
export function build() {
  sweep();
  compile('tsconfig.build.json');
  cpSync(`${root}src/store/redis/lua`, `${root}dist/store/redis/lua`, { recursive: true });
}
