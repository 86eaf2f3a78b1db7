/** `fail` and `release`: when a job is tried again, and when it is dead. */

import { describe, expect, it } from 'vitest';
import { expectError, stores, useServer } from '../support/http.js';

const longest = 'delay must be a duration of at most 3650d, such as 5m';

describe.each(stores)('failures on %s', (store) => {
  const client = useServer(store);

  /** Seconds from now until the time in the answer. */
  const waitOf = (text: string) => (JSON.parse(text) as { run_at: number }).run_at - Date.now() / 1_000;

  it('put the job off for its backoff, and count for the queue', async () => {
    const leased = await client.pushAndLease('foo');
    const reply = await client.settle(leased, 'fail', { error: 'no route to host' });
    expect(reply.status).toBe(200);
    expect(JSON.parse(reply.text)).toEqual({ state: 'delayed', run_at: expect.any(Number) });
    expect(waitOf(reply.text)).toBeGreaterThan(15);
    expect(waitOf(reply.text)).toBeLessThan(27);
    const failed = { attempt: 1, outcome: 'failed', error: 'no route to host' };
    expect(await client.job(leased.at)).toMatchObject({ state: 'delayed', failures: 1, attempts: [failed] });
    expect(await client.read('GET /j/foo')).toMatchObject({ job_count: 0, job_failed: 1, job_processed: 0 });
  });

  it.each([
    ['5m', 300],
    ['PT5M', 300],
    [300, 300],
    ['300', 300],
    ['1h30m', 5_400],
  ])('by %s come back then, said in the body, as a parameter or by Retry-After', async (delay, seconds) => {
    for (const act of ['fail', 'release']) {
      const inBody = await client.settle(await client.pushAndLease('foo'), act, { delay });
      const inQuery = await client.settle(
        await client.pushAndLease('foo'),
        act,
        undefined,
        `&delay=${delay}`,
      );
      const { at, lease } = await client.pushAndLease('foo');
      const headers = { 'Retry-After': String(delay) };
      const inHeader = await client.ask(`POST ${at}/${act}?lease=${lease}`, { headers });
      for (const { text } of [inBody, inQuery, inHeader]) {
        expect(JSON.parse(text)).toMatchObject({ state: 'delayed' });
        expect(waitOf(text)).toBeGreaterThan(seconds - 5);
        expect(waitOf(text)).toBeLessThanOrEqual(seconds);
      }
    }
  });

  it('with a delay of 0 are ready at once, at the old place', async () => {
    await client.send('POST /qb/foo', '{"jobs":[1,2]}');
    const reply = await client.settle(await client.lease('foo'), 'fail', { delay: 0 });
    expect(JSON.parse(reply.text)).toEqual({ state: 'ready' });
    expect((await client.lease('foo')).reply).toMatchObject({
      text: '1',
      headers: { 'presque-attempt': '2' },
    });
  });

  it.each(['-1', 'x', '3651d', '', 'Wed, 21 Oct 2065 07:28:00 GMT'])(
    'with the delay "%s" are 400',
    async (delay) => {
      const leased = await client.pushAndLease('foo');
      for (const act of ['fail', 'release']) {
        expectError(
          await client.settle(leased, act, undefined, `&delay=${encodeURIComponent(delay)}`),
          400,
          longest,
        );
        expectError(await client.settle(leased, act, { delay }), 400, longest);
      }
      expect(await client.job(leased.at)).toMatchObject({ state: 'leased' });
    },
  );

  it('are told in Retry-After in seconds, and refused there otherwise', async () => {
    const { at, lease } = await client.pushAndLease('foo');
    const headers = { 'Retry-After': 'soon' };
    expectError(await client.ask(`POST ${at}/fail?lease=${lease}`, { headers }), 400, longest);
  });

  it('that are said to be the last make the job dead', async () => {
    const leased = await client.pushAndLease('foo', 'uniq=k');
    const reply = await client.settle(leased, 'fail', { dead: true, error: 'no' });
    expect([reply.status, reply.text]).toEqual([200, '{"state":"dead"}']);
    expect(await client.job(leased.at)).toMatchObject({ state: 'dead', reason: 'failed', failures: 1 });
    expect(await client.read('GET /status/foo')).toMatchObject({ dead: 1, delayed: 0 });
    await client.push('/q/foo?uniq=k', '2');
  });

  it('are as many as the job has attempts, or the policy', async () => {
    await client.control('foo', { attempts: 3, backoff: [0] });
    for (const [options, attempts] of [
      ['', 3],
      ['attempts=1', 1],
      ['attempts=5', 5],
    ] as const) {
      const { headers } = await client.push(`/q/foo?${options}`, '1');
      for (let attempt = 1; attempt <= attempts; attempt++) {
        const leased = await client.lease('foo');
        expect(leased.reply.headers['presque-attempt']).toBe(String(attempt));
        const { text } = await client.settle(leased, 'fail');
        expect(JSON.parse(text)).toEqual({ state: attempt < attempts ? 'ready' : 'dead' });
      }
      const dead = { state: 'dead', reason: 'failed', failures: attempts };
      expect(await client.job(String(headers.location))).toMatchObject(dead);
    }
  });

  it.each([
    ['fixed%2030s', [30]],
    ['0,10s,1m', [0, 10]],
    ['0,0,10m', [0, 0, 600]],
    ['45s', [45]],
    ['PT1H,2h', [3_600]],
  ])('wait as backoff=%s says', async (backoff, waits) => {
    await client.push(`/q/foo?backoff=${backoff}`, '1');
    for (const seconds of waits) {
      const { text } = await client.settle(await client.lease('foo'), 'fail');
      if (seconds === 0) expect(text).toBe('{"state":"ready"}');
      else {
        expect(waitOf(text)).toBeGreaterThan(seconds - 5);
        expect(waitOf(text)).toBeLessThanOrEqual(seconds);
      }
    }
  });

  it('keep the latest 20 attempts, with the latest text of up to 64 KiB, and earlier ones of 1 KiB', async () => {
    await client.control('foo', { attempts: 30, backoff: [0] });
    await client.push('/q/foo', '1');
    let at = '';
    for (let attempt = 1; attempt <= 22; attempt++) {
      const leased = await client.lease('foo');
      at = leased.at;
      await client.settle(leased, 'fail', { error: `${attempt} ${'é'.repeat(70_000)}` });
    }
    const { attempts, failures } = await client.job(at);
    expect(failures).toBe(22);
    expect(attempts.map(({ attempt }) => attempt)).toEqual(Array.from({ length: 20 }, (_, n) => n + 3));
    const latest = attempts.at(-1);
    for (const { attempt, error } of attempts) {
      expect(String(error).startsWith(`${attempt} éé`)).toBe(true);
      expect(String(error).length).toBe(attempt === latest?.attempt ? 64 * 1024 : 1024);
    }
  });
});
