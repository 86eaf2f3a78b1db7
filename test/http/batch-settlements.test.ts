/** `/jb`: many leases settled in one request, each by itself. */

import { describe, expect, it } from 'vitest';
import { expectError, stores, useServer } from '../support/http.js';

interface Item {
  id: string;
  lease: string;
}

describe.each(stores)('/jb on %s', (store) => {
  const client = useServer(store);

  async function leaseMany(count: number): Promise<Item[]> {
    await client.send('POST /qb/foo', `{"jobs":[${Array.from({ length: count }, (_, n) => n)}]}`);
    const items = (await client.read(`GET /qb/foo?lease=60s&batch_size=${count}`)) as Item[];
    return items.map(({ id, lease }) => ({ id, lease }));
  }
  const settle = (body: object | string) =>
    client.send('POST /jb/foo', typeof body === 'string' ? body : JSON.stringify(body));

  it('answers each item of the four lists', async () => {
    const [a, b, c, d, e, f] = (await leaseMany(6)) as [Item, Item, Item, Item, Item, Item];
    const reply = await settle({
      done: [a, { ...b, result: { x: 1 } }],
      fail: [
        { ...c, error: 'x', delay: '1h' },
        { ...d, dead: true },
      ],
      release: [e],
      extend: [{ ...f, for: '2m', progress: 0.5 }],
    });
    expect(reply.status).toBe(200);
    expect(JSON.parse(reply.text)).toEqual({
      done: [
        { id: a.id, status: 204 },
        { id: b.id, status: 204 },
      ],
      fail: [
        { id: c.id, status: 200, state: 'delayed', run_at: expect.any(Number) },
        { id: d.id, status: 200, state: 'dead' },
      ],
      release: [{ id: e.id, status: 200, state: 'ready' }],
      extend: [{ id: f.id, status: 200, expires_at: expect.any(Number), cancel: false }],
    });
    const states = { ready: 1, delayed: 1, leased: 1, done: 2, dead: 1 };
    expect(await client.read('GET /status/foo')).toMatchObject(states);
    expect(await client.job(`/j/foo/${b.id}`)).toMatchObject({ result: { x: 1 } });
    expect(await client.job(`/j/foo/${f.id}`)).toMatchObject({ progress: 0.5 });
    expect(await client.read('GET /j/foo')).toMatchObject({ job_processed: 2, job_failed: 2 });
  });

  it('says of each item by itself what is wrong with it', async () => {
    const [a, b] = (await leaseMany(2)) as [Item, Item];
    const stale = { ...a, lease: 'stale' };
    const unknown = { id: '999999', lease: a.lease };
    const never = { id: 'no such id', lease: 'x' };
    const body = { done: [stale, a, unknown], fail: [never], release: [stale, b, a], extend: [b] };
    expect(JSON.parse((await settle(body)).text)).toEqual({
      done: [
        { id: a.id, status: 409, error: 'lease lost' },
        { id: a.id, status: 204 },
        { id: '999999', status: 404, error: 'no such job' },
      ],
      fail: [{ id: 'no such id', status: 404, error: 'no such job' }],
      release: [
        { id: a.id, status: 409, error: 'lease lost' },
        { id: b.id, status: 200, state: 'ready' },
        { id: a.id, status: 409, error: 'lease lost' },
      ],
      extend: [{ id: b.id, status: 409, error: 'lease lost' }],
    });
  });

  it('gives a repeat the same answer', async () => {
    const [a, b] = (await leaseMany(2)) as [Item, Item];
    const body = { done: [a], release: [{ ...b, delay: '1h' }] };
    const first = await settle(body);
    expect((await settle(body)).text).toBe(first.text);
    expect(JSON.parse((await settle({ done: [a, a] })).text)).toEqual({
      done: Array(2).fill({ id: a.id, status: 204 }),
    });
  });

  it('keeps results byte for byte, and pushes follow-up jobs', async () => {
    const [a, b] = (await leaseMany(2)) as [Item, Item];
    const result = '{"n":12345678901234567890, "x":1,"x":2}';
    const push = '[{"queue":"bar","job":{"y":1.0}},{"queue":"foo","job":2,"delay":"1h"}]';
    const reply = await settle(
      `{"done":[{"id":"${a.id}","lease":"${a.lease}","result":${result}},{"id":"${b.id}","lease":"${b.lease}","push":${push}}]}`,
    );
    expect(JSON.parse(reply.text)).toEqual({
      done: [
        { id: a.id, status: 204 },
        {
          id: b.id,
          status: 200,
          pushed: [expect.stringMatching(/^\/j\/bar\/\w+$/), expect.stringMatching(/^\/j\/foo\/\w+$/)],
        },
      ],
    });
    expect((await client.ask(`GET /j/foo/${a.id}`)).text).toContain(`"result":${result}`);
    expect(await client.drain('bar')).toEqual(['{"y":1.0}']);
  });

  it('answers the lists that it was given, empty ones too, and takes any content type', async () => {
    expect(JSON.parse((await settle({})).text)).toEqual({});
    expect(JSON.parse((await settle({ done: [], extend: [] })).text)).toEqual({ done: [], extend: [] });
    const [a] = (await leaseMany(1)) as [Item];
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const reply = await client.ask('POST /jb/foo', { headers, body: JSON.stringify({ done: [a] }) });
    expect(JSON.parse(reply.text)).toEqual({ done: [{ id: a.id, status: 204 }] });
  });

  it('knows nothing in a queue never seen, and does not create it', async () => {
    const reply = await client.send('POST /jb/never', '{"done":[{"id":"1","lease":"x"}]}');
    expect(JSON.parse(reply.text)).toEqual({ done: [{ id: '1', status: 404, error: 'no such job' }] });
    expect(await client.read('GET /status/')).toEqual({ queues: [], size: 0 });
  });

  it.each([
    ['{"done":[{"id":"1","lease":"x"},{"lease":"x"}]}', 'done[1]: id is missing'],
    ['{"fail":[{"id":"1"}]}', 'fail[0]: lease is missing'],
    ['{"release":[{"id":1,"lease":"x"}]}', 'release[0]: id must be a string'],
    [
      '{"extend":[{"id":"1","lease":"x","for":"13h"}]}',
      /^extend\[0\]: for must be a duration from 1s to 12h/,
    ],
    ['{"done":[{"id":"1","lease":"x","error":"x"}]}', /^done\[0\]: .*error/],
    ['{"fail":[{"id":"1","lease":"x","result":1}]}', /^fail\[0\]: .*result/],
    ['{"done":[1]}', /^done\[0\]: must be an object/],
    ['{"done":[{"id":"1","id":"1","lease":"x"}]}', 'done[0]: id is given more than once'],
    ['{"done":[{"id":"1","lease":"x","push":[{"queue":"a"}]}]}', 'done[0]: push[0]: job is missing'],
    ['{"done":{}}', 'done must be an array of at most 1000 objects'],
    ['{"done":null}', 'done must be an array of at most 1000 objects'],
    ['{"nonsense":[]}', /nonsense/],
    ['{"done":[],"done":[]}', 'done is given more than once'],
    ['[]', 'body must be a JSON object'],
    ['{"done":[', /JSON/],
  ])('%s is 400 and names the place; nothing is settled', async (body, says) => {
    const [a] = (await leaseMany(1)) as [Item];
    const good = `"done":[${JSON.stringify(a)}]`;
    const withGood = body.startsWith('{"fail"') ? body.replace('{', `{${good},`) : body;
    expectError(await settle(withGood), 400, says);
    expect(await client.job(`/j/foo/${a.id}`)).toMatchObject({ state: 'leased' });
  });

  it('settles 1,000 leases at most, over all lists', async () => {
    const items = await leaseMany(1_000);
    const more = 'done must be an array of at most 1000 objects';
    expectError(await settle({ done: [...items, items[0]] }), 400, more);
    const half = { done: items, extend: [items[0]] };
    expectError(await settle(half), 400, 'at most 1000 leases may be settled at once');
    const reply = await settle({ done: items.slice(0, 600), release: items.slice(600) });
    expect(reply.status).toBe(200);
    expect(await client.read('GET /status/foo')).toMatchObject({ done: 600, ready: 400, leased: 0 });
  });
});
