/** Whatever a client sends, the server does not fail: no 5xx, and it goes on serving. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Client, stores, useServer } from '../support/http.js';

const methods = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS', 'TRACE');
const places = ['q', 'qb', 'status', 'j', 'jb', 'control', 'w', 'livez', 'ui', ''];
const old = ['delayed', 'uniq', 'worker_id', 'batch_size', 'with_desc', 'after', 'queue_name', '__proto__'];
const options = ['delay', 'priority', 'ttl', 'attempts', 'backoff', 'keep', 'tag', 'uniq_until', 'lease'];
const names = [...old, ...options, 'state', 'limit', 'contains', 'action', 'for'];
/** What may stand in a request line without ending it. */
const token = fc.string({
  unit: fc.constantFrom(...'aZ09.-_:@%&=?/+;,#\'"<>{}[]|\\^`~!$()*é€'),
  maxLength: 30,
});
const visible = token.map((text) => Buffer.from(text).toString('latin1'));
const value = fc.oneof(
  visible,
  fc.integer().map(String),
  fc.webQueryParameters(),
  fc.string({ unit: 'binary' }).map(encodeURIComponent),
);
const pair = fc.tuple(fc.oneof(fc.constantFrom(...names), visible), value).map((both) => both.join('='));
const query = fc.array(pair, { maxLength: 4 }).map((pairs) => pairs.join('&'));
const known = [
  'foo',
  '',
  '..',
  'foo/1',
  'foo/1/why',
  'foo/1/done',
  'foo/1/fail',
  'foo/1/extend',
  'foo/1/retry',
];
const path = fc.tuple(fc.constantFrom(...places), fc.oneof(fc.constantFrom(...known), visible));
const target = fc.tuple(path, query).map(([[place, name], text]) => `/${place}/${name}?${text}`);
const headerName = fc.constantFrom(
  'Content-Type',
  'Content-Encoding',
  'Content-Length',
  'Transfer-Encoding',
  'Expect',
  'Connection',
  'Upgrade',
  'Host',
  'Origin',
  'Accept',
  'X-Request-Id',
  'X-presque-workerid',
  'Idempotency-Key',
  'Prefer',
  'Retry-After',
  'If-Match',
  'Traceparent',
  'Sec-Fetch-Site',
);
const headerValue = fc.oneof(
  visible,
  fc.constantFrom('application/json', 'chunked', '0', '5', 'close', '100-continue', 'gzip'),
);
const header = fc.tuple(headerName, headerValue).map(([name, text]) => `${name}: ${text}\r\n`);
const body = fc.oneof(fc.json(), fc.uint8Array({ maxLength: 200 }), fc.string(), fc.constant('{"jobs":[1]}'));

async function expectSound(client: Client, bytes: Buffer) {
  const { text } = await client.exchange(bytes, { end: true });
  for (const [, status] of text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)) expect(Number(status)).toBeLessThan(500);
  expect(text).not.toMatch(/\bat .*\.js:\d+/);
  expect((await client.ask('GET /livez')).status).toBe(200);
}

const runs = { numRuns: 300, interruptAfterTimeLimit: 30_000 };

describe.each(stores)('anything on %s', (store) => {
  const client = useServer(store);

  it('arbitrary bytes do no harm', async () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 500 });
    await fc.assert(
      fc.asyncProperty(bytes, (raw) => expectSound(client, Buffer.from(raw))),
      runs,
    );
  });

  it('arbitrary requests do no harm', async () => {
    const request = fc.record({ method: methods, target, headers: fc.array(header, { maxLength: 4 }), body });
    await fc.assert(
      fc.asyncProperty(request, fc.boolean(), async (sent, isDressed) => {
        const bytes = Buffer.from(sent.body as string);
        const dress = `Content-Type: application/json\r\nContent-Length: ${bytes.length}\r\n`;
        const fields = `Host: localhost\r\n${isDressed ? dress : ''}${sent.headers.join('')}`;
        const head = Buffer.from(`${sent.method} ${sent.target} HTTP/1.1\r\n${fields}\r\n`, 'latin1');
        await expectSound(client, Buffer.concat([head, bytes]));
      }),
      runs,
    );
  });

  it('arbitrary members of bodies do no harm', async () => {
    const member = fc.constantFrom(
      ...['jobs', 'status', 'action', 'worker_id', '__proto__', 'delayed', 'lease', 'backoff', 'keep_done'],
      ...[
        'max_size',
        'ttl',
        'done',
        'fail',
        'release',
        'extend',
        'id',
        'result',
        'push',
        'dead',
        'for',
        'note',
      ],
    );
    const item = fc.dictionary(member, fc.jsonValue());
    const object = fc
      .dictionary(member, fc.oneof(fc.jsonValue(), fc.array(item, { maxLength: 3 })))
      .map((members) => JSON.stringify(members));
    const line = fc.constantFrom(
      'POST /q/foo',
      'PUT /q/foo',
      'POST /qb/foo',
      'POST /control/foo',
      'POST /w/foo',
      'POST /jb/foo',
      'POST /j/foo/1/done?lease=x',
      'POST /j/foo/1/fail?lease=x',
      'POST /j/foo/1/extend?lease=x',
    );
    await fc.assert(
      fc.asyncProperty(line, fc.oneof(object, fc.json()), async (where, text) => {
        const reply = await client.send(where, text);
        expect(reply.status).toBeLessThan(500);
        if (reply.status >= 400) expect(Object.keys(JSON.parse(reply.text) as object)).toEqual(['error']);
      }),
      runs,
    );
  });

  it('every JSON text comes back as it went in, one by one and in batches', async () => {
    const texts = fc.array(fc.tuple(fc.jsonValue(), fc.constantFrom(0, 1, '\t')), {
      minLength: 1,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(texts, async (values) => {
        const jobs = values.map(([json, indent]) => JSON.stringify(json, null, indent));
        expect((await client.send('POST /qb/foo', `{"jobs":[ ${jobs.join(' , ')} ]}`)).status).toBe(201);
        for (const job of jobs) await client.push('/q/bar', job);
        expect(await client.drain('foo')).toEqual(jobs);
        expect(await client.read('GET /qb/bar')).toEqual(jobs);
      }),
      { ...runs, numRuns: 100 },
    );
  });
});
