// Starts the two servers that a bench compares, each in its own process, and waits until they answer.
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Options } from '../options.js';
import { nodePid, startCommand, startScript, stop } from './processes.js';

export interface Server {
  name: 'ceiling' | 'ours';
  stores: boolean;
  port: number;
  pid: number;
  /** False when it had to be killed. */
  stop(): Promise<boolean>;
}

const READY_LIMIT_MS = 20_000;

export async function startCeiling(): Promise<Server> {
  const port = await freePort();
  const child = startScript(new URL('./ceiling.js', import.meta.url), [String(port)]);
  await ready(child, port, '/q/ready');
  return { name: 'ceiling', stores: false, port, pid: nodePid(child), stop: () => stop(child) };
}

/** `dir` is a fresh directory for its data and its log. */
export async function startOurs(options: Options, dir: string): Promise<Server> {
  const port = await freePort();
  const log = join(dir, 'server.log');
  const child = startCommand(command(options, port, dir), log);
  try {
    await ready(child, port, '/status/');
  } catch (error) {
    throw new Error(
      `${error instanceof Error ? error.message : error}\n${readFileSync(log, 'utf8').slice(-4000)}`,
    );
  }
  return { name: 'ours', stores: true, port, pid: nodePid(child), stop: () => stop(child) };
}

function command(options: Options, port: number, dir: string): string[] {
  const profile = options.profile ? ['--cpu-prof', `--cpu-prof-dir=${resolve(options.profile)}`] : [];
  const store = options.store ? ['--store', options.store] : ['--data', join(dir, 'data')];
  const serve = ['serve', '--port', String(port), ...store];
  return [...options.wrap, process.execPath, ...profile, resolve(options.server), ...serve];
}

/** Resolves once a GET is answered, whatever the answer says. */
async function ready(child: ChildProcess, port: number, path: string): Promise<void> {
  let failure: string | undefined;
  child.once('error', (error) => {
    failure = error.message;
  });
  const until = performance.now() + READY_LIMIT_MS;
  while (performance.now() < until) {
    if (failure !== undefined) throw new Error(`server did not start: ${failure}`);
    if (child.exitCode !== null) throw new Error(`server ended with ${child.exitCode} before it was ready`);
    if (await answers(port, path)) return;
    await sleep(50);
  }
  throw new Error(`server did not answer within ${READY_LIMIT_MS / 1000} s`);
}

function answers(port: number, path: string): Promise<boolean> {
  const request = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.setTimeout(2000, () => end(false));
    socket.on('error', () => end(false));
    socket.on('close', () => end(false));
    socket.on('data', () => end(true));
    socket.write(request);
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
