/** Every parameter is checked: what a route does not know, it refuses by its name. */

import { describe, expect, it } from 'vitest';
import { expectError, useServer } from '../support/http.js';

describe('parameters', () => {
  const client = useServer('memory:');
  const routes = [
    'GET /q/foo',
    'POST /q/foo',
    'PUT /q/foo',
    'DELETE /q/foo',
    'GET /qb/foo',
    'POST /qb/foo',
    'GET /status/',
    'GET /status/foo',
    'GET /j/foo',
    'GET /j/foo?state=ready',
    'POST /j/foo?state=ready&action=delete',
    'GET /j/foo/1',
    'DELETE /j/foo/1',
    'GET /j/foo/1/why',
    'POST /j/foo/1/retry',
    'POST /j/foo/1/cancel',
    'POST /j/foo/1/done?lease=x',
    'POST /j/foo/1/fail?lease=x',
    'POST /j/foo/1/release?lease=x',
    'POST /j/foo/1/extend?lease=x',
    'POST /jb/foo',
    'GET /control/foo',
    'POST /control/foo',
    'GET /w/',
    'GET /w/?worker_id=w1',
    'GET /w/?queue_name=foo',
    'GET /w/foo',
    'POST /w/foo',
    'DELETE /w/foo',
    'GET /',
    'GET /livez',
    'GET /readyz',
    'GET /openapi.json',
  ];

  const bodies = { 'POST /control/foo': '{"status":"stop"}', 'POST /w/foo': '{"worker_id":"w2"}' };

  it.each(routes)('%s refuses a parameter that it does not know, and does nothing', async (line) => {
    await client.push('/q/foo', '{"jobs":[1],"status":"stop"}');
    await client.send('POST /w/foo', '{"worker_id":"w1"}');
    const body = bodies[line as keyof typeof bodies] ?? (/^POST .j/.test(line) ? '{}' : '{"jobs":[1]}');
    const headers = { 'X-presque-workerid': 'w1' };
    for (const query of [
      'nonsense=1',
      'nonsense',
      'Nonsense=',
      '__proto__=1',
      'constructor=1',
      '=1',
      'queue=foo',
    ]) {
      const url = `${line}${line.includes('?') ? '&' : '?'}${query}`;
      const name = /^[^=]*/.exec(query)?.[0] ?? '';
      const reply = await (/^P/.test(line) ? client.send(url, body, headers) : client.ask(url, { headers }));
      expectError(reply, 400, new RegExp(name));
    }
    expect(await client.read('GET /j/foo')).toMatchObject({ job_count: 1, job_failed: 0 });
    expect(await client.read('GET /control/foo')).toMatchObject({ status: '1' });
    expect(await client.read('GET /w/foo')).toMatchObject({ workers_list: ['w1'] });
  });

  it.each([
    'GET /q/foo?worker_id=a&worker_id=a',
    'POST /q/foo?delayed=1&delayed=2',
    'POST /q/foo?uniq=a&%75niq=a',
    'GET /qb/foo?batch_size=1&batch_size=2',
    'GET /status/foo?with_desc=1&with_desc=1',
    'GET /q/foo?lease=60s&lease=60s',
    'GET /q/foo?wait=1s&wait=1s',
    'GET /j/foo?state=ready&state=ready',
    'GET /j/foo?limit=1&state=ready&limit=1',
    'POST /j/foo?action=retry&state=dead&action=retry',
    'POST /j/foo/1/done?lease=a&lease=a',
    'POST /j/foo/1/extend?for=1s&lease=a&for=1s',
    'POST /j/foo/1/fail?delay=1s&lease=a&delay=1s',
    'GET /j/foo/1?wait=1s&wait=1s',
    'GET /w/?worker_id=a&worker_id=b',
    'GET /w/?queue_name=a&queue_name=b',
    'DELETE /w/foo?worker_id=a&worker_id=a',
  ])('%s is 400, since it says one thing twice', async (line) => {
    const name = /\?([a-z_]+)=/.exec(line)?.[1] ?? '';
    const body = line.startsWith('POST /j') ? '{}' : '1';
    const reply = await (line.startsWith('P') ? client.send(line, body) : client.ask(line));
    expectError(reply, 400, new RegExp(name));
  });

  it('GET /w/ by worker and by queue heeds both', async () => {
    await client.send('POST /w/foo', '{"worker_id":"w1"}');
    const found = await client.ask('GET /w/?worker_id=w1&queue_name=foo');
    expect(JSON.parse(found.text)).toMatchObject({ worker_id: 'w1' });
    expect((await client.ask('GET /w/?worker_id=w1&queue_name=bar')).status).toBe(404);
    expectError(await client.ask('GET /w/?worker_id=w1&queue_name=..'), 400, 'queue name is invalid');
  });

  it.each([
    'GET /q/foo?%E0%A4%A',
    'GET /q/foo?worker_id=%',
    'GET /qb/foo?batch_size=%ff',
    'GET /?%zz',
    'POST /q/foo?uniq=%E0%A4%A',
  ])('%s is 400, being no UTF-8 in percent-encoding', async (line) => {
    const reply = await (line.startsWith('P') ? client.send(line, '1') : client.ask(line));
    expectError(reply, 400, /./);
  });

  it('values are decoded once', async () => {
    await client.push('/q/foo?uniq=%2541', '1');
    expectError(await client.send('POST /q/foo?uniq=%2541', '1'), 400, 'job already exists');
    await client.push('/q/foo?uniq=A', '1');
    await client.push('/q/foo?uniq=%252541', '1');
    expect((await client.ask('POST /w/foo?worker_id=%2541')).status).toBe(201);
    expect(await client.read('GET /w/foo')).toMatchObject({ workers_list: ['%41'] });
  });
});
