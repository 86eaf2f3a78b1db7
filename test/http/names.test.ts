/** Names of queues: which there are, and how they stand in a URL. */

import { describe, expect, it } from 'vitest';
import { expectError, stores, useServer } from '../support/http.js';

const reserved = [
  'processed',
  'workers',
  'failed',
  'queues',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
];
const odd = [
  'a..b',
  '...',
  '.a',
  'a.',
  '-',
  ':',
  '@',
  '_',
  '0',
  'A',
  'a',
  'x'.repeat(128),
  'a:b@c-d.e_f',
  'delayed:foo',
];

describe.each(stores)('names of queues on %s', (store) => {
  const client = useServer(store);

  it('are all of their own, whatever else the store keeps', async () => {
    const names = [...reserved, ...odd];
    for (const name of names) {
      const { headers } = await client.push(`/q/${name}?uniq=k`, JSON.stringify(name));
      expect(headers.location).toBe(`/j/${name}/${headers['presque-job']}`);
      await client.send(`POST /w/${name}`, '{"worker_id":"w1"}');
    }
    expect(await client.read('GET /status/')).toEqual({ queues: [...names].sort(), size: names.length });
    for (const name of names) {
      expect(await client.read(`GET /status/${name}`)).toMatchObject({ queue: name, size: 1 });
      expect(await client.read(`GET /w/${name}`)).toMatchObject({ queue_name: name, workers_list: ['w1'] });
      expect(await client.read(`GET /control/${name}`)).toEqual({ queue: name, status: '1' });
      expect(await client.drain(name)).toEqual([JSON.stringify(name)]);
      const counters = { queue_name: name, job_count: 0, job_processed: 1, job_failed: 0 };
      expect(await client.read(`GET /j/${name}`)).toEqual(counters);
    }
    for (const name of names) expect((await client.ask(`DELETE /q/${name}`)).status).toBe(204);
    expect(await client.read('GET /status/')).toEqual({ queues: [], size: 0 });
  });

  it('are decoded once', async () => {
    await client.push('/q/%66oo', '1');
    await client.push('/q/a%3Ab%40c', '2');
    expect(await client.read('GET /status')).toEqual({ queues: ['a:b@c', 'foo'], size: 2 });
    expect(await client.drain('foo')).toEqual(['1']);
    expect(await client.drain('a:b@c')).toEqual(['2']);
  });
});

const wrong = [
  '.',
  '..',
  '%2e',
  '%2E%2e',
  'x'.repeat(129),
  'x'.repeat(5_000),
  'a%2541',
  '%2541',
  '%E0%A4%A',
  '%',
  '%zz',
  '%ff',
  '%C3%A9',
  'a%20b',
  'a+b',
  'a%2Fb',
  'a%5Cb',
  'a%00',
  'a%0A',
  'a;b',
  'a,b',
  'a*',
  'a~b',
  "a'b",
  '%F0%9F%98%80',
];
const lines = [
  'GET /q/',
  'POST /q/',
  'PUT /q/',
  'DELETE /q/',
  'GET /qb/',
  'POST /qb/',
  'GET /status/',
  'GET /j/',
];
const more = ['GET /control/', 'POST /control/', 'GET /w/', 'POST /w/', 'DELETE /w/', 'GET /w/?queue_name='];

describe('what is no name of a queue', () => {
  const client = useServer('memory:');

  it.each(wrong)('%s is 400 queue name is invalid, on every route', async (name) => {
    const headers = { 'X-presque-workerid': 'w1' };
    for (const line of [...lines, ...more]) {
      // A fetch may name several queues.
      if (name === 'a,b' && /^GET \/qb?\/$/.test(line)) continue;
      // In a query `+` is a space, and bad percent-encoding is told as such.
      const sentence = line.endsWith('=') ? /queue name is invalid|percent/ : 'queue name is invalid';
      const body = line.includes('/control/')
        ? '{"status":"stop"}'
        : line.includes('/w/')
          ? ''
          : '{"jobs":[1]}';
      const sent = /^P/.test(line)
        ? client.send(line + name, body, headers)
        : client.ask(line + name, { headers });
      expectError(await sent, 400, sentence);
    }
    expect(await client.read('GET /status/')).toEqual({ queues: [], size: 0 });
  });

  it('a path with more in it is 404', async () => {
    for (const line of [
      'GET /q/foo/bar',
      'GET /q//foo',
      'GET //q/foo',
      'GET /q/foo/',
      'GET /Q/foo',
      'DELETE /q/a/b/c',
    ]) {
      expectError(await client.ask(line), 404, /./);
    }
  });
});
