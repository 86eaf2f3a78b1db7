/** The policy of a queue: set by `POST /control`, shown by `/status`, and guarded by its tag. */

import { describe, expect, it } from 'vitest';
import { expectError, stores, useServer } from '../support/http.js';

const defaults = {
  status: 'start',
  lease: 0,
  attempts: 25,
  max_crashes: 5,
  backoff: 'exponential',
  keep_done: 600,
  keep_done_count: 100_000,
  keep_dead: 604_800,
  keep_dead_count: 100_000,
};

describe.each(stores)('policies on %s', (store) => {
  const client = useServer(store);
  const policy = async () => ((await client.read('GET /status/foo')) as { policy: object }).policy;
  const control = (members: object | string, headers: { [name: string]: string } = {}) => {
    const body = typeof members === 'string' ? members : JSON.stringify(members);
    return client.ask('POST /control/foo', { headers, body });
  };

  it('are these unless set, also of a queue never seen', async () => {
    expect(await policy()).toEqual(defaults);
    await client.push('/q/foo', '1');
    expect(await policy()).toEqual(defaults);
  });

  it.each([
    ['lease', '90s', 90],
    ['lease', 43_200, 43_200],
    ['lease', 0, 0],
    ['attempts', 1, 1],
    ['attempts', 1_000, 1_000],
    ['max_crashes', 2, 2],
    ['backoff', 'exponential', 'exponential'],
    ['backoff', 'fixed 30s', [30]],
    ['backoff', '10s,1m,10m', [10, 60, 600]],
    ['backoff', ['500ms', 60, 'PT1H'], [0.5, 60, 3_600]],
    ['keep_done', '1h', 3_600],
    ['keep_done', 0, 0],
    ['keep_done_count', 0, 0],
    ['keep_done_count', 1_000_000, 1_000_000],
    ['keep_dead', '3650d', 315_360_000],
    ['keep_dead_count', 7, 7],
    ['max_size', 0, 0],
    ['max_size', 1_000_000_000, 1_000_000_000],
    ['ttl', '1ms', 0.001],
    ['ttl', '1h30m', 5_400],
  ])('%s is set to %o, and null forgets it', async (name, value, shown) => {
    const set = await control({ [name]: value });
    expect([set.status, JSON.parse(set.text)]).toEqual([200, { queue: 'foo', response: 'updated' }]);
    expect(await policy()).toEqual({ ...defaults, [name]: shown });
    await control({ status: 'stop' });
    expect(await policy()).toEqual({ ...defaults, [name]: shown, status: 'stop' });
    await control({ [name]: null, status: 'start' });
    expect(await policy()).toEqual(defaults);
  });

  it('change by what is given alone, and go with the queue', async () => {
    await control({ lease: '60s', max_size: 5 });
    await control({ max_size: null, attempts: 3 });
    expect(await policy()).toEqual({ ...defaults, lease: 60, attempts: 3 });
    expect(await client.read('GET /control/foo')).toEqual({ queue: 'foo', status: '1' });
    expect(await client.read('GET /status/')).toEqual({ queues: ['foo'], size: 1 });
    await client.ask('DELETE /q/foo');
    expect(await policy()).toEqual(defaults);
  });

  it('can be sent back as they are shown', async () => {
    await control({ lease: '60s', backoff: '10s,1m', ttl: '1h', max_size: 9, keep_done: '5m' });
    const shown = await policy();
    await client.ask('DELETE /q/foo');
    expect((await control(shown)).status).toBe(200);
    expect(await policy()).toEqual(shown);
  });

  it.each([
    [{ lease: '13h' }, 'lease must be 0 or a duration from 1s to 12h, such as 60s'],
    [{ lease: '500ms' }, 'lease must be 0 or a duration from 1s to 12h, such as 60s'],
    [{ lease: true }, /lease/],
    [{ attempts: 0 }, 'attempts must be a whole number from 1 to 1000'],
    [{ attempts: 1_001 }, 'attempts must be a whole number from 1 to 1000'],
    [{ attempts: 1.5 }, 'attempts must be a whole number from 1 to 1000'],
    [{ max_crashes: 0 }, 'max_crashes must be a whole number from 1 to 1000'],
    [{ backoff: 'linear' }, /^backoff must be "exponential"/],
    [{ backoff: [] }, /^backoff must be/],
    [{ backoff: '' }, /^backoff must be/],
    [{ backoff: [-1] }, /^backoff must be/],
    [{ backoff: Array(101).fill(1) }, /^backoff must be .*100 durations/],
    [{ keep_done: '3651d' }, 'keep_done must be a duration of at most 3650d, such as 10m'],
    [{ keep_dead: -1 }, 'keep_dead must be a duration of at most 3650d, such as 7d'],
    [{ keep_done_count: -1 }, 'keep_done_count must be a whole number from 0 to 1000000'],
    [{ keep_dead_count: 1_000_001 }, 'keep_dead_count must be a whole number from 0 to 1000000'],
    [{ max_size: -1 }, 'max_size must be a whole number from 0 to 1000000000'],
    [{ ttl: 0 }, 'ttl must be a duration above 0 of at most 3650d, such as 1h'],
    [{ rate: '100/m' }, /rate/],
    [{ nonsense: 1 }, /nonsense/],
    [{ __proto__x: null }, /__proto__x/],
    ['{"__proto__":{"lease":60}}', /__proto__/],
    ['{"lease":60,"lease":60}', 'lease is given more than once'],
    [{}, 'status is missing'],
  ])('%j is 400, and nothing is set', async (members, says) => {
    const before = await control({ attempts: 7 });
    const body =
      typeof members === 'object' && Object.keys(members).length > 0 ? { max_size: 3, ...members } : members;
    expectError(await control(body), 400, says);
    expect(await policy()).toEqual({ ...defaults, attempts: 7 });
    expect((await client.ask('GET /control/foo')).headers.etag).toBe(before.headers.etag);
  });

  it('have a tag that is another one after each setting, and never comes again', async () => {
    const tags = [(await client.ask('GET /control/foo')).headers.etag];
    for (const members of [
      { lease: 60 },
      { lease: 61 },
      { lease: 60 },
      { status: 'stop' },
      { lease: null },
    ]) {
      const set = await control(members);
      expect((await client.ask('GET /control/foo')).headers.etag).toBe(set.headers.etag);
      tags.push(set.headers.etag);
    }
    await client.ask('DELETE /q/foo');
    await control({ lease: 60 });
    tags.push((await client.ask('GET /control/foo')).headers.etag);
    for (const tag of tags) expect(tag).toMatch(/^"[!#-~]+"$/);
    expect(new Set(tags).size).toBe(tags.length);
  });

  it('are set under If-Match only as long as they are the same', async () => {
    const unset = String((await client.ask('GET /control/foo')).headers.etag);
    const first = await control({ lease: 60 }, { 'If-Match': unset });
    expect(first.status).toBe(200);
    const tag = String(first.headers.etag);
    for (const match of [unset, `W/${tag}`, '"nonsense"', `${unset}, "other"`]) {
      expectError(
        await control({ lease: 90, status: 'stop' }, { 'If-Match': match }),
        412,
        'policy has changed',
      );
    }
    expect(await policy()).toEqual({ ...defaults, lease: 60 });
    for (const match of [tag, '*'])
      expect((await control({ lease: 60 }, { 'If-Match': match })).status).toBe(200);
    expectError(await control({ lease: 90 }, { 'If-Match': tag }), 412, 'policy has changed');
    const now = String((await client.ask('GET /control/foo')).headers.etag);
    expect((await control({ lease: 90 }, { 'If-Match': `"x" , ${now}` })).status).toBe(200);
  });

  it.each(['nonsense', '"', 'W/', '"a" "b"', `"${'x'.repeat(1_100)}"`])(
    'If-Match: %s is 400',
    async (match) => {
      expectError(await control({ lease: 60 }, { 'If-Match': match }), 400, 'if-match must be an ETag');
      expect(await policy()).toEqual(defaults);
    },
  );

  it('one of two that edit at the same time wins', async () => {
    const tag = String((await control({ lease: 60 })).headers.etag);
    const edits = Array.from({ length: 16 }, (_, n) => control({ attempts: n + 1 }, { 'If-Match': tag }));
    const statuses = (await Promise.all(edits)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 412)).toHaveLength(15);
  });
});
