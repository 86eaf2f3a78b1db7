/** `?wait=` and `Prefer: wait=`: a fetch that waits for a job, and fetches from several queues. */

import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { expectError, stores, useServer } from '../support/http.js';

describe.each(stores)('waiting on %s', (store) => {
  const client = useServer(store);

  it.each([
    ['?wait=20s', {}],
    ['?wait=20', {}],
    ['?wait=PT20S', {}],
    ['', { Prefer: 'wait=20' }],
    ['', { Prefer: 'respond-async, wait="20"' }],
  ])('GET /q/foo%s %o gets a job that is pushed meanwhile', async (query, headers) => {
    const waiting = client.ask(`GET /q/foo${query}`, { headers });
    await client.ask('GET /livez');
    await client.push('/q/foo', '{"n":1}');
    const reply = await waiting;
    expect(reply).toMatchObject({ status: 200, text: '{"n":1}' });
    expect(reply.headers).toMatchObject({ 'presque-queue': 'foo', 'presque-delivery': 'at-most-once' });
  });

  it('GET /qb/foo?wait= gets a batch that is pushed meanwhile', async () => {
    const waiting = client.ask('GET /qb/foo?wait=20s&batch_size=3');
    await client.ask('GET /livez');
    await client.send('POST /qb/foo', '{"jobs":[1,2,3,4]}');
    expect(await waiting).toMatchObject({ status: 200, text: '["1","2","3"]' });
  });

  it('answers 404 when the time is over', async () => {
    const begun = performance.now();
    expectError(await client.ask('GET /q/foo?wait=300ms'), 404, 'no job');
    expect(performance.now() - begun).toBeGreaterThan(295);
    await client.ask('POST /control/foo', { body: '{"status":"stop"}' });
    expectError(await client.ask('GET /q/foo?wait=50ms'), 404, 'queue is closed');
  });

  it('gives a delayed job when it is due, to who waits already', async () => {
    const second = Math.floor(Date.now() / 1000) + 1;
    const waiting = client.ask('GET /q/foo?wait=20s');
    await client.push(`/q/foo?delayed=${second}`, '1');
    expect(await waiting).toMatchObject({ status: 200, text: '1' });
    expect(Date.now()).toBeGreaterThanOrEqual(second * 1000);
    expect(Date.now()).toBeLessThan(second * 1000 + 500);
  });

  it.each(['61s', '60001ms', '61', '2m', 'PT2M', '-1', 'soon', '5x', '1 s', '', 'P'])(
    'wait=%s is 400 and says the bound',
    async (wait) => {
      const says = 'wait must be a duration of at most 60s, such as 20s';
      expectError(await client.ask(`GET /q/foo?wait=${encodeURIComponent(wait)}`), 400, says);
    },
  );

  it('takes from the first of several queues that has a job', async () => {
    await client.push('/q/b', '"b"');
    await client.push('/q/c', '"c"');
    const first = await client.ask('GET /q/a,b,c');
    expect(first).toMatchObject({ text: '"b"', headers: { 'presque-queue': 'b' } });
    await client.push('/q/a', '"a"');
    expect(await client.ask('GET /q/a,b,c')).toMatchObject({
      text: '"a"',
      headers: { 'presque-queue': 'a' },
    });
    expect(await client.ask('GET /qb/a%2Cb,c')).toMatchObject({ text: '["\\"c\\""]' });
    expectError(await client.ask('GET /q/a,b,c'), 404, 'no job');
  });

  it('skips stopped queues, and is told so only when all of them are', async () => {
    await client.push('/q/a', '"a"');
    await client.push('/q/b', '"b"');
    await client.ask('POST /control/a', { body: '{"status":"stop"}' });
    expect(await client.ask('GET /q/a,b')).toMatchObject({ text: '"b"' });
    expectError(await client.ask('GET /q/a,b'), 404, 'no job');
    await client.ask('POST /control/b', { body: '{"status":"stop"}' });
    expectError(await client.ask('GET /q/a,b'), 404, 'queue is closed');
  });

  it.each(['a,', ',a', 'a,,b', 'a,b c'])('GET /q/%s is 400', async (names) => {
    expectError(await client.ask(`GET /q/${encodeURIComponent(names)}`), 400, 'queue name is invalid');
  });

  it('names at most 100 queues', async () => {
    const names = Array.from({ length: 101 }, (_, index) => `q${index}`);
    expectError(await client.ask(`GET /q/${names}`), 400, 'at most 100 queues may be named');
    expectError(await client.ask(`GET /q/${names.slice(1)}`), 404, 'no job');
  });

  it('a client that leaves while it waits takes nothing with it', async () => {
    const sockets = Array.from({ length: 50 }, () => connect(client.port, '127.0.0.1'));
    for (const socket of sockets) socket.write('GET /q/foo?wait=60s HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await client.ask('GET /livez');
    const stays = client.ask('GET /q/foo?wait=20s');
    await client.ask('GET /livez');
    for (const socket of sockets) socket.destroy();
    await client.push('/q/foo', '1');
    expect(await stays).toMatchObject({ status: 200, text: '1' });
    await client.push('/q/foo', '2');
    expect(await client.drain('foo')).toEqual(['2']);
  });

  it('2,000 waiting clients get 2,000 jobs, each one', async () => {
    const count = 2_000;
    const waiting = Array.from({ length: count }, () => client.ask('GET /q/foo?wait=60s'));
    await client.ask('GET /livez');
    const jobs = Array.from({ length: count }, (_, index) => index);
    await client.send('POST /qb/foo', JSON.stringify({ jobs }));
    const got = (await Promise.all(waiting)).map((reply) => Number(reply.text));
    expect(got.toSorted((a, b) => a - b)).toEqual(jobs);
  });
});
