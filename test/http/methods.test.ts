/** Methods that a path does not have, and paths that are not there. */

import { describe, expect, it } from 'vitest';
import { expectError, useServer } from '../support/http.js';

const routes: { path: string; allowed: string[] }[] = [
  { path: '/q/foo', allowed: ['DELETE', 'GET', 'POST', 'PUT'] },
  { path: '/qb/foo', allowed: ['GET', 'POST'] },
  { path: '/status/', allowed: ['GET'] },
  { path: '/status', allowed: ['GET'] },
  { path: '/status/foo', allowed: ['GET'] },
  { path: '/j/foo', allowed: ['GET', 'POST'] },
  { path: '/j/foo/1', allowed: ['DELETE', 'GET'] },
  { path: '/j/foo/1/why', allowed: ['GET'] },
  { path: '/j/foo/1/done', allowed: ['POST'] },
  { path: '/j/foo/1/fail', allowed: ['POST'] },
  { path: '/j/foo/1/release', allowed: ['POST'] },
  { path: '/j/foo/1/extend', allowed: ['POST'] },
  { path: '/j/foo/1/retry', allowed: ['POST'] },
  { path: '/j/foo/1/cancel', allowed: ['POST'] },
  { path: '/jb/foo', allowed: ['POST'] },
  { path: '/control/foo', allowed: ['GET', 'POST'] },
  { path: '/w/foo', allowed: ['DELETE', 'GET', 'POST'] },
  { path: '/', allowed: ['GET'] },
  { path: '/livez', allowed: ['GET'] },
  { path: '/readyz', allowed: ['GET'] },
  { path: '/openapi.json', allowed: ['GET'] },
];
const allowOf = (header: string | undefined) =>
  (header ?? '')
    .split(/,\s*/)
    .filter((method) => method !== 'HEAD')
    .sort();
const raw = (line: string) => `${line} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

describe('methods', () => {
  const client = useServer('memory:');

  it.each(routes)('$path answers what it does not have with 405 and Allow', async ({ path, allowed }) => {
    const refused = path === '/qb/foo' ? ['PUT', 'DELETE'] : [];
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY']) {
      if (allowed.includes(method) || refused.includes(method)) continue;
      const { replies } = await client.exchange(raw(`${method} ${path}`), { replies: 1 });
      // A method that Node's parser does not know is no HTTP to it.
      if (method === 'QUERY' && replies[0]?.status === 400) continue;
      expectError(replies[0] as never, 405, /./);
      expect(allowOf(replies[0]?.headers.allow)).toEqual(allowed);
    }
  });

  it.each(['/q/foo', '/qb/foo'])('HEAD %s is 405 and takes nothing', async (path) => {
    await client.push('/q/foo', '1');
    const reply = await client.ask(`HEAD ${path}`);
    expect([reply.status, reply.text]).toEqual([405, '']);
    expect(allowOf(reply.headers.allow)).toEqual(
      path === '/q/foo' ? ['DELETE', 'GET', 'POST', 'PUT'] : ['GET', 'POST'],
    );
    expect(reply.headers.allow).not.toContain('HEAD');
    expect(await client.drain('foo')).toEqual(['1']);
  });

  it.each(['/status/', '/status/foo', '/j/foo', '/control/foo', '/livez', '/'])(
    'HEAD %s has the head of its GET and no body',
    async (path) => {
      const get = (await client.exchange(raw(`GET ${path}`), { replies: 1 })).replies[0];
      const { replies } = await client.exchange(raw(`HEAD ${path}`) + raw(`HEAD ${path}`), {
        replies: 2,
        head: true,
      });
      expect(replies).toHaveLength(2);
      for (const reply of replies) {
        expect(reply.status).toBe(200);
        expect(reply.headers['content-type']).toBe(get?.headers['content-type']);
        expect(reply.headers['content-length']).toBe(get?.headers['content-length']);
      }
    },
  );

  it.each([
    '/nowhere',
    '/q2/foo',
    '/qb2',
    '/qbfoo',
    '/status/foo/bar',
    '/w/foo/bar',
    '/favicon.ico',
    '/ui/nowhere',
    '/j/foo/1/2',
    '/j/foo/1/done/2',
    '/jb/foo/1',
    '/jb2/foo',
    '/%00',
  ])('%s is 404 in JSON, whatever the method', async (path) => {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      expectError(await client.ask(`${method} ${path}`), 404, /./);
    }
    expect((await client.ask(`HEAD ${path}`)).status).toBe(404);
  });

  it('TRACE sends nothing back of what it was sent', async () => {
    const { replies } = await client.exchange(
      'TRACE /q/foo HTTP/1.1\r\nHost: localhost\r\nX-Secret: s3cr3t\r\n\r\n',
      { replies: 1 },
    );
    expectError(replies[0] as never, 405, /./);
    expect(replies[0]?.text).not.toContain('s3cr3t');
  });

  it('OPTIONS * is refused in JSON', async () => {
    const { replies } = await client.exchange(raw('OPTIONS *'), { replies: 1 });
    expect(replies[0]?.status).toBeGreaterThanOrEqual(400);
    expect(replies[0]?.status).toBeLessThan(500);
    expectError(replies[0] as never, replies[0]?.status ?? 0, /./);
  });

  it('CONNECT opens no tunnel', async () => {
    const { replies, closed } = await client.exchange(
      'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n',
      { end: true },
    );
    expect(closed).toBe(true);
    for (const reply of replies) expectError(reply, reply.status, /./);
    expect(replies.every(({ status }) => status >= 400 && status < 500)).toBe(true);
    expect((await client.ask('GET /livez')).status).toBe(200);
  });

  it('an upgrade that it does not know is not made', async () => {
    const fields =
      'Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n';
    const { replies } = await client.exchange(`GET /j/foo HTTP/1.1\r\n${fields}`, { replies: 1 });
    expect(replies[0]?.status).toBe(200);
  });
});
