/** What every answer has, right or wrong: an id, no caching, and errors of one shape. */

import { describe, expect, it } from 'vitest';
import { expectError, useServer } from '../support/http.js';

const lines = [
  'GET /',
  'GET /livez',
  'GET /readyz',
  'GET /openapi.json',
  'GET /status/',
  'GET /status/foo',
  'GET /j/foo',
  'GET /j/foo?state=ready',
  'POST /j/foo?state=dead&action=retry',
  'GET /j/foo/1',
  'GET /j/foo/1/why',
  'POST /j/foo/1/done?lease=x',
  'POST /jb/foo',
  'GET /control/foo',
  'POST /control/foo',
  'GET /w/',
  'GET /w/foo',
  'GET /w/?worker_id=w1',
  'GET /w/?queue_name=foo',
  'POST /w/foo',
  'DELETE /w/foo',
  'POST /q/foo',
  'GET /q/foo',
  'PUT /q/foo',
  'DELETE /q/foo',
  'POST /qb/foo',
  'GET /qb/foo',
  'PUT /qb/foo',
  'HEAD /q/foo',
  'HEAD /status/',
  'PATCH /q/foo',
  'GET /nowhere',
  'GET /q/..',
  'GET /q/foo?nonsense=1',
];

describe('every answer', () => {
  const client = useServer('memory:');

  it.each(lines)('%s is not to be kept, and gives the id of its request back or makes one', async (line) => {
    const headers = { 'X-Request-Id': 'req-1:a/b~!' };
    for (const prepared of [true, false]) {
      if (prepared) await client.send('POST /qb/foo', '{"jobs":[1,2,3,4]}');
      const { headers: fields } = await client.ask(line, { headers });
      expect(fields['cache-control']).toBe('no-store');
      expect(fields['x-request-id']).toBe('req-1:a/b~!');
      // Only a policy has a tag, which guards its edits.
      if (!line.includes('/control/')) expect(fields).not.toHaveProperty('etag');
      const first = (await client.ask(line)).headers['x-request-id'];
      const second = (await client.ask(line)).headers['x-request-id'];
      expect(first).toMatch(/^[!-~]{1,128}$/);
      expect(second).not.toBe(first);
      await client.ask('DELETE /q/foo');
    }
  });

  it.each(['If-None-Match', 'If-Modified-Since'])('%s never gets a 304', async (name) => {
    await client.push('/q/foo', '1');
    for (const path of ['/status/', '/', '/openapi.json', '/q/foo']) {
      for (const value of ['*', 'Wed, 21 Oct 2065 07:28:00 GMT']) {
        const status = (await client.ask(`GET ${path}`, { headers: { [name]: value } })).status;
        expect([200, 404]).toContain(status);
      }
    }
  });

  it.each(['x'.repeat(5_000), 'a b\tc'])('an id that is no id is not given back', async (id) => {
    const { status, headers } = await client.ask('GET /status/', { headers: { 'X-Request-Id': id } });
    expect(status).toBe(200);
    expect(headers['x-request-id']).toMatch(/^[!-~]{1,128}$/);
  });

  it('a range is not honoured, the job comes whole', async () => {
    await client.push('/q/foo', '{"key":"value"}');
    const reply = await client.ask('GET /q/foo', { headers: { Range: 'bytes=0-3' } });
    expect([reply.status, reply.text]).toEqual([200, '{"key":"value"}']);
  });
});

describe('application/problem+json', () => {
  const client = useServer('memory:');

  it.each([
    { line: 'GET /q/foo', status: 404, error: 'no job' },
    { line: 'GET /q/', status: 404, error: 'queue name is missing' },
    { line: 'GET /q/a%20b', status: 400, error: 'queue name is invalid' },
    { line: 'PUT /qb/foo', status: 400, error: 'PUT is not supported in batch mode' },
    { line: 'POST /q/foo', status: 400, error: 'content-type must be set to application/json' },
    { line: 'DELETE /w/foo', status: 400, error: 'worker_id is missing' },
    { line: 'PATCH /q/foo', status: 405 },
    { line: 'GET /nowhere', status: 404 },
    { line: 'GET /q/foo?nonsense=1', status: 400 },
  ])('$line is told as RFC 9457 has it', async ({ line, status, error }) => {
    for (const accept of ['application/problem+json', 'application/json;q=0.5, application/problem+json']) {
      const reply = await client.ask(line, { headers: { Accept: accept } });
      expect(reply.status).toBe(status);
      expect(reply.headers['content-type']).toBe('application/problem+json');
      expect(reply.headers['cache-control']).toBe('no-store');
      const problem = JSON.parse(reply.text) as { error: string };
      expect(problem).toEqual({
        type: expect.any(String),
        title: expect.any(String),
        status,
        detail: expect.any(String),
        code: expect.stringMatching(/^[a-z_]+$/),
        error: error ?? expect.any(String),
      });
      expectError(await client.ask(line), status, problem.error);
    }
  });

  it('changes nothing in an answer that is no error', async () => {
    await client.push('/q/foo', '1');
    const reply = await client.ask('GET /q/foo', { headers: { Accept: 'application/problem+json' } });
    expect([reply.status, reply.headers['content-type'], reply.text]).toEqual([200, 'application/json', '1']);
  });
});
