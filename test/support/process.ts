/** Runs presque as a real process: starts and signals it, keeps what it prints, and leaves nothing behind. */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process that was started for the test that runs; it is killed, with its children, when that test ends. */
export interface Process {
  readonly pid: number;
  /** What it has printed so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves when it has ended and all that it printed was read. */
  readonly exited: Promise<Exit>;
  signal(name: NodeJS.Signals): void;
  /** `kill -9`. */
  kill(): Promise<Exit>;
  /** Asks it to stop; rejects when it does not within 20 s. */
  stop(): Promise<Exit>;
  /** The first match in what it prints to either stream. Rejects when it ends, or `ms` pass, without one. */
  printed(pattern: RegExp, ms?: number): Promise<RegExpExecArray>;
}

export interface Server extends Process {
  readonly url: string;
}

export interface Finished extends Exit {
  readonly stdout: string;
  readonly stderr: string;
  /** How long it ran. */
  readonly ms: number;
}

type Environment = { readonly [name: string]: string };

const running = new Set<number>();
process.once('exit', () => running.forEach(killGroup));

function killGroup(pid: number) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

/** A directory of its own for the test that runs, removed when that ends. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'presque-e2e-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Whatever `promise` gives, or a rejection that says what was waited for. */
export async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Settings of the person who runs the tests must not count. */
function environment(extra: Environment): Environment {
  const own = Object.entries(process.env).filter(([name]) => !/^PRESQUE_|^NODE_OPTIONS$|_proxy$/i.test(name));
  return { ...(Object.fromEntries(own) as Environment), ...extra };
}

export function startProcess(
  command: string,
  args: readonly string[],
  { env = {}, cwd }: { env?: Environment; cwd?: string } = {},
): Process {
  // A process group of its own, so that a wrapper and what it wraps end together.
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: environment(env),
    ...(cwd !== undefined && { cwd }),
  });
  const pid = child.pid ?? 0;
  let stdout = '';
  let stderr = '';
  let ended = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const exited = new Promise<Exit>((resolve) => {
    child.once('error', (error) => {
      stderr += error.message;
    });
    child.once('close', (code, signal) => {
      ended = true;
      running.delete(pid);
      resolve({ code, signal });
    });
  });
  if (pid !== 0) running.add(pid);

  const self: Process = {
    pid,
    exited,
    get stdout() {
      return stdout;
    },
    get stderr() {
      return stderr;
    },
    signal(name) {
      if (!ended && pid !== 0) process.kill(pid, name);
    },
    kill() {
      if (!ended && pid !== 0) killGroup(pid);
      return within(10_000, `end of ${command} after kill -9`, exited);
    },
    stop() {
      self.signal('SIGTERM');
      return within(20_000, `end of ${command} after SIGTERM`, exited);
    },
    async printed(pattern, ms = 30_000) {
      const deadline = Date.now() + ms;
      while (Date.now() < deadline) {
        const found = pattern.exec(stdout) ?? pattern.exec(stderr);
        if (found) return found;
        if (ended) throw new Error(`${command} ended without ${pattern}:\n${stdout}${stderr}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      throw new Error(`${command} printed no ${pattern} in ${ms} ms:\n${stdout}${stderr}`);
    },
  };
  onTestFinished(async () => {
    await self.kill();
  });
  return self;
}

/** `presque …`, which may be wrapped: the words of `wrap` stand before it. */
export function startPresque(
  args: readonly string[],
  { wrap = [], ...options }: { wrap?: readonly string[]; env?: Environment; cwd?: string } = {},
): Process {
  const [command, ...rest] = [...wrap, process.execPath, main, ...args] as [string, ...string[]];
  return startProcess(command, rest, options);
}

/** `presque …` to its end. */
export async function runPresque(
  args: readonly string[],
  options: { env?: Environment; cwd?: string } = {},
): Promise<Finished> {
  const begun = performance.now();
  const started = startPresque(args, options);
  const exit = await within(20_000, `end of presque ${args.join(' ')}`, started.exited);
  return { ...exit, stdout: started.stdout, stderr: started.stderr, ms: performance.now() - begun };
}

/** A server on a free port (or on that of `args`) that serves when this resolves. */
export async function startServer(options: {
  data?: string;
  args?: readonly string[];
  wrap?: readonly string[];
  env?: Environment;
  ms?: number;
}): Promise<Server> {
  const { data, args = [], wrap = [], env = {}, ms = 30_000 } = options;
  const port = args.includes('--port') ? [] : ['--port', '0'];
  const where = data === undefined ? [] : ['--data', data];
  const server = startPresque(['serve', ...port, ...where, ...args], { wrap, env });
  const [, url] = await server.printed(/"url":"(http:[^"]+)"/, ms);
  return Object.assign(server, { url: url as string });
}
