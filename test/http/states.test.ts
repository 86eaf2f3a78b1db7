/** `/j/:queue?state=`: the jobs of a state, page after page, and acts on all of them. */

import { describe, expect, it } from 'vitest';
import { type Client, expectError, type JobRecord, linksOf, stores, useServer } from '../support/http.js';

async function pages(client: Client, first: string): Promise<JobRecord[][]> {
  const found: JobRecord[][] = [];
  for (let path: string | undefined = first; path !== undefined; ) {
    const reply = await client.ask(`GET ${path}`);
    expect(reply.status, reply.text).toBe(200);
    found.push(JSON.parse(reply.text) as JobRecord[]);
    path = linksOf(reply.headers.link).next;
    expect(found.length).toBeLessThan(30);
  }
  return found;
}
const jobsOf = (found: JobRecord[][]) => found.flat().map(({ job }) => job);

describe.each(stores)('the jobs of a state on %s', (store) => {
  const client = useServer(store);
  const fill = (count: number, query = '') =>
    client.send(`POST /qb/foo${query}`, `{"jobs":[${Array.from({ length: count }, (_, n) => n)}]}`);

  it.each([
    ['', [50, 50, 20]],
    ['&limit=7', [...Array(17).fill(7), 1]],
    ['&limit=120', [120]],
    ['&limit=1000', [120]],
  ])('come in pages, with a link to the next until the end: %s', async (query, sizes) => {
    await fill(120);
    const found = await pages(client, `/j/foo?state=ready${query}`);
    expect(found.map((page) => page.length).filter((size) => size > 0)).toEqual(sizes);
    expect(jobsOf(found)).toEqual(Array.from({ length: 120 }, (_, n) => n));
  });

  it('are each as the job is by itself, byte for byte', async () => {
    const bytes = '{"n":12345678901234567890, "a":1,"a":2}';
    const { headers } = await client.push('/q/foo?tag=x', bytes);
    const list = await client.ask('GET /j/foo?state=ready');
    expect(list.text).toBe(`[${(await client.ask(`GET ${headers.location}`)).text}]`);
    expect(list.headers['content-type']).toBe('application/json');
    expect(list.headers).not.toHaveProperty('link');
  });

  it('ready ones come by priority, then age', async () => {
    for (const [priority, job] of [
      [1, '"d"'],
      [5, '"b"'],
      [9, '"a"'],
      [5, '"c"'],
    ]) {
      await client.push(`/q/foo?priority=${priority}`, String(job));
    }
    expect(jobsOf(await pages(client, '/j/foo?state=ready&limit=1'))).toEqual(['a', 'b', 'c', 'd']);
  });

  it('delayed and leased ones come by their time', async () => {
    for (const minutes of [3, 1, 2]) await client.push(`/q/foo?delay=${minutes}m`, `${minutes}`);
    expect(jobsOf(await pages(client, '/j/foo?state=delayed&limit=2'))).toEqual([1, 2, 3]);
    for (const minutes of [6, 4, 5]) {
      await client.push('/q/bar', `${minutes}`);
      await client.lease('bar', `lease=${minutes}m`);
    }
    expect(jobsOf(await pages(client, '/j/bar?state=leased&limit=2'))).toEqual([4, 5, 6]);
  });

  it.each(['done', 'dead'])('%s ones come the latest first', async (state) => {
    for (const job of ['1', '2', '3']) {
      await client.push('/q/foo', job);
      await client.settle(
        await client.lease('foo'),
        state === 'done' ? 'done' : 'fail',
        state === 'done' ? '1' : { dead: true },
      );
      // The next one ends in another millisecond.
      for (const now = Date.now(); Date.now() === now; ) await client.ask('GET /livez');
    }
    expect(jobsOf(await pages(client, `/j/foo?state=${state}&limit=2`))).toEqual([3, 2, 1]);
  });

  it('are found by what their text has in it, as it stands there', async () => {
    for (const job of ['{"to":"a@x"}', '{"to":"b@x"}', '"A@X"', '"50%_\\u00e9é&=+"'])
      await client.push('/q/foo', job);
    const found = async (contains: string) =>
      jobsOf(await pages(client, `/j/foo?state=ready&limit=1&contains=${encodeURIComponent(contains)}`));
    expect(await found('@x')).toEqual([{ to: 'a@x' }, { to: 'b@x' }]);
    expect(await found('"to":"b')).toEqual([{ to: 'b@x' }]);
    expect(await found('50%_\\u00e9é&=+')).toEqual(['50%_éé&=+']);
    for (const nothing of ['__x', '*', '.@x', 'to:b', '@X"}']) expect(await found(nothing)).toEqual([]);
  });

  it('of a queue never seen are none, and asking does not create it', async () => {
    expect(await client.read('GET /j/foo?state=dead')).toEqual([]);
    expect(await client.read('GET /status/')).toEqual({ queues: [], size: 0 });
  });

  it.each([
    ['state=', 'state is missing'],
    ['state=running', 'state must be ready, delayed, leased, done or dead'],
    ['state=ready&state=dead', 'state is given more than once'],
    ['state=ready&limit=0', 'limit must be a whole number from 1 to 1000'],
    ['state=ready&limit=1001', 'limit must be a whole number from 1 to 1000'],
    ['state=ready&limit=x', 'limit must be a whole number from 1 to 1000'],
    [`state=ready&contains=${'x'.repeat(1_025)}`, 'contains must be 1 to 1024 characters'],
    ['state=ready&contains=', 'contains must be 1 to 1024 characters'],
    ['state=ready&after=x', /after/],
    ['state=ready&after=', /after/],
    ['state=ready&nonsense=1', /nonsense/],
    ['limit=1', /limit/],
  ])('GET ?%s is 400', async (query, says) => {
    expectError(await client.ask(`GET /j/foo?${query}`), 400, says);
  });

  it('are retried or deleted all at once, those that match', async () => {
    await fill(30, '?delay=1h');
    const retry = await client.ask('POST /j/foo?state=delayed&action=retry&contains=2');
    expect([retry.status, JSON.parse(retry.text)]).toEqual([200, { matched: 12, more: false }]);
    expect(await client.read('GET /status/foo')).toMatchObject({ ready: 12, delayed: 18 });
    const remove = await client.ask('POST /j/foo?state=delayed&action=delete');
    expect(JSON.parse(remove.text)).toEqual({ matched: 18, more: false });
    expect(await client.read('GET /status/foo')).toMatchObject({ ready: 12, delayed: 0 });
    const none = await client.ask('POST /j/foo?state=dead&action=retry');
    expect(JSON.parse(none.text)).toEqual({ matched: 0, more: false });
  });

  it('are acted on 10,000 a call', async () => {
    await fill(10_000);
    await fill(3);
    const act = async () =>
      JSON.parse((await client.ask('POST /j/foo?state=ready&action=delete')).text) as object;
    expect(await act()).toEqual({ matched: 10_000, more: true });
    expect(await act()).toEqual({ matched: 3, more: false });
    expect(await client.read('GET /j/foo')).toMatchObject({ job_count: 0 });
  }, 30_000);

  it('that are retried are given to all who wait', async () => {
    await fill(3, '?delay=1h');
    const waiting = [1, 2, 3].map(() => client.ask('GET /q/foo?wait=20s'));
    await client.ask('GET /livez');
    await client.ask('POST /j/foo?state=delayed&action=retry');
    expect((await Promise.all(waiting)).map(({ text }) => text).sort()).toEqual(['0', '1', '2']);
  });

  it.each([
    ['', 'state is missing'],
    ['state=dead', 'action is missing'],
    ['action=retry', 'state is missing'],
    ['state=dead&action=cancel', 'action must be retry or delete'],
    ['state=ready&action=retry', /state must be dead or delayed/],
    ['state=done&action=retry', /state must be dead or delayed/],
    ['state=leased&action=retry', /state must be dead or delayed/],
    ['state=dead&action=retry&limit=1', /limit/],
  ])('POST ?%s is 400 and does nothing', async (query, says) => {
    await fill(2);
    expectError(await client.ask(`POST /j/foo?${query}`), 400, says);
    expect(await client.read('GET /j/foo')).toMatchObject({ job_count: 2 });
  });
});
