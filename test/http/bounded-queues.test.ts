/** What a policy does to a queue: how many jobs may wait, how long, how often they are tried, what is kept of them. */

import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { expectError, stores, useServer } from '../support/http.js';

describe.each(stores)('bounded queues on %s', (store) => {
  const client = useServer(store);

  it('that are full say so, and when to come again', async () => {
    await client.control('foo', { max_size: 2 });
    await client.push('/q/foo', '1');
    await client.push('/q/foo?delay=1h', '2');
    const full = await client.send('POST /q/foo', '3');
    expectError(full, 429, 'queue is full');
    expect(full.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    const leased = await client.lease('foo');
    await client.push('/q/foo', '3');
    expectError(await client.send('POST /q/foo', '4'), 429, 'queue is full');
    await client.settle(leased, 'release');
    expect(await client.read('GET /status/foo')).toMatchObject({ ready: 2, delayed: 1 });
  });

  it('take a batch whole or not at all', async () => {
    await client.control('foo', { max_size: 3 });
    expectError(await client.send('POST /qb/foo', '{"jobs":[1,2,3,4]}'), 429, 'queue is full');
    expect(await client.read('GET /j/foo')).toMatchObject({ job_count: 0 });
    expect((await client.send('POST /qb/foo', '{"jobs":[1,2,3]}')).status).toBe(201);
    expect((await client.send('POST /qb/foo', '{"jobs":[]}')).status).toBe(201);
  });

  it('take a job whose key is held for what it is, and what a worker failed on always', async () => {
    await client.control('foo', { max_size: 1 });
    await client.push('/q/foo?uniq=k', '1');
    expect((await client.send('PUT /q/foo', '2')).status).toBe(201);
    expect(await client.read('GET /j/foo')).toMatchObject({ job_count: 2, job_failed: 1 });
  });

  it('of size 0 take nothing', async () => {
    await client.control('foo', { max_size: 0 });
    expectError(await client.send('POST /q/foo', '1'), 429, 'queue is full');
    await client.control('foo', { max_size: null });
    await client.push('/q/foo', '1');
  });

  it('let jobs wait as long as the policy or the job says', async () => {
    await client.control('foo', { ttl: '50ms' });
    const short = await client.push('/q/foo', '1');
    const long = await client.push('/q/foo?ttl=1h', '2');
    const delayed = await client.push('/q/foo?delay=1h', '3');
    await setTimeout(60);
    expect(await client.drain('foo')).toEqual(['2']);
    for (const { headers } of [short, delayed]) {
      expect(await client.job(String(headers.location))).toMatchObject({ state: 'dead', reason: 'expired' });
    }
    expectError(await client.ask(`GET ${long.headers.location}`), 404, 'no such job');
  });

  it('do not let a leased job expire, but when it comes back', async () => {
    const leased = await client.pushAndLease('foo', 'ttl=50ms');
    await setTimeout(60);
    expect(await client.job(leased.at)).toMatchObject({ state: 'leased' });
    expect((await client.settle(leased, 'release')).text).toBe('{"state":"dead"}');
    expect(await client.job(leased.at)).toMatchObject({ state: 'dead', reason: 'expired' });
  });

  it('keep as many records as the policy says, the latest', async () => {
    await client.control('foo', { keep_done_count: 2, keep_dead_count: 1 });
    const ends: string[] = [];
    for (const act of ['done', 'done', 'done', 'fail', 'fail']) {
      const leased = await client.pushAndLease('foo');
      await client.settle(leased, act, act === 'fail' ? { dead: true } : '1');
      ends.push(leased.at);
      await setTimeout(2);
    }
    const statuses = await Promise.all(ends.map(async (at) => (await client.ask(`GET ${at}`)).status));
    expect(statuses).toEqual([404, 200, 200, 404, 200]);
    expect(await client.read('GET /status/foo')).toMatchObject({ done: 2, dead: 1 });
  });

  it('make a job dead after max_crashes', async () => {
    await client.control('foo', { max_crashes: 2 });
    const { headers } = await client.push('/q/foo', '1');
    await client.lease('foo', 'lease=1s');
    await client.lease('foo', 'lease=1s&wait=5s');
    const dead = await client.job(String(headers.location), '?wait=5s');
    expect(dead).toMatchObject({ state: 'dead', reason: 'crashed', crashes: 2 });
  });
});
