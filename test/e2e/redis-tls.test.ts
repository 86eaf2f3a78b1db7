/** Shows a Redis over TLS: one whose authority is trusted is used, others are refused at the start. */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'vitest';
import { freePort } from '../support/ports.js';
import { runPresque, startServer, temporaryDirectory } from '../support/process.js';
import { redisMissing } from '../support/redis.js';
import { createClient } from './client.js';
import { commandMissing, testUnless } from './needs.js';
import { say, startTestRedis } from './redis-servers.js';

const tlsTest = testUnless(redisMissing ?? commandMissing('openssl'));

/** A certificate that vouches for itself, and its key, for this machine. */
function certificate(directory: string, name: string) {
  const [cert, key] = [join(directory, `${name}.crt`), join(directory, `${name}.key`)];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const files = ['-keyout', key, '-out', cert];
  const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject, ...files]);
  if (made.status !== 0) throw new Error(`openssl: ${made.stderr}`);
  return { cert, key };
}

async function startTlsRedis(clients: 'yes' | 'no') {
  const directory = temporaryDirectory();
  const { cert, key } = certificate(directory, 'redis');
  const port = await freePort();
  const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert];
  await startTestRedis('--tls-port', `${port}`, ...files, '--tls-auth-clients', clients);
  return { url: `rediss://127.0.0.1:${port}`, cert, key, other: certificate(directory, 'other') };
}

async function refusal(url: string) {
  const { code, stderr } = await runPresque(['serve', '--port', '0', '--store', url]);
  expect(code).toBe(1);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  return stderr;
}

tlsTest('a Redis over TLS is used when its authority is trusted, by URL or by setting', async () => {
  const { url, cert, other } = await startTlsRedis('no');
  const one = await startServer({ args: ['--store', `${url}/0?ca=${cert}`] });
  const two = await startServer({ args: ['--store', url, '--redis-ca', cert] });
  expect(say(await createClient(one.url).push('foo', '1'))).toBe('201');
  expect(say(await createClient(two.url).ask('GET', '/q/foo'))).toBe('200 1');
  expect(await refusal(url)).toMatch(/self-signed certificate/);
  expect(await refusal(`${url}?ca=${other.cert}`)).toMatch(/certificate/);
  expect(await refusal(`${url}?ca=/nowhere`)).toMatch(/ca can't be read/);
});

tlsTest('a Redis that asks for a certificate gets ours', async () => {
  const { url, cert, key } = await startTlsRedis('yes');
  const server = await startServer({ args: ['--store', `${url}?ca=${cert}&cert=${cert}&key=${key}`] });
  expect(say(await createClient(server.url).push('foo', '1'))).toBe('201');
  await refusal(`${url}?ca=${cert}`);
});
