/** `Prefer` at a push: the job in the answer, its result in the answer, how far the write must come. */

import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { expectError, stores, useServer } from '../support/http.js';

describe.each(stores)('preferences on %s', (store) => {
  const client = useServer(store);
  const durability = store === 'memory:' ? 'memory' : 'fsync';
  const push = (Prefer: string, job = '1', query = '') => client.send(`POST /q/foo${query}`, job, { Prefer });

  it.each(['return=representation', 'return="representation"', 'foo, return=representation;x=1'])(
    '%s answers with the job',
    async (prefer) => {
      const text = '{"n":12345678901234567890, "a":1,"a":2}';
      const reply = await push(prefer, text, '?delay=1h&tag=x');
      expect(reply.status).toBe(201);
      expect(reply.headers).toMatchObject({
        'content-type': 'application/json',
        location: `/j/foo/${reply.headers['presque-job']}`,
        'presque-durability': durability,
      });
      expect(reply.text).toBe((await client.ask(`GET ${reply.headers.location}`)).text);
      expect(reply.text).toContain(`"job":${text}`);
      expect(JSON.parse(reply.text)).toMatchObject({ state: 'delayed', tags: ['x'], attempt: 0 });
    },
  );

  it('return=representation shows the job that it was, though somebody waits for it', async () => {
    const waiting = client.ask('GET /q/foo?wait=20s');
    await client.ask('GET /livez');
    const reply = await push('return=representation');
    expect(reply.status).toBe(201);
    expect(JSON.parse(reply.text)).toMatchObject({ queue: 'foo', state: 'ready', job: 1 });
    expect((await waiting).text).toBe('1');
  });

  it('return=minimal answers as without', async () => {
    expect(await push('return=minimal')).toMatchObject({ status: 201, text: '' });
  });

  it.each([
    ['{"n":12345678901234567890, "x":1,"x":2}', '{"n":12345678901234567890, "x":1,"x":2}'],
    ['"é"', '"é"'],
    [undefined, 'null'],
  ])('wait answers with the result %s as it is: %s', async (result, text) => {
    const waiting = push('wait=20', '{"q":1}');
    const leased = await client.lease('foo', 'lease=60s&wait=20s');
    expect(leased.reply.text).toBe('{"q":1}');
    await client.settle(leased, 'done', result);
    const reply = await waiting;
    expect([reply.status, reply.text]).toEqual([200, text]);
    expect(reply.headers).toMatchObject({
      'content-type': 'application/json',
      location: leased.at,
      'presque-job': leased.id,
      'presque-durability': durability,
    });
  });

  it('wait answers null for a job that was taken for good', async () => {
    const waiting = push('wait=20');
    expect((await client.ask('GET /q/foo?wait=20s')).text).toBe('1');
    expect(await waiting).toMatchObject({ status: 200, text: 'null' });
  });

  it('wait answers 424 with the error of a job that died', async () => {
    const failing = push('wait=20');
    const leased = await client.lease('foo', 'lease=60s&wait=20s');
    await client.settle(leased, 'fail', { error: 'no route to host', dead: true });
    const failed = await failing;
    expectError(failed, 424, 'no route to host');
    expect(failed.headers).toMatchObject({ location: leased.at, 'presque-job': leased.id });
    const dropping = push('wait=20');
    const [job] = await expect
      .poll(() => client.read('GET /j/foo?state=ready'))
      .toHaveLength(1)
      .then(() => client.read('GET /j/foo?state=ready') as Promise<{ id: string }[]>);
    await client.ask(`POST /j/foo/${job?.id}/cancel`);
    expectError(await dropping, 424, 'job is dead: cancelled');
  });

  it('wait survives a failure that is tried again', async () => {
    const waiting = push('wait=20');
    await client.settle(await client.lease('foo', 'lease=60s&wait=20s'), 'fail', { delay: 0, error: 'once' });
    await client.settle(await client.lease('foo', 'lease=60s&wait=20s'), 'done', '2');
    expect(await waiting).toMatchObject({ status: 200, text: '2' });
  });

  it('wait answers 202 when the time is over, and the job goes on', async () => {
    const reply = await push('wait="0.1"');
    expect([reply.status, reply.text, reply.headers['content-length']]).toEqual([202, '', '0']);
    expect(reply.headers.location).toBe(`/j/foo/${reply.headers['presque-job']}`);
    await client.settle(await client.lease('foo'), 'done', '7');
    expect(await client.job(String(reply.headers.location))).toMatchObject({ state: 'done', result: 7 });
  });

  it('wait keeps the job for a while, unless it says otherwise', async () => {
    const reply = await push('wait=0.05');
    await client.drain('foo');
    expect(await client.job(String(reply.headers.location))).toMatchObject({ state: 'done' });
    const unkept = await push('wait=0.05', '1', '?keep=0');
    await client.drain('foo');
    expectError(await client.ask(`GET ${unkept.headers.location}`), 404, 'no such job');
  });

  it('wait under an idempotency key answers a repeat with the result of the first', async () => {
    const headers = { Prefer: 'wait=20', 'Idempotency-Key': 'k' };
    const first = client.send('POST /q/foo', '1', headers);
    const again = client.send('POST /q/foo', '1', headers);
    await client.settle(await client.lease('foo', 'lease=60s&wait=20s'), 'done', '42');
    expect((await Promise.all([first, again])).map(({ text }) => text)).toEqual(['42', '42']);
    const late = await client.send('POST /q/foo', '1', headers);
    expect(late).toMatchObject({ status: 200, text: '42', headers: { 'idempotency-replayed': 'true' } });
  });

  it('wait that is left leaves the job', async () => {
    const socket = connect(client.port, '127.0.0.1');
    const head = 'POST /q/foo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
    socket.write(`${head}Prefer: wait=20\r\nContent-Length: 1\r\n\r\n5`);
    await expect.poll(() => client.read('GET /j/foo')).toMatchObject({ job_count: 1 });
    socket.destroy();
    await client.ask('GET /livez');
    expect(await client.drain('foo')).toEqual(['5']);
  });

  it.each(['durability=memory', 'durability="memory"', 'durability=aof-everysec', 'durability=fsync'])(
    '%s is met, or the job is refused',
    async (prefer) => {
      const met = prefer.includes('memory') || durability === 'fsync';
      for (const line of ['POST /q/foo', 'PUT /q/foo', 'POST /qb/foo']) {
        const reply = await client.send(line, '{"jobs":[1]}', { Prefer: prefer });
        if (met) expect([reply.status, reply.headers['presque-durability']]).toEqual([201, durability]);
        else expectError(reply, 503, /^durability .* can not be met/);
      }
      expect(await client.read('GET /j/foo')).toMatchObject({ job_count: met ? 3 : 0 });
    },
  );

  it.each(['durability="replicated=1"', 'durability=replicated=1', 'durability="replicated=3"'])(
    '%s is not met, and there is no job',
    async (prefer) => {
      expectError(await push(prefer), 503, /^durability replicated=\d can not be met/);
      expect(await client.read('GET /status/')).toEqual({ queues: [], size: 0 });
    },
  );

  it.each([
    ['wait=61', 'wait must be a duration of at most 60s, such as 20s'],
    ['wait=x', 'wait must be a duration of at most 60s, such as 20s'],
    ['return=everything', 'return must be representation or minimal'],
    ['durability=tape', /^durability must be fsync, memory/],
    ['durability="replicated=0"', /^durability must be fsync, memory/],
  ])('Prefer: %s is 400, and there is no job', async (prefer, says) => {
    expectError(await push(prefer), 400, says);
    expect(await client.read('GET /status/')).toEqual({ queues: [], size: 0 });
  });

  it('a preference that is not known is no error (RFC 7240)', async () => {
    expect((await push('handling=lenient, respond-async')).status).toBe(201);
  });
});
