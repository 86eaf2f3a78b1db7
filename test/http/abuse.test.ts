/** Clients that ask for too much, too slowly or with garbage behind it: each is told, and the others go on. */

import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { expectError, useServer } from '../support/http.js';

describe('one connection', () => {
  const client = useServer('memory:');

  it('is told of garbage behind a push only after the push is answered', async () => {
    const push =
      'POST /q/foo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n1';
    const { replies } = await client.exchange(`${push}BAD\r\n\r\n`);
    expect(replies.map(({ status }) => status)).toEqual([201, 400]);
  });

  it('goes on after a 413 for a body that had arrived', async () => {
    const socket = connect(client.port, '127.0.0.1');
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk;
    });
    const large = `{"jobs":["${'x'.repeat(1024 * 1024)}"]}`;
    const head = (path: string, length: number) =>
      `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
    socket.write(head('/qb/foo', large.length) + large);
    await expect.poll(() => received, { timeout: 5_000 }).toContain('413');
    socket.write(`${head('/q/foo', 3)}1`);
    // Longer than what is left of a refused body is waited for.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    socket.write('23');
    await expect.poll(() => received, { timeout: 5_000 }).toContain('201');
    socket.destroy();
  });

  it.each(['[0,0,', '[{},'])(
    'a batch of millions of jobs (%s…) is refused without stopping the others',
    async (start) => {
      const jobs = `${start}${'0,'.repeat(7_000_000)}0]`;
      const begun = performance.now();
      const reply = await client.send('POST /qb/foo', `{"jobs":${jobs}}`);
      expectError(reply, 400, 'jobs should be an array of at most 10000 jobs');
      expect(performance.now() - begun).toBeLessThan(2_000);
    },
  );
});

describe('many connections', () => {
  const client = useServer('memory:', { maxBatchBytes: 1024 * 1024 });

  it('that do not read their large answers are told that the server is busy, and lose no job', async () => {
    const text = JSON.stringify('x'.repeat(1_000_000));
    for (let index = 0; index < 300; index++) await client.push('/q/foo', text);
    const sockets = Array.from({ length: 30 }, () => connect(client.port, '127.0.0.1').pause());
    for (const socket of sockets)
      socket.write('GET /qb/foo?batch_size=16 HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const read = async () => ((await client.read('GET /j/foo')) as { job_count: number }).job_count;
    // 16 MiB each, 256 MiB in all: the last ones are given back.
    await expect.poll(read, { timeout: 20_000 }).toBeLessThan(80);
    expect(await client.ask('GET /livez')).toMatchObject({ status: 200 });
    for (const socket of sockets) socket.destroy();
    const back = async () => ((await client.read('GET /j/foo')) as { job_processed: number }).job_processed;
    await expect.poll(back, { timeout: 20_000 }).toBe(0);
    expect(await read()).toBe(300);
  });
});

describe('parameters', () => {
  const client = useServer('memory:');

  it('a header that is given twice is 400, not another worker', async () => {
    const twice = 'X-presque-workerid: a\r\nX-presque-workerid: b\r\n';
    const { replies } = await client.exchange(
      `POST /w/foo HTTP/1.1\r\nHost: localhost\r\n${twice}Connection: close\r\n\r\n`,
    );
    expectError(replies[0] as never, 400, 'x-presque-workerid is given more than once');
    expect(await client.read('GET /w/')).toEqual([]);
  });

  it.each(['{"status":"start","action":null}', '{"status":null}'])('%s is 400', async (body) => {
    expectError(await client.send('POST /control/foo', body), 400, /must be "start" or "stop"/);
  });
});
