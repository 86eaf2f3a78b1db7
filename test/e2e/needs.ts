/** What some end-to-end tests need of the machine; where it is missing they are skipped, and their names say why. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestFunction, test } from 'vitest';

/** `test`, or a skipped one whose name ends with what is missing. */
export function testUnless(missing: string | undefined) {
  return (name: string, run: TestFunction, timeoutMs?: number) =>
    missing === undefined
      ? test(name, timeoutMs === undefined ? {} : { timeout: timeoutMs }, run)
      : test.skip(`${name} (skipped: ${missing})`, run);
}

/** Whether a command ends with success. */
export const works = (command: string, ...args: string[]) =>
  spawnSync(command, args, { timeout: 10_000 }).status === 0;

export function straceMissing(): string | undefined {
  return works('strace', '-f', '-o', '/dev/null', 'true') ? undefined : 'strace can not be used';
}

export function tmpfsMissing(): string | undefined {
  const path = mkdtempSync(join(tmpdir(), 'presque-mount-'));
  const mounted = works('mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path);
  if (mounted) works('umount', path);
  rmdirSync(path);
  return mounted ? undefined : 'tmpfs may not be mounted';
}

export function commandMissing(command: string): string | undefined {
  return works('sh', '-c', `command -v ${command}`) ? undefined : `${command} is not installed`;
}

export async function portTaken(port: number): Promise<string | undefined> {
  const free = await new Promise<boolean>((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve(true)));
  });
  return free ? undefined : `port ${port} is taken`;
}
