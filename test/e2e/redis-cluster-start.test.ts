/** Shows that a server which can't use its Redis Cluster does not start, and says why in one line. */

import { expect, test } from 'vitest';
import { runPresque } from '../support/process.js';
import { redisMissing } from '../support/redis.js';
import { testUnless } from './needs.js';
import { clusterForFile, startTestRedis } from './redis-servers.js';

const clusterTest = testUnless(redisMissing);
const clusterOf = clusterForFile();
const endMs = 10_000;

/** What it says when it ends: one line, without the password. */
async function refusalOf(store: string): Promise<string> {
  const { code, stderr, ms } = await runPresque(['serve', '--port', '0', '--store', store]);
  expect(code, stderr).toBe(1);
  expect(stderr).toMatch(/^presque: [^\n]+\n$/);
  expect(stderr).not.toContain('secret');
  expect(ms).toBeLessThan(endMs);
  return stderr;
}

test('nodes that are not there', async () => {
  const said = await refusalOf('redis-cluster://user:secret@127.0.0.1:1,127.0.0.1:2?prefix=e2e:');
  expect(said).toContain('127.0.0.1:1');
});

clusterTest('a Redis that is no cluster', async () => {
  const redis = await startTestRedis();
  await refusalOf(redis.url.replace('redis://', 'redis-cluster://'));
});

clusterTest('a cluster that is asked as if it were one Redis', async () => {
  for (const { url } of clusterOf().masters) await refusalOf(`${url}/0`);
});

const users: [string, string[]][] = [
  ['may not ask where the slots are', ['-cluster|slots', '-cluster|shards', '-cluster|nodes']],
  ['may not call scripts', ['-evalsha', '-eval']],
  ['may not hear of pushes', ['resetchannels']],
  ['has another password', ['resetpass', '>another']],
];

for (const [what, without] of users)
  clusterTest(`a user who ${what}`, async () => {
    const { masters, url } = clusterOf();
    const user = ['ACL', 'SETUSER', 'e2e', 'reset', 'on', '>secret', '~*', '&*', '+@all', ...without];
    for (const node of masters) expect(await node.command(...user)).toBe('+OK');
    await refusalOf(url.replace('//', '//e2e:secret@'));
  });
