/** Runs commands against a server of their own, with something on stdin if they need it. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import { connect } from '../../dist/client/client.js';
import { createServer } from '../../dist/index.js';
import { runPresque, startProcess, temporaryDirectory, within } from '../support/process.js';

/** The executable. */
export const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

interface Options {
  readonly env?: { readonly [name: string]: string };
  /** On stdin. */
  readonly input?: string | Uint8Array;
}

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export async function runCommand(args: readonly string[], { env = {}, input }: Options = {}): Promise<Ran> {
  if (input === undefined) {
    const { code, stdout, stderr } = await runPresque(args, { env });
    return { code, stdout, stderr };
  }
  const path = join(temporaryDirectory(), 'input');
  writeFileSync(path, input);
  const child = startProcess('bash', ['-c', 'exec "$0" "$@" < "$INPUT"', process.execPath, main, ...args], {
    env: { ...env, INPUT: path },
  });
  const { code } = await within(20_000, `end of presque ${args.join(' ')}`, child.exited);
  return { code, stdout: child.stdout, stderr: child.stderr };
}

/** A server that keeps nothing, and the commands for it: by `PRESQUE_URL`. */
export async function startCommands(settings: { maxJobBytes?: number; maxBatchBytes?: number } = {}) {
  const server = await createServer({ store: 'memory:', port: 0, ...settings });
  onTestFinished(() => server.stop());
  const run = (args: readonly string[], { env, ...more }: Options = {}) =>
    runCommand(args, { ...more, env: { PRESQUE_URL: server.url, ...env } });
  return {
    url: server.url,
    /** For what is not tested; jobs are texts. */
    client: connect<{ [queue: string]: string }>({ url: server.url, json: 'text' }),
    run,
    /** What it prints; it must do what it is told. */
    async print(args: readonly string[], options?: Options): Promise<string> {
      const { code, stdout, stderr } = await run(args, options);
      expect({ args, code, stderr: code === 0 ? '' : stderr }).toEqual({ args, code: 0, stderr: '' });
      return stdout;
    },
  };
}

/** Lines of JSON. */
export const values = <T = { [name: string]: unknown }>(text: string): T[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
