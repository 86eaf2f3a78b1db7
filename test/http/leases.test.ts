/** `?lease=`: a job is handed out for a time, with all that its worker needs to settle it. */

import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { expectError, linksOf, stores, useServer } from '../support/http.js';

const says = 'lease must be 0 or a duration from 1s to 12h, such as 60s';
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe.each(stores)('leases on %s', (store) => {
  const client = useServer(store);

  it('come with the same bytes, and the envelope in headers', async () => {
    const text = '{"n": 1e400, "a":1,"a":2, "é":"\\u00e9"}';
    const pushed = await client.push('/q/foo', text);
    const { reply } = await client.lease('foo');
    expect(reply.text).toBe(text);
    expect(reply.headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'presque-queue': 'foo',
      'presque-job': pushed.headers['presque-job'],
      'presque-attempt': '1',
      'presque-delivery': 'at-least-once',
      'presque-lease': expect.stringMatching(/^[\w.-]{20,128}$/),
      'presque-expires': expect.stringMatching(/^\d{10}\.\d{3}$/),
    });
    expect(reply.headers).not.toHaveProperty('traceparent');
  });

  it.each(['0.4ms', '0.0004', '999ms', '-1', '12h1ms'])(
    'of %s are 400, not no lease at all',
    async (lease) => {
      await client.push('/q/foo', '1');
      expectError(await client.ask(`GET /q/foo?lease=${lease}`), 400, says);
      expect(await client.drain('foo')).toEqual(['1']);
    },
  );

  it('have tokens that differ', async () => {
    await client.send('POST /qb/foo', '{"jobs":[1,2,3,4]}');
    const batch = (await client.read('GET /qb/foo?lease=60s&batch_size=3')) as { lease: string }[];
    const { lease } = await client.lease('foo');
    expect(new Set([...batch.map((one) => one.lease), lease]).size).toBe(4);
  });

  it.each(['done', 'fail', 'extend', 'release'])('have a link to %s that works as it stands', async (rel) => {
    const { reply, at } = await client.pushAndLease('a:b@c');
    const links = linksOf(reply.headers.link);
    expect(Object.keys(links).sort()).toEqual(['done', 'extend', 'fail', 'release']);
    const answer = await fetch(links[rel] ?? '', { method: 'POST' });
    expect(answer.status, await answer.text()).toBe(rel === 'done' ? 204 : 200);
    const { state } = await client.job(at);
    expect(state).toBe({ done: 'done', fail: 'delayed', extend: 'leased', release: 'ready' }[rel]);
  });

  it('say when they are over, to the millisecond and never later than the truth', async () => {
    for (const ms of [1_000, 60_000, 43_200_000]) {
      const before = Date.now();
      const { reply } = await client.pushAndLease('foo', '', `lease=${ms}ms`);
      const expires = Math.round(Number(reply.headers['presque-expires']) * 1_000);
      expect(expires).toBeGreaterThanOrEqual(before + ms);
      expect(expires).toBeLessThanOrEqual(Date.now() + ms);
      const { expires_at } = await client.job(`/j/foo/${reply.headers['presque-job']}`);
      expect(Number(expires_at) * 1_000).toBeCloseTo(expires, 3);
    }
  });

  it('that are over are lost, and the job comes back to its old place within a second', async () => {
    await client.push('/q/foo', '"first"');
    await client.push('/q/foo', '"second"');
    const first = await client.lease('foo', 'lease=1s');
    await setTimeout(Number(first.reply.headers['presque-expires']) * 1_000 - Date.now() + 1);
    expectError(await client.settle(first, 'done'), 409, 'lease lost');
    const waiting = [await client.lease('foo', 'lease=60s'), await client.lease('foo', 'lease=60s&wait=2s')];
    expect(waiting.map(({ reply }) => [reply.text, reply.headers['presque-attempt']])).toEqual([
      ['"first"', '2'],
      ['"second"', '1'],
    ]);
    expect(await client.job(first.at)).toMatchObject({ crashes: 1, failures: 0 });
  });

  it('of several jobs come as an array of objects, the jobs byte for byte', async () => {
    const jobs = ['{"b":1,"a":12345678901234567890}', '[ 1.0 ]', '"é"'];
    await client.send('POST /qb/foo', `{"jobs":[${jobs}]}`, { traceparent });
    const reply = await client.ask('GET /qb/foo?lease=90s');
    expect(reply.headers).toMatchObject({
      'presque-queue': 'foo',
      'presque-delivery': 'at-least-once',
      'content-type': 'application/json',
    });
    for (const job of jobs) expect(reply.text).toContain(`"job":${job}`);
    const items = JSON.parse(reply.text) as { [member: string]: unknown }[];
    expect(items).toHaveLength(3);
    for (const item of items) {
      expect(item).toEqual({
        id: expect.any(String),
        lease: expect.any(String),
        attempt: 1,
        expires_at: expect.any(Number),
        queue: 'foo',
        job: expect.anything(),
        traceparent,
      });
    }
    const [first] = items;
    expect((await client.ask(`POST /j/foo/${first?.id}/done?lease=${first?.lease}`)).status).toBe(204);
  });

  it('give the trace of the push back', async () => {
    await client.send('POST /q/foo', '1', { traceparent });
    expect((await client.lease('foo')).reply.headers.traceparent).toBe(traceparent);
  });

  // https://www.w3.org/TR/trace-context/#traceparent-header-field-values
  it.each([
    'nonsense',
    traceparent.toUpperCase(),
    traceparent.slice(1),
    `${traceparent}-x`,
    `ff${traceparent.slice(2)}`,
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    `00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01`,
  ])('ignore the trace %s, which is not valid', async (bad) => {
    await client.send('POST /q/foo', '1', { traceparent: bad });
    expect((await client.lease('foo')).reply.headers).not.toHaveProperty('traceparent');
  });

  it('are what the policy says, unless the request says otherwise', async () => {
    await client.control('foo', { lease: '90s' });
    await client.send('POST /qb/foo', '{"jobs":[1,2,3,4]}');
    const by = (query: string) => client.ask(`GET /q/foo${query}`);
    const leased = await by('');
    expect(leased.headers).toHaveProperty('presque-lease');
    expect(Number(leased.headers['presque-expires']) - Date.now() / 1_000).toBeGreaterThan(80);
    const short = await by('?lease=5s');
    expect(Number(short.headers['presque-expires']) - Date.now() / 1_000).toBeLessThan(6);
    const taken = await by('?lease=0');
    expect(taken.headers).toMatchObject({ 'presque-delivery': 'at-most-once' });
    for (const name of ['presque-lease', 'presque-expires', 'presque-attempt', 'link']) {
      expect(taken.headers).not.toHaveProperty(name);
    }
    expect(await client.read('GET /qb/foo?lease=0s')).toEqual(['4']);
    expect(await client.read('GET /j/foo')).toMatchObject({ job_count: 0, job_processed: 2 });
  });

  it.each(['999ms', '0.9', '1ms', '43201', '12h1s', '13h', '1d', '-1', 'x', '', 'PT13H', '1e3'])(
    'of %s are 400 and say the bounds',
    async (lease) => {
      await client.push('/q/foo', '1');
      for (const route of ['q', 'qb']) {
        expectError(await client.ask(`GET /${route}/foo?lease=${lease}`), 400, says);
      }
      expect(await client.read('GET /j/foo')).toMatchObject({ job_count: 1 });
    },
  );

  it.each(['1s', '1', '12h', '43200', 'PT12H', '1000ms'])('of %s are fine', async (lease) => {
    await client.pushAndLease('foo', '', `lease=${lease}`);
  });

  it('come to who waits, and from the first of several queues', async () => {
    const waiting = client.lease('a,b', 'lease=60s&wait=20s');
    await client.ask('GET /livez');
    await client.push('/q/b', '1');
    const { reply, id, lease } = await waiting;
    expect(reply.headers['presque-queue']).toBe('b');
    const { done = '' } = linksOf(reply.headers.link);
    expect(new URL(done).pathname + new URL(done).search).toBe(`/j/b/${id}/done?lease=${lease}`);
    expect((await fetch(done, { method: 'POST' })).status).toBe(204);
  });

  it('leave a job out of the size, and in the queue', async () => {
    const { at } = await client.pushAndLease('foo', 'uniq=k');
    expect(await client.read('GET /status/foo')).toMatchObject({ size: 0, leased: 1, ready: 0 });
    expect(await client.read('GET /j/foo')).toMatchObject({ job_count: 0, job_processed: 0 });
    expectError(await client.send('POST /q/foo?uniq=k', '1'), 400, 'job already exists');
    expect(await client.job(at)).toMatchObject({ state: 'leased' });
  });
});
