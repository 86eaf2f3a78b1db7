/** Requests that are not for this host, and those that a browser sends on behalf of another site. */

import { describe, expect, it } from 'vitest';
import { expectError, type RawReply, useServer } from '../support/http.js';

describe('hosts', () => {
  const client = useServer('memory:');
  const once = async (bytes: string) => (await client.exchange(bytes, { replies: 1 })).replies[0] as RawReply;

  it.each(['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]', '127.0.0.1:PORT', 'localhost:PORT', '[::1]:PORT'])(
    '%s is served',
    async (host) => {
      const Host = host.replace('PORT', String(client.port));
      expect((await client.ask('GET /j/foo', { headers: { Host } })).status).toBe(200);
    },
  );

  it.each([
    'example.com',
    'example.com:5000',
    'localhost.example.com',
    '127.0.0.1.example.com',
    'localhost@example.com',
    '[::2]',
    '10.0.0.1',
    '0x7f000001',
    'localhost:80:80',
    '127.0.0.1:<script>',
    '[::1',
    '.',
  ])('%s is 421, and nothing is taken', async (Host) => {
    await client.push('/q/foo', '1');
    for (const path of ['/q/foo', '/', '/status/', '/livez', '/openapi.json']) {
      expectError(await client.ask(`GET ${path}`, { headers: { Host } }), 421, /./);
    }
    expect(await client.drain('foo')).toEqual(['1']);
  });

  it('two hosts, the same or not, are 400', async () => {
    expectError(await once('GET /j/foo HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n'), 400, /./);
    expectError(await once('GET /j/foo HTTP/1.1\r\nHost: localhost\r\nhost: example.com\r\n\r\n'), 400, /./);
  });

  it('no host is 400 in HTTP/1.1', async () => {
    expectError(await once('GET /j/foo HTTP/1.1\r\n\r\n'), 400, /./);
    expectError(await once('POST /q/foo HTTP/1.1\r\nContent-Length: 1\r\n\r\n1'), 400, /./);
  });

  it('an empty host is refused', async () => {
    expect([400, 421]).toContain((await once('GET /j/foo HTTP/1.1\r\nHost:\r\n\r\n')).status);
  });

  it('an absolute URL is served when its host is ours, whatever the header says', async () => {
    const get = (url: string, host: string) => once(`GET ${url} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await client.push('/q/foo', '1');
    expectError(await get('http://example.com/q/foo', 'localhost'), 421, /./);
    expectError(await get('http://localhost@example.com/q/foo', 'localhost'), 421, /./);
    const reply = await get(`http://127.0.0.1:${client.port}/q/foo?worker_id=w1`, 'localhost');
    expect(reply).toMatchObject({ status: 200, text: '1' });
    expect((await get('http://localhost/status', 'localhost')).status).toBe(200);
    expectError(await get('http://localhost/q/..', 'localhost'), 400, 'queue name is invalid');
    const put = await once('PUT http://localhost/qb/foo HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expectError(put, 400, 'PUT is not supported in batch mode');
  });
});

describe('browsers', () => {
  const client = useServer('memory:');
  const everywhere = [
    'GET /q/foo',
    'GET /qb/foo',
    'POST /q/foo',
    'PUT /q/foo',
    'DELETE /q/foo',
    'POST /control/foo',
  ];
  const reading = [
    'GET /status/',
    'GET /j/foo',
    'GET /livez',
    'GET /openapi.json',
    'GET /nowhere',
    'OPTIONS /q/foo',
  ];

  async function expectRefused(line: string, headers: { [name: string]: string }) {
    const body = line.includes('control') ? '{"status":"stop"}' : '1';
    const reply = await (/^P/.test(line) ? client.send(line, body, headers) : client.ask(line, { headers }));
    expectError(reply, 403, /./);
    expect(reply.headers).not.toHaveProperty('access-control-allow-origin');
  }

  it.each([
    { Origin: 'http://example.com' },
    { Origin: 'null' },
    { Origin: 'http://localhost:1' },
    { Origin: 'http://127.0.0.1' },
    { Origin: '' },
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site' },
    { 'Sec-Fetch-Site': 'nonsense' },
    { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' },
    { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' },
    { 'Sec-Purpose': 'prefetch' },
    { 'Sec-Purpose': 'prefetch;prerender', 'Sec-Fetch-Site': 'none' },
  ] as { [name: string]: string }[])('%o is 403 on every route, and nothing is done', async (headers) => {
    await client.push('/q/foo', '7');
    for (const line of [...everywhere, ...reading]) await expectRefused(line, headers);
    expect(await client.read('GET /control/foo')).toMatchObject({ status: '1' });
    expect(await client.drain('foo')).toEqual(['7']);
  });

  it('a page of its own may ask for everything', async () => {
    const Host = `127.0.0.1:${client.port}`;
    const headers = { Origin: `http://${Host}`, 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'cors' };
    expect((await client.send('POST /q/foo', '1', headers)).status).toBe(201);
    expect((await client.ask('GET /q/foo', { headers })).status).toBe(200);
  });

  it('an address that somebody typed is served', async () => {
    const headers = { 'Sec-Fetch-Site': 'none', 'Sec-Fetch-Mode': 'navigate' };
    expect((await client.ask('GET /j/foo', { headers })).status).toBe(200);
  });

  it.each(['cross-site', 'same-site', 'same-origin', 'none'])('a %s link opens the page', async (site) => {
    const headers = { 'Sec-Fetch-Site': site, 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
    expect((await client.ask('GET /', { headers })).status).toBe(200);
  });

  it('what is no link does not open the page from another site', async () => {
    const cross = { 'Sec-Fetch-Site': 'cross-site' };
    expectError(await client.ask('GET /', { headers: { ...cross, 'Sec-Fetch-Mode': 'no-cors' } }), 403, /./);
    expectError(await client.ask('GET /', { headers: cross }), 403, /./);
    const prefetch = { ...cross, 'Sec-Fetch-Mode': 'navigate', 'Sec-Purpose': 'prefetch' };
    expectError(await client.ask('GET /', { headers: prefetch }), 403, /./);
    const form = { ...cross, 'Sec-Fetch-Mode': 'navigate', Origin: 'http://example.com' };
    expectError(await client.ask('POST /', { headers: form }), 403, /./);
  });
});
