/** Shows what a push that must be on replicas is answered: when they have it, when they hang, when there are too few. */

import { expect, onTestFinished } from 'vitest';
import { redisMissing } from '../support/redis.js';
import { startReplica } from '../support/sentinel.js';
import { type Answer, type Client, createClient } from './client.js';
import { testUnless } from './needs.js';
import { leaseOne, say, serveOn, startTestRedis } from './redis-servers.js';

const redisTest = testUnless(redisMissing);
const json = { 'Content-Type': 'application/json' };
/** Redis has 2 s to answer; the rest is for a busy machine. */
const answerMs = 2_500;

async function startPair() {
  const master = await startTestRedis();
  const replica = await startReplica(master);
  onTestFinished(() => replica.stop());
  const server = await serveOn(master);
  // The process may be stopped when the test ends.
  const stop = () => void process.kill(replica.pid, 'SIGSTOP');
  const go = () => void process.kill(replica.pid, 'SIGCONT');
  return { master, replica, server, client: createClient(server.url), stop, go };
}

const demand = (client: Client, path: string, job: string, { level = 'replicated=1', key = '' } = {}) =>
  client.ask('POST', path, job, {
    ...json,
    Prefer: `durability="${level}"`,
    ...(key !== '' && { 'Idempotency-Key': key }),
  });

/** Refused, in time, though stored: it says so, and which job it is. */
function expectStored(answer: Answer): string {
  expect(answer.status, answer.text).toBe(503);
  expect(answer.ms).toBeLessThan(answerMs);
  expect(JSON.parse(answer.text)).toEqual({ error: expect.stringMatching(/stored/) });
  const id = answer.headers['presque-job'];
  expect(id, 'the header that says which job it is').toMatch(/^\d+$/);
  return String(id);
}

redisTest('a push that a replica has is 201 and says so; others say what the disk keeps', async () => {
  const { client, replica } = await startPair();
  const answer = await demand(client, '/q/foo', '1');
  expect(say(answer)).toBe('201');
  expect(answer.headers['presque-durability']).toBe('replicated=1');
  const id = String(answer.headers['presque-job']);
  expect(await replica.ask('HGET', 'e2e:{foo}:body', id)).toBe('1');
  const bare = await client.ask('POST', '/q/foo', '2', { ...json, Prefer: 'durability=replicated=1' });
  const plain = await client.push('foo', '3');
  expect([bare.status, plain.status]).toEqual([201, 201]);
  expect(plain.headers['presque-durability']).not.toMatch(/replicated/);
  const batch = await demand(client, '/qb/foo', '{"jobs":[4,5]}');
  expect([say(batch), batch.headers['presque-durability']]).toEqual(['201', 'replicated=1']);
  const shown = await client.ask('POST', '/q/foo', '6', {
    ...json,
    Prefer: 'durability="replicated=1", return=representation',
  });
  expect([shown.status, shown.headers['presque-durability']]).toEqual([201, 'replicated=1']);
  expect(await client.takeAll('foo')).toEqual(['1', '2', '3', '4', '5', '6']);
});

redisTest(
  'a replica that hangs: 503 in time with the job that is stored, and asked again under its key it is 201 when it has it',
  async () => {
    const { client, stop, go } = await startPair();
    expect(say(await demand(client, '/q/foo', '1', { key: 'first' }))).toBe('201');
    stop();
    const refused = await demand(client, '/q/foo', '2', { key: 'second' });
    console.log(`a hanging replica was told after ${refused.ms.toFixed(0)} ms: ${refused.text}`);
    const id = expectStored(refused);
    expect(await client.json(`/j/foo/${id}`)).toMatchObject({ id, state: 'ready', job: 2 });
    expect(expectStored(await demand(client, '/q/foo', '2', { key: 'second' }))).toBe(id);
    expect((await client.push('foo', '3')).status).toBe(201);

    go();
    const again = () => demand(client, '/q/foo', '2', { key: 'second' });
    await expect.poll(() => again().then(say), { timeout: 5_000 }).toBe('201');
    const answer = await again();
    expect(answer.headers).toMatchObject({
      'presque-job': id,
      location: `/j/foo/${id}`,
      'presque-durability': 'replicated=1',
      'idempotency-replayed': 'true',
    });
    expect(await client.takeAll('foo')).toEqual(['1', '2', '3']);
  },
);

redisTest('a large batch that a replica does not have in time is told in a few words', async () => {
  const { client, stop } = await startPair();
  stop();
  const jobs = Array.from({ length: 5_000 }, (_, n) => n);
  const answer = await demand(client, '/qb/foo', JSON.stringify({ jobs }));
  expect(say(answer)).toMatch(/^503 .*the jobs are stored/);
  expect(await client.json('/status/foo')).toMatchObject({ ready: jobs.length });
});

redisTest('while the replica hangs, other calls of the server go on', async () => {
  const { client, stop } = await startPair();
  stop();
  const waiting = demand(client, '/q/foo', '"waits"');
  const begun = performance.now();
  let rounds = 0;
  for (; performance.now() - begun < 800; rounds++) {
    expect((await client.push('bar', `${rounds}`)).status).toBe(201);
    const { at, lease, job } = await leaseOne(client, 'bar');
    expect(job).toBe(`${rounds}`);
    expect((await client.ask('POST', `${at}/done?${lease}`)).status).toBe(204);
  }
  expectStored(await waiting);
  console.log(`${rounds} rounds of push, lease and done while a push waited for the replica`);
  expect(rounds).toBeGreaterThan(20);
});

redisTest(
  'more pushes at once than calls wait for the replica at most so long, each with its own job',
  async () => {
    const { client, stop, go } = await startPair();
    stop();
    const jobs = Array.from({ length: 50 }, (_, n) => `${n}`);
    const answers = await Promise.all(jobs.map((job) => demand(client, '/q/foo', job)));
    const ids = answers.map(expectStored);
    expect(new Set(ids).size).toBe(jobs.length);
    go();
    await expect.poll(() => demand(client, '/q/bar', '1').then(say), { timeout: 5_000 }).toBe('201');
    for (const [index, id] of ids.entries())
      expect(await client.json(`/j/foo/${id}`)).toMatchObject({ job: index });
  },
);

redisTest('more replicas than there are is 503, and what it says of a job is so', async () => {
  const { client } = await startPair();
  const answer = await demand(client, '/q/foo', '1', { level: 'replicated=2' });
  expect(answer.status, answer.text).toBe(503);
  expect(answer.ms).toBeLessThan(answerMs);
  const id = answer.headers['presque-job'];
  console.log(`replicated=2 with one replica: ${answer.text}, job ${id}`);
  expect(await client.takeAll('foo')).toEqual(id === undefined ? [] : ['1']);
  if (id !== undefined) expectStored(answer);
});

redisTest('a replica that is gone is 503, and one that comes is found', async () => {
  const { client, master, replica } = await startPair();
  await replica.kill();
  const refused = await demand(client, '/q/foo', '1');
  expect(refused.status, refused.text).toBe(503);
  expect(refused.ms).toBeLessThan(answerMs);
  expect((await client.push('bar', '1')).status).toBe(201);
  const another = await startReplica(master);
  onTestFinished(() => another.stop());
  await expect.poll(() => demand(client, '/q/baz', '1').then(say), { timeout: 5_000 }).toBe('201');
});
