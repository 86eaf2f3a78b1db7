/** `GET /j/:queue/:id/why`: a true sentence for every state, and fields that say the same. */

import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { expectError, stores, useServer } from '../support/http.js';

describe.each(stores)('why on %s', (store) => {
  const client = useServer(store);
  const why = (at: string | undefined) =>
    client.read(`GET ${at}/why`) as Promise<{ why: string; [field: string]: unknown }>;
  const push = async (options = '') => String((await client.push(`/q/foo?${options}`, '1')).headers.location);

  it('nobody asked', async () => {
    const at = await push();
    expect(await why(at)).toEqual({
      id: at.split('/').at(-1),
      queue: 'foo',
      state: 'ready',
      why: expect.stringMatching(/^it is next; no worker has asked since the server started [\d.]+ s ago$/),
      stopped: false,
      behind: 0,
    });
  });

  it('others are before it, and a worker asks', async () => {
    const low = await push('priority=1');
    await push();
    await push('priority=9');
    expect(await why(low)).toMatchObject({ why: expect.stringMatching(/^it is behind 2 jobs; /), behind: 2 });
    const before = Date.now() / 1_000;
    await client.lease('foo');
    const asked = await why(low);
    expect(asked).toMatchObject({ behind: 1 });
    expect(asked.why).toMatch(/^it is behind 1 job; a worker asked [\d.]+ s ago$/);
    expect(Number(asked.asked_at)).toBeGreaterThanOrEqual(Math.floor(before));
  });

  it('a poll that waits is a worker that asks, also of a list of queues', async () => {
    await client.ask('GET /q/bar,foo');
    expect((await why(await push())).why).toMatch(/a worker asked/);
  });

  it('the queue is stopped', async () => {
    const at = await push();
    await client.control('foo', { status: 'stop' });
    expect(await why(at)).toMatchObject({ why: 'the queue is stopped', stopped: true, state: 'ready' });
  });

  it('it is delayed, by the push and after a failure', async () => {
    const at = await push('delay=1h');
    const delayed = await why(at);
    expect(delayed).toMatchObject({ state: 'delayed', run_at: expect.any(Number), stopped: false });
    expect(delayed.why).toMatch(/^it is delayed, and ready in (59|60) min$/);
    await client.ask(`POST ${at}/retry`);
    await client.settle(await client.lease('foo'), 'fail', { delay: '3d' });
    expect((await why(at)).why).toMatch(/^it is delayed after 1 failure, and ready in (2|3) d$/);
    await client.control('foo', { status: 'stop' });
    expect(await why(at)).toMatchObject({
      stopped: true,
      why: expect.stringMatching(/the queue is stopped$/),
    });
  });

  it('it is leased', async () => {
    await push();
    const leased = await client.lease('foo', 'lease=60s&worker_id=w1');
    const { why: sentence, ...fields } = await why(leased.at);
    expect(sentence).toMatch(/^it is leased by w1, for another (59|60)(\.\d)? s$/);
    expect(fields).toEqual({
      id: leased.id,
      queue: 'foo',
      state: 'leased',
      worker: 'w1',
      expires_at: expect.any(Number),
    });
    await client.ask(`POST ${leased.at}/cancel`);
    expect((await why(leased.at)).why).toContain('which was asked to stop');
  });

  it('it is done', async () => {
    await push();
    const leased = await client.lease('foo', 'lease=60s&worker_id=w1');
    await client.settle(leased, 'done');
    expect(await why(leased.at)).toEqual({
      id: leased.id,
      queue: 'foo',
      state: 'done',
      why: expect.stringMatching(/^it is done by w1, [\d.]+ s ago$/),
      worker: 'w1',
      ended_at: expect.any(Number),
    });
  });

  it('it is dead, for each reason', async () => {
    await client.control('foo', { max_crashes: 1 });
    const failed = await client.pushAndLease('foo');
    await client.settle(failed, 'fail', { dead: true, error: 'no route to host' });
    const cancelled = await push('delay=1h');
    await client.ask(`POST ${cancelled}/cancel`);
    const crashed = await client.pushAndLease('foo', '', 'lease=1s');
    const expired = await push('ttl=1ms');
    await setTimeout(1_010);
    expect(await why(failed.at)).toMatchObject({ state: 'dead', reason: 'failed' });
    expect((await why(failed.at)).why).toMatch(/^it is dead since .* s: it failed 1 time.*no route to host$/);
    expect(await why(cancelled)).toMatchObject({
      reason: 'cancelled',
      why: expect.stringMatching(/it was cancelled$/),
    });
    expect(await why(crashed.at)).toMatchObject({
      reason: 'crashed',
      why: expect.stringMatching(/1 lease of it ran out$/),
    });
    expect(await why(expired)).toMatchObject({
      reason: 'expired',
      why: expect.stringMatching(/longer than its ttl$/),
    });
  });

  it('is 404 for what is not there', async () => {
    await push();
    for (const at of ['/j/foo/999999', '/j/foo/x', '/j/never/1']) {
      expectError(await client.ask(`GET ${at}/why`), 404, 'no such job');
    }
    expectError(await client.ask('GET /j/..a%20/1/why'), 400, 'queue name is invalid');
  });
});
