/** `extend`: a lease that lasts longer, how the work goes, and whether it is to stop. */

import { describe, expect, it } from 'vitest';
import { expectError, stores, useServer } from '../support/http.js';

describe.each(stores)('extensions on %s', (store) => {
  const client = useServer(store);
  interface Answer {
    expires_at: number;
    cancel: boolean;
  }
  const read = (text: string) => JSON.parse(text) as Answer;

  it.each([
    [undefined, '', 90],
    [{ for: '5m' }, '', 300],
    [{ for: 300 }, '', 300],
    [{ for: 'PT5M' }, '', 300],
    [undefined, '&for=12h', 43_200],
    [{}, '&for=1s', 1],
  ])('with the body %o and %s the lease is over so long from now', async (body, query, seconds) => {
    const leased = await client.pushAndLease('foo', '', 'lease=90s');
    const before = Date.now();
    const reply = await client.settle(leased, 'extend', body, query);
    expect(reply.status).toBe(200);
    expect(read(reply.text)).toEqual({ expires_at: expect.any(Number), cancel: false });
    const expires = Math.round(read(reply.text).expires_at * 1_000);
    expect(expires).toBeGreaterThanOrEqual(before + seconds * 1_000);
    expect(expires).toBeLessThanOrEqual(Date.now() + seconds * 1_000);
    expect(await client.job(leased.at)).toMatchObject({ expires_at: expires / 1_000, state: 'leased' });
  });

  it('may make a lease shorter, and then it is over earlier', async () => {
    const leased = await client.pushAndLease('foo', '', 'lease=12h');
    await client.settle(leased, 'extend', { for: '1s' });
    const again = await client.lease('foo', 'lease=60s&wait=5s');
    expect(again.reply.headers['presque-attempt']).toBe('2');
    expectError(await client.settle(leased, 'extend'), 409, 'lease lost');
  });

  it('say how it goes, and the job shows it until the next attempt', async () => {
    const leased = await client.pushAndLease('foo');
    await client.settle(leased, 'extend', { progress: 0.4, note: 'half way, nearly' });
    expect(await client.job(leased.at)).toMatchObject({ progress: 0.4, note: 'half way, nearly' });
    await client.settle(leased, 'extend', { progress: 1 });
    expect(await client.job(leased.at)).toMatchObject({ progress: 1, note: 'half way, nearly' });
    await client.settle(leased, 'extend', { note: 'é'.repeat(70_000), progress: 0 });
    const { note, progress } = await client.job(leased.at);
    expect(progress).toBe(0);
    expect(String(note)).toMatch(/^é{32768,65536}$/);
    await client.settle(leased, 'release');
    await client.lease('foo');
    const next = await client.job(leased.at);
    expect(next).not.toHaveProperty('progress');
    expect(next).not.toHaveProperty('note');
  });

  it('tell that somebody asked to stop, again and again', async () => {
    const leased = await client.pushAndLease('foo');
    const cancelled = await client.ask(`POST ${leased.at}/cancel`);
    expect([cancelled.status, cancelled.text]).toEqual([200, '{"state":"leased"}']);
    for (let round = 0; round < 2; round++) {
      expect(read((await client.settle(leased, 'extend')).text).cancel).toBe(true);
    }
  });

  it.each([
    { act: 'done', status: 204, text: '', ends: { state: 'done' } },
    { act: 'fail', status: 200, text: '{"state":"dead"}', ends: { state: 'dead', reason: 'cancelled' } },
    { act: 'release', status: 200, text: '{"state":"dead"}', ends: { state: 'dead', reason: 'cancelled' } },
  ])('a job that was to stop is $ends after $act', async ({ act, status, text, ends }) => {
    const leased = await client.pushAndLease('foo');
    await client.ask(`POST ${leased.at}/cancel`);
    const reply = await client.settle(leased, act);
    expect([reply.status, reply.text]).toEqual([status, text]);
    expect(await client.job(leased.at)).toMatchObject(ends);
  });
});
