/** `GET /j/:queue/:id`: the whole job, now or at its end. */

import { describe, expect, it } from 'vitest';
import { expectError, stores, useServer } from '../support/http.js';

const time = expect.any(Number);

describe.each(stores)('the record of a job on %s', (store) => {
  const client = useServer(store);
  const text = '{"n":12345678901234567890, "a":1,"a":2,"__proto__":3}';

  it('is exactly this, from push to done', async () => {
    const begun = Date.now() / 1_000;
    const { headers } = await client.push('/q/foo?priority=7&tag=x&tag=y%20z', text);
    const at = String(headers.location);
    const id = headers['presque-job'];
    const common = {
      id,
      queue: 'foo',
      priority: 7,
      tags: ['x', 'y z'],
      failures: 0,
      crashes: 0,
      created_at: time,
    };
    const pushed = await client.job(at);
    expect(pushed).toEqual({
      ...common,
      state: 'ready',
      attempt: 0,
      run_at: pushed.created_at,
      attempts: [],
      job: JSON.parse(text),
    });
    expect(Number(pushed.created_at)).toBeGreaterThanOrEqual(Math.floor(begun * 1_000) / 1_000);
    expect(Number(pushed.created_at)).toBeLessThanOrEqual(Date.now() / 1_000);
    const leased = await client.lease('foo', 'lease=60s&worker_id=w1');
    expect(await client.job(at)).toEqual({
      ...common,
      state: 'leased',
      attempt: 1,
      run_at: time,
      expires_at: time,
      worker: 'w1',
      attempts: [],
      job: JSON.parse(text),
    });
    await client.settle(leased, 'done', '{"y":1}');
    expect(await client.job(at)).toEqual({
      ...common,
      state: 'done',
      attempt: 1,
      run_at: time,
      attempts: [{ attempt: 1, worker: 'w1', started_at: time, ended_at: time, outcome: 'done' }],
      job: JSON.parse(text),
      result: { y: 1 },
    });
  });

  it('has the job and the result byte for byte, whatever they are', async () => {
    for (const bytes of [text, '1e400', '"\\u00e9 é"', '[ ]', 'null', '{"job":1,"result":2}']) {
      const { headers } = await client.push('/q/foo', bytes);
      const leased = await client.lease('foo');
      await client.settle(leased, 'done', bytes);
      const reply = await client.ask(`GET ${headers.location}`);
      expect(reply.headers['content-type']).toBe('application/json');
      expect(reply.text.endsWith(`,"job":${bytes},"result":${bytes}}`)).toBe(true);
    }
  });

  it('never shows the token of a lease', async () => {
    const leased = await client.pushAndLease('foo');
    expect((await client.ask(`GET ${leased.at}`)).text).not.toContain(leased.lease);
    await client.settle(leased, 'release');
    expect((await client.ask(`GET ${leased.at}`)).text).not.toContain(leased.lease);
    expect((await client.ask('GET /j/foo?state=ready')).text).not.toContain(leased.lease);
  });

  it('says when a delayed job is ready', async () => {
    const second = Math.floor(Date.now() / 1_000) + 1_000;
    const { headers } = await client.push(`/q/foo?delayed=${second}`, '1');
    expect(await client.job(String(headers.location))).toMatchObject({
      state: 'delayed',
      run_at: second,
      attempt: 0,
    });
  });

  it('is none of a job that was taken for good, unless it was to be kept', async () => {
    const gone = await client.push('/q/foo', '1');
    const kept = await client.push('/q/foo?keep=1h', '2');
    expect(await client.drain('foo')).toEqual(['1', '2']);
    expectError(await client.ask(`GET ${gone.headers.location}`), 404, 'no such job');
    expect(await client.job(String(kept.headers.location))).toMatchObject({
      state: 'done',
      attempts: [{ attempt: 1, outcome: 'done' }],
      job: 2,
    });
    await client.control('foo', { keep_done: '1h' });
    const held = await client.push('/q/foo', '3');
    await client.drain('foo');
    expect(await client.job(String(held.headers.location))).toMatchObject({ state: 'done' });
  });

  it.each(['0', '01', '-1', '1.0', '1e3', 'x', '%31x', '999999999999999999999', 'a%2Fb', '..', '__proto__'])(
    'with the id %s is 404',
    async (id) => {
      await client.push('/q/foo', '1');
      expectError(await client.ask(`GET /j/foo/${id}`), 404, /no such job|no such route/);
    },
  );

  it('is of its queue alone, and of this queue of the name', async () => {
    const { headers } = await client.push('/q/foo', '1');
    await client.push('/q/bar', '1');
    expectError(await client.ask(`GET /j/bar/${headers['presque-job']}`), 404, 'no such job');
    await client.ask('DELETE /q/foo');
    expectError(await client.ask(`GET ${headers.location}`), 404, 'no such job');
    await client.push('/q/foo', '2');
    expectError(await client.ask(`GET ${headers.location}`), 404, 'no such job');
  });

  it.each(['done', 'fail', 'cancel', 'remove', 'purge'])('with wait comes at the end, by %s', async (end) => {
    const leased = await client.pushAndLease('foo');
    const waiting = client.ask(`GET ${leased.at}?wait=20s`);
    const preferring = client.ask(`GET ${leased.at}`, { headers: { Prefer: 'wait=20' } });
    await client.ask('GET /livez');
    await client.settle(leased, 'extend', { progress: 0.5 });
    if (end === 'done') await client.settle(leased, 'done', '42');
    if (end === 'fail') await client.settle(leased, 'fail', { dead: true });
    if (end === 'remove') await client.ask(`DELETE ${leased.at}`);
    if (end === 'purge') await client.ask('DELETE /q/foo');
    if (end === 'cancel') {
      await client.settle(leased, 'release');
      await client.ask(`POST ${leased.at}/cancel`);
    }
    for (const reply of [await waiting, await preferring]) {
      if (end === 'remove' || end === 'purge') expectError(reply, 404, 'no such job');
      else expect(JSON.parse(reply.text)).toMatchObject({ state: end === 'done' ? 'done' : 'dead' });
    }
  });

  it('with wait comes as it is when the time is over, and at once when it has ended', async () => {
    const leased = await client.pushAndLease('foo');
    expect(await client.job(leased.at, '?wait=100ms')).toMatchObject({ state: 'leased' });
    await client.settle(leased, 'done');
    expect(await client.job(leased.at, '?wait=60s')).toMatchObject({ state: 'done' });
    expectError(await client.ask('GET /j/foo/999999?wait=60s'), 404, 'no such job');
  });

  it.each(['61s', 'x', '-1', ''])('with wait=%s is 400 and says the bound', async (wait) => {
    const { headers } = await client.push('/q/foo', '1');
    const says = 'wait must be a duration of at most 60s, such as 20s';
    expectError(await client.ask(`GET ${headers.location}?wait=${wait}`), 400, says);
  });
});
