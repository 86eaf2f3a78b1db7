/** A job is opaque bytes: what comes out is what went in, byte for byte. */

import { describe, expect, it } from 'vitest';
import { expectError, stores, useServer } from '../support/http.js';

const nested = (levels: number, open = '[', close = ']') => open.repeat(levels) + close.repeat(levels);
const objects = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

const texts = [
  '{"n":12345678901234567890,"e":1e400,"z":-0,"a":1,"a":2,"__proto__":{"x":1}}',
  'null',
  '0',
  '-0',
  '1E+400',
  '0.10000000000000000000000000000000000001',
  'true',
  '""',
  '[]',
  '{}',
  '"é😀\u2028\u2029\u007f\ufeff"',
  '"\\ud83d\\ude00 \\u0000 \\ud800 \\/ \\" \\\\ \\b\\f\\n\\r\\t"',
  '"\\\\"',
  '"]}[{,:\\"],"',
  '{"jobs":[1,2],"a" : [ 1 , {"b":"]"} ] , "jobs":3}',
  '{\n\t"b" : [1, 2],\r\n  "a":{}}',
  '{"10":1,"9":2,"a":{"constructor":null,"toString":[]}}',
  '"<script>&amp;%41+"',
  nested(1_000),
  objects(1_000),
  `"${'['.repeat(100_000)}"`,
];
const named = texts.map((text) => ({ name: text.length > 80 ? `${text.slice(0, 80)}…` : text, text }));

describe.each(stores)('bytes on %s', (store) => {
  const client = useServer(store);

  it.each(named)('$name is the same through /q', async ({ text }) => {
    for (const job of [text, ` \t\r\n${text}\n\n `]) {
      await client.push('/q/foo', job);
      const reply = await client.ask('GET /q/foo');
      expect(reply.body.equals(Buffer.from(job))).toBe(true);
      expect(reply.headers['content-length']).toBe(String(Buffer.byteLength(job)));
      expect((await client.send('PUT /q/foo', reply.body)).status).toBe(201);
      expect(await client.read('GET /qb/foo')).toEqual([job]);
    }
  });

  it('all of them are the same through /qb, as texts in an array', async () => {
    const body = `\n{ "x" : [0] , "jobs"\t: [ ${texts.join(' ,\n')}\r\n] , "y":"]" }\n`;
    expect((await client.send('POST /qb/foo', body)).status).toBe(201);
    expect(await client.read('GET /status/foo?with_desc=1')).toMatchObject({ jobs: texts });
    expect(await client.read('GET /qb/foo?batch_size=10')).toEqual(texts.slice(0, 10));
    expect(await client.drain('foo')).toEqual(texts.slice(10));
  });

  it('the jobs of a batch are found however their name is spelled, and the last of two counts', async () => {
    await client.send('POST /qb/foo', '{"jobs":[1],"jo\\u0062s":[ 2.0 ,\t"]" ],"JOBS":[3]}');
    expect(await client.drain('foo')).toEqual(['2.0', '"]"']);
  });

  it('a character that arrives in two pieces stays whole', async () => {
    const head = 'POST /q/foo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
    const job = Buffer.from('"é😀"');
    const chunks = Array.from(job, (byte) => Buffer.from([0x31, 0x0d, 0x0a, byte, 0x0d, 0x0a]));
    const bytes = [
      Buffer.from(`${head}Transfer-Encoding: chunked\r\n\r\n`),
      ...chunks,
      Buffer.from('0\r\n\r\n'),
    ];
    const { replies } = await client.exchange(Buffer.concat(bytes), { replies: 1 });
    expect(replies[0]?.status).toBe(201);
    expect((await client.ask('GET /q/foo')).body.equals(job)).toBe(true);
  });
});

describe('what is not a job', () => {
  const client = useServer('memory:');

  it.each([1_001, 2_000, 100_000])('%d levels are 400', async (levels) => {
    const open = '['.repeat(levels);
    for (const text of [nested(levels), objects(levels), open, `{"a":${open}`, nested(levels, ' [', '] ')]) {
      expectError(await client.send('POST /q/foo', text), 400, /./);
      expectError(await client.send('POST /qb/foo', `{"jobs":[${text}]}`), 400, /./);
      expect([400, 413]).toContain((await client.send('POST /control/foo', `{"status":${text}}`)).status);
    }
    expect(await client.read('GET /status/')).toEqual({ queues: [], size: 0 });
  });

  it('100,000 levels are refused within 50 ms', async () => {
    const times: number[] = [];
    for (let round = 0; round < 5; round++) {
      const start = performance.now();
      expectError(await client.send('POST /q/foo', nested(100_000)), 400, /./);
      times.push(performance.now() - start);
    }
    expect(Math.min(...times)).toBeLessThan(50);
  });

  it.each([
    '{"a":}',
    "{'a':1}",
    '[1,]',
    'undefined',
    'NaN',
    '01',
    '+1',
    '"\t"',
    '"\\x"',
    '1 2',
    '{"a":1}}',
    '// x',
    '\u00a01',
  ])('%s is 400', async (text) => {
    expectError(await client.send('POST /q/foo', text), 400, /JSON/);
    expectError(await client.send('POST /qb/foo', `{"jobs":[${text}]}`), 400, /./);
  });

  it.each(['22ff22', '22c022', '22c3', '22eda08022', '22f490808022', 'ff'])(
    'the bytes %s are not UTF-8, and 400',
    async (hex) => {
      const bytes = Buffer.from(hex, 'hex');
      expectError(await client.send('POST /q/foo', bytes), 400, /./);
      expectError(await client.send('PUT /q/foo', bytes), 400, /./);
      const batch = Buffer.concat([Buffer.from('{"jobs":['), bytes, Buffer.from(']}')]);
      expectError(await client.send('POST /qb/foo', batch), 400, /./);
      expectError(await client.send('POST /control/foo', bytes), 400, /./);
    },
  );

  it('a byte order mark, UTF-16 and white space alone are 400', async () => {
    for (const body of [
      Buffer.from('\ufeff{"a":1}'),
      Buffer.from('\ufeff'),
      Buffer.from('{"a":1}', 'utf16le'),
      Buffer.from(' \n'),
    ]) {
      expectError(await client.send('POST /q/foo', body), 400, /./);
      expectError(await client.send('POST /qb/foo', body), 400, /./);
    }
    expect(await client.read('GET /status/')).toEqual({ queues: [], size: 0 });
  });
});
