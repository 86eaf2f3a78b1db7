/** Requests that come behind each other on one connection are done and answered in that order. */

import { describe, expect, it } from 'vitest';
import { stores, useServer } from '../support/http.js';

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
const send = (line: string, body: string) =>
  `${line} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

describe.each(stores)('pipelining on %s', (store) => {
  const client = useServer(store);

  it('a GET sees the job of the POST before it', async () => {
    for (let round = 0; round < 50; round++) {
      const job = `{"round":${round}}`;
      const bytes = send('POST /q/foo', job) + get('/q/foo') + get('/q/foo');
      const { replies } = await client.exchange(bytes, { replies: 3 });
      expect(replies.map((reply) => reply.status)).toEqual([201, 200, 404]);
      expect(replies.map((reply) => reply.text)).toEqual(['', job, '{"error":"no job"}']);
    }
  });

  it('200 pushes and 200 takes keep their order', async () => {
    const numbers = Array.from({ length: 200 }, (_, n) => String(n));
    const pushed = await client.exchange(numbers.map((n) => send('POST /q/foo', n)).join(''), {
      replies: 200,
    });
    expect(pushed.replies.every((reply) => reply.status === 201)).toBe(true);
    const taken = await client.exchange(numbers.map(() => get('/q/foo')).join(''), { replies: 200 });
    expect(taken.replies.map((reply) => reply.text)).toEqual(numbers);
  });

  it('every kind of request takes its turn', async () => {
    const bytes = [
      send('POST /control/foo', '{"status":"stop"}'),
      send('POST /qb/foo', '{"jobs":[1,2]}'),
      get('/q/foo'),
      send('POST /control/foo', '{"status":"start"}'),
      get('/qb/foo'),
      send('PUT /q/foo', '2'),
      get('/j/foo'),
      get('/nowhere'),
      'DELETE /q/foo HTTP/1.1\r\nHost: localhost\r\n\r\n',
      get('/status/'),
    ];
    const { replies } = await client.exchange(bytes.join(''), { replies: bytes.length });
    expect(replies.map((reply) => reply.status)).toEqual([200, 201, 404, 200, 200, 201, 200, 404, 204, 200]);
    expect(replies[6]?.text).toBe('{"queue_name":"foo","job_count":1,"job_processed":2,"job_failed":1}');
    expect(replies[9]?.text).toBe('{"queues":[],"size":0}');
  });

  it('a refused body does not swallow or make up the next request', async () => {
    const inner = send('POST /q/evil', '1');
    const bytes = send('POST /q/foo?nonsense=1', inner) + send('POST /q/..', inner) + get('/status/');
    const { replies } = await client.exchange(bytes, { replies: 3 });
    expect(replies.map((reply) => reply.status)).toEqual([400, 400, 200]);
    expect(replies[2]?.text).toBe('{"queues":[],"size":0}');
  });

  it('a body of a request that takes none is thrown away', async () => {
    const inner = send('POST /q/evil', '1');
    const bytes = send('GET /q/foo', inner) + send('DELETE /q/foo', inner) + send('GET /nowhere', inner);
    const { replies } = await client.exchange(bytes + get('/status/'), { replies: 4 });
    expect(replies.map((reply) => reply.status)).toEqual([404, 204, 404, 200]);
    expect(replies[3]?.text).toBe('{"queues":[],"size":0}');
  });
});
