/** Runs a program of ours in a real terminal of a given width: `script` makes the pseudo-terminal. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startProcess, temporaryDirectory, within } from './process.js';

const dist = fileURLToPath(new URL('../../dist/', import.meta.url));

interface Options {
  readonly columns?: number;
  /** What is typed, before the end of the input. */
  readonly input?: string;
  readonly env?: { readonly [name: string]: string };
}

/** A module that may import from `DIST`, as a command of the shell. */
function commandOf(source: string): string {
  const path = join(temporaryDirectory(), 'program.mjs');
  writeFileSync(path, source.replaceAll('DIST/', dist));
  return `${process.execPath} ${path}`;
}

async function run(args: readonly string[], env: Options['env']) {
  const child = startProcess('bash', ['-c', ...args], {
    env: { TERM: 'xterm-256color', NO_COLOR: '', ...env },
  });
  const { code } = await within(20_000, 'end of the program', child.exited);
  return { code, stdout: child.stdout, stderr: child.stderr };
}

/** Its stdin, stdout and stderr are the terminal; what that got is in `screen`. */
export async function runInTerminal(source: string, { columns = 80, input = '', env }: Options = {}) {
  const command = `stty cols ${columns} rows 24; ${commandOf(source)}`;
  const script = 'printf "$1" | script -qec "$0" /dev/null';
  const { code, stdout } = await run([script, command, input], env);
  return { code, screen: stdout };
}

/** With pipes; `after` goes on in the shell, such as with `| head -1`. */
export function runPiped(source: string, { after = '', env }: Options & { readonly after?: string } = {}) {
  return run([`set -o pipefail; ${commandOf(source)} ${after}`], env);
}
