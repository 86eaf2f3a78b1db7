/** Finds a free port, and waits until what was started there answers. */
import type { ChildProcess } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Probe {
  port: number;
  request: string;
  /** What the first bytes of the answer have to contain. */
  expected: string;
}

const READY_LIMIT_MS = 20_000;

/** Any answer will do, whatever it says. */
export function httpProbe(port: number, path: string): Probe {
  return { port, request: `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`, expected: '' };
}

/** Resolves once the probe is answered as expected. */
export async function ready(child: ChildProcess, probe: Probe): Promise<void> {
  let failure: string | undefined;
  child.once('error', (error) => {
    failure = error.message;
  });
  const until = performance.now() + READY_LIMIT_MS;
  while (performance.now() < until) {
    if (failure !== undefined) throw new Error(`server did not start: ${failure}`);
    if (child.exitCode !== null) throw new Error(`server ended with ${child.exitCode} before it was ready`);
    if (await answers(probe)) return;
    await sleep(50);
  }
  throw new Error(`server did not answer within ${READY_LIMIT_MS / 1000} s`);
}

function answers(probe: Probe): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(probe.port, '127.0.0.1');
    const end = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.setTimeout(2000, () => end(false));
    socket.on('error', () => end(false));
    socket.on('close', () => end(false));
    socket.on('data', (chunk) => end(chunk.includes(probe.expected)));
    socket.write(probe.request);
  });
}

export function freePort(): Promise<number> {
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
