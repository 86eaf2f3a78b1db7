/** `/status/:queue?with_desc=1`: the texts of the waiting jobs, page after page. */

import { describe, expect, it } from 'vitest';
import { type Client, expectError, stores, useServer } from '../support/http.js';

const linkOf = (link: string | undefined) => /^<([^>]+)>;\s*rel="?next"?$/.exec(link ?? '')?.[1];

async function pages(client: Client, first: string): Promise<string[][]> {
  const found: string[][] = [];
  for (let path: string | undefined = first; path !== undefined; ) {
    const reply = await client.ask(`GET ${path}`);
    expect(reply.status, reply.text).toBe(200);
    found.push((JSON.parse(reply.text) as { jobs: string[] }).jobs);
    path = linkOf(reply.headers.link as string | undefined);
    expect(found.length).toBeLessThan(10);
  }
  return found;
}

describe.each(stores)('the list of jobs on %s', (store) => {
  const client = useServer(store);

  it('is there when asked for, with the texts byte for byte, and takes nothing', async () => {
    const texts = ['{"b":1, "a":2}', '"é😀"', '1e400'];
    for (const text of texts) await client.push('/q/foo', text);
    expect(await client.read('GET /status/foo')).not.toHaveProperty('jobs');
    expect(await client.read('GET /status/foo?with_desc=0')).not.toHaveProperty('jobs');
    const listed = await client.ask('GET /status/foo?with_desc=1');
    expect(JSON.parse(listed.text)).toMatchObject({ queue: 'foo', size: 3, jobs: texts });
    expect(listed.headers).not.toHaveProperty('link');
    expect(await client.read('GET /j/foo')).toMatchObject({ job_count: 3, job_processed: 0 });
  });

  it('is empty for a queue never seen', async () => {
    expect(await client.read('GET /status/foo?with_desc=1')).toMatchObject({ size: 0, jobs: [] });
  });

  it('has 1,000 jobs a page at most, and its links lead through all of them in order', async () => {
    const texts = Array.from({ length: 2_345 }, (_, n) => String(n));
    await client.send('POST /qb/foo', `{"jobs":[${texts.join()}]}`);
    const found = await pages(client, '/status/foo?with_desc=1');
    expect(found.map((page) => page.length)).toEqual([1_000, 1_000, 345]);
    expect(found.flat()).toEqual(texts);
  });

  it('has the delayed jobs that are due, over pages, and not those that are not', async () => {
    const texts = Array.from({ length: 1_200 }, (_, n) => String(n));
    await client.send('POST /qb/foo?delayed=1', `{"jobs":[${texts.join()}]}`);
    await client.push('/q/foo?delayed=99999999999', '"later"');
    const found = await pages(client, '/status/foo?with_desc=1');
    expect(found.flat().sort()).toEqual(texts.sort());
  });

  it.each([
    'with_desc=2',
    'with_desc=',
    'with_desc=true',
    'with_desc=1&with_desc=1',
    'with_desc=1&after=nonsense',
  ])('?%s is 400', async (query) => {
    await client.push('/q/foo', '1');
    expectError(await client.ask(`GET /status/foo?${query}`), 400, /with_desc|after/);
  });
});
