/** `/status/:queue`: flat numbers that an autoscaler can poll. */

import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { stores, useServer } from '../support/http.js';

describe.each(stores)('the status of a queue on %s', (store) => {
  const client = useServer(store);
  const status = () => client.read('GET /status/foo') as Promise<{ [member: string]: unknown }>;
  const empty = { ready: 0, delayed: 0, leased: 0, done: 0, dead: 0, oldest_age: 0, workers: 0, paused: 0 };

  it('is exactly this, of a queue never seen', async () => {
    const policy = expect.objectContaining({ status: 'start' });
    expect(await status()).toEqual({ queue: 'foo', size: 0, policy, ...empty });
  });

  it('counts the jobs of each state, the workers, and says whether it is paused', async () => {
    const counts = { ready: 3, delayed: 1, leased: 2, done: 2, dead: 1, workers: 2, paused: 1 };
    await client.ask('POST /w/foo?worker_id=w1');
    await client.ask('POST /w/foo?worker_id=w2');
    await client.ask('POST /w/bar?worker_id=w3');
    for (let n = 0; n < 2; n++) await client.settle(await client.pushAndLease('foo'), 'done');
    await client.settle(await client.pushAndLease('foo'), 'fail', { dead: true });
    for (let n = 0; n < 2; n++) await client.pushAndLease('foo');
    for (let n = 0; n < 3; n++) await client.push('/q/foo', '1');
    await client.push('/q/foo?delay=1h', '1');
    await client.control('foo', { status: 'stop' });
    expect(await status()).toMatchObject({ size: 3, ...counts });
  });

  it('says how long the oldest of the ready jobs has been there, whatever its priority', async () => {
    const { headers } = await client.push('/q/foo?priority=0', '"old"');
    const { created_at } = await client.job(String(headers.location));
    await setTimeout(100);
    await client.push('/q/foo?priority=9', '"new"');
    const before = Date.now() / 1_000;
    const { oldest_age: age } = await status();
    expect(Number(age)).toBeGreaterThanOrEqual(before - Number(created_at) - 0.001);
    expect(Number(age)).toBeLessThan(Date.now() / 1_000 - Number(created_at) + 0.001);
    await client.ask(`DELETE ${headers.location}`);
    expect(Number((await status()).oldest_age)).toBeLessThan(Number(age));
    await client.drain('foo');
    expect(await status()).toMatchObject({ oldest_age: 0 });
  });

  it('has delayed jobs that are due among the ready ones', async () => {
    await client.push('/q/foo?delay=50ms', '1');
    expect(await status()).toMatchObject({ ready: 0, delayed: 1, size: 0 });
    await setTimeout(55);
    expect(await status()).toMatchObject({ ready: 1, delayed: 0, size: 1 });
  });
});
