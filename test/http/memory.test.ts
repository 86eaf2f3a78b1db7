/** A body without an end is refused, and costs no memory. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const megabyte = 1_000_000;

/** Megabytes of memory that the process has now, and that it had at most. */
function memoryOf(child: ChildProcess) {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  const read = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1_000;
  return { now: read('VmRSS'), peak: read('VmHWM') };
}

/** Sends so many chunked megabytes as fast as they are taken, reading meanwhile, and resolves with the answer. */
async function sendChunked(port: number, path: string, megabytes: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(`POST ${path} HTTP/1.1\r\nHost: localhost\r\n`);
  socket.write('Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n');
  const size = Buffer.from(`${megabyte.toString(16)}\r\n`);
  const chunk = Buffer.concat([size, Buffer.alloc(megabyte, ' '), Buffer.from('\r\n')]);
  for (let sent = 0; sent < megabytes && !socket.destroyed; sent++) {
    if (socket.write(chunk)) continue;
    await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed]);
  }
  socket.end('0\r\n\r\n');
  await closed;
  return answer;
}

describe.skipIf(process.platform !== 'linux')('memory', () => {
  let child: ChildProcess | undefined;

  async function serve(): Promise<{ child: ChildProcess; port: number }> {
    const flags = ['serve', '--store', 'memory:', '--port', '0', '--log-format', 'json'];
    const started = spawn(process.execPath, [main, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
    child = started;
    for await (const line of createInterface(started.stdout)) {
      const { url } = JSON.parse(line) as { url?: string };
      if (url) return { child: started, port: Number(new URL(url).port) };
    }
    throw new Error('the server did not start');
  }

  afterEach(async () => {
    if (!child || child.exitCode !== null) return;
    child.kill();
    await once(child, 'exit');
  });

  it.each(['/q/foo', '/qb/foo', '/control/foo', '/w/foo'])(
    '100 MB in chunks to %s are answered 413 and leave the memory as it was',
    async (path) => {
      const { child: server, port } = await serve();
      // What the first large bodies allocate for good is no growth.
      for (let round = 0; round < 3; round++) await sendChunked(port, path, 20);
      const before = memoryOf(server);
      const answer = await sendChunked(port, path, 100);
      expect(answer).toMatch(/^HTTP\/1\.1 413 /);
      expect(answer).toMatch(/\r\n\r\n\{"error":"[^"]+"\}$/);
      const after = memoryOf(server);
      expect(after.now - before.now).toBeLessThan(40);
      expect(after.peak - before.peak).toBeLessThan(40);
      const alive = await fetch(`http://127.0.0.1:${port}/livez`);
      expect(alive.status).toBe(200);
    },
  );
});
