/** What a push may say of its job, and what it may not. */

import { describe, expect, it } from 'vitest';
import { expectError, stores, useServer } from '../support/http.js';

describe.each(stores)('the options of a push on %s', (store) => {
  const client = useServer(store);
  const at = async (query: string) => String((await client.push(`/q/foo?${query}`, '1')).headers.location);

  it.each([
    ['5m', 300],
    ['PT5M', 300],
    ['300', 300],
    ['1h30m', 5_400],
    ['3650d', 315_360_000],
  ])('delay=%s', async (delay, seconds) => {
    const before = Date.now() / 1_000;
    for (const line of ['POST /q/foo', 'PUT /q/foo', 'POST /qb/foo']) {
      expect((await client.send(`${line}?delay=${delay}`, '{"jobs":[1]}')).status).toBe(201);
    }
    const jobs = (await client.read('GET /j/foo?state=delayed')) as { run_at: number }[];
    expect(jobs).toHaveLength(3);
    for (const { run_at } of jobs) {
      expect(run_at).toBeGreaterThanOrEqual(Math.floor((before + seconds) * 1_000) / 1_000);
      expect(run_at).toBeLessThanOrEqual(Date.now() / 1_000 + seconds);
    }
  });

  it('priority: 9 first, then 5 where nothing is said, 0 last, by age within one', async () => {
    for (const [priority, job] of [
      ['0', '"d"'],
      ['5', '"b"'],
      ['', '"c"'],
      ['9', '"a"'],
      ['0', '"e"'],
    ]) {
      await client.push(`/q/foo?${priority && `priority=${priority}`}`, String(job));
    }
    await client.send('POST /qb/foo?priority=7', '{"jobs":["x","y"]}');
    expect(await client.drain('foo')).toEqual(['"a"', '"x"', '"y"', '"b"', '"c"', '"d"', '"e"']);
  });

  it('tag, several times', async () => {
    expect(await client.job(await at('tag=a&tag=b&tag=a%20%C3%A9'))).toMatchObject({
      tags: ['a', 'b', 'a é'],
    });
    expect(await client.job(await at('tag=one'))).toMatchObject({ tags: ['one'] });
    expect(await client.job(await at(''))).toMatchObject({ tags: [] });
    const twenty = Array.from({ length: 20 }, (_, n) => `tag=${n}`).join('&');
    expect(((await client.job(await at(twenty))) as unknown as { tags: string[] }).tags).toHaveLength(20);
    const says = 'tag must be 1 to 128 bytes with no control characters, 20 times at most';
    expectError(await client.send(`POST /q/foo?${twenty}&tag=x`, '1'), 400, says);
  });

  it('uniq holds over leases, failures and delays until the end', async () => {
    await client.control('foo', { backoff: [3_600] });
    const refused = async () => (await client.send('POST /q/foo?uniq=k', '2')).status === 400;
    const first = await client.pushAndLease('foo', 'uniq=k');
    expect(await refused()).toBe(true);
    await client.settle(first, 'release');
    expect(await refused()).toBe(true);
    await client.settle(await client.lease('foo'), 'fail');
    expect(await refused()).toBe(true);
    await client.ask(`POST ${first.at}/retry`);
    const last = await client.lease('foo');
    expect(await refused()).toBe(true);
    await client.settle(last, 'done');
    expect(await refused()).toBe(false);
  });

  it('uniq_until=taken frees the key at the lease, and it comes back with the job', async () => {
    const first = await client.pushAndLease('foo', 'uniq=k&uniq_until=taken');
    const second = await client.pushAndLease('foo', 'uniq=k&uniq_until=taken');
    await client.settle(second, 'release');
    const refused = await client.send('POST /q/foo?uniq=k', '1');
    expectError(refused, 400, 'job already exists');
    expect(refused.headers.location).toBe(second.at);
    expect((await client.settle(first, 'release')).text).toBe('{"state":"ready"}');
    expect(await client.drain('foo')).toHaveLength(2);
  });

  it('uniq_until=done frees the key when the job is taken for good, too: then it is done', async () => {
    await client.push('/q/foo?uniq=k&uniq_until=done', '1');
    expectError(await client.send('POST /q/foo?uniq=k', '2'), 400, 'job already exists');
    await client.drain('foo');
    await client.push('/q/foo?uniq=k', '2');
  });

  it.each([
    ['delay=-1', 'delay must be a duration of at most 3650d, such as 5m'],
    ['delay=3651d', 'delay must be a duration of at most 3650d, such as 5m'],
    ['delay=', 'delay must be a duration of at most 3650d, such as 5m'],
    ['delay=5m&delayed=1', 'delayed and delay both say when'],
    ['priority=10', 'priority must be a whole number from 0 to 9'],
    ['priority=-1', 'priority must be a whole number from 0 to 9'],
    ['priority=1.5', 'priority must be a whole number from 0 to 9'],
    ['priority=high', 'priority must be a whole number from 0 to 9'],
    ['ttl=0', 'ttl must be a duration above 0 of at most 3650d, such as 1h'],
    ['ttl=3651d', 'ttl must be a duration above 0 of at most 3650d, such as 1h'],
    ['attempts=0', 'attempts must be a whole number from 1 to 1000'],
    ['attempts=1001', 'attempts must be a whole number from 1 to 1000'],
    ['backoff=linear', /^backoff must be "exponential"/],
    ['backoff=1s,,2s', /^backoff must be/],
    ['backoff=fixed', /^backoff must be/],
    ['keep=x', 'keep must be a duration of at most 3650d, such as 10m'],
    ['keep=3651d', 'keep must be a duration of at most 3650d, such as 10m'],
    ['tag=', /^tag must be 1 to 128 bytes/],
    ['tag=%00', /^tag must be 1 to 128 bytes/],
    [`tag=${'x'.repeat(129)}`, /^tag must be 1 to 128 bytes/],
    [`tag=${'%C3%A9'.repeat(65)}`, /^tag must be 1 to 128 bytes/],
    ['lease=60s', /lease/],
  ])('%s is 400 on every route that pushes, and there is no job', async (query, says) => {
    for (const line of ['POST /q/foo', 'PUT /q/foo', 'POST /qb/foo']) {
      expectError(await client.send(`${line}?${query}`, '{"jobs":[1]}'), 400, says);
    }
    expect(await client.read('GET /status/')).toEqual({ queues: [], size: 0 });
  });

  it.each([
    ['uniq=k&uniq_until=never', 'uniq_until must be taken or done'],
    ['uniq=k&uniq_until=', 'uniq_until must be taken or done'],
    ['uniq=k&uniq=k', 'uniq is given more than once'],
    ['priority=1&priority=1', 'priority is given more than once'],
  ])('%s is 400', async (query, says) => {
    for (const method of ['POST', 'PUT'])
      expectError(await client.send(`${method} /q/foo?${query}`, '1'), 400, says);
    expect(await client.read('GET /status/')).toEqual({ queues: [], size: 0 });
  });
});
