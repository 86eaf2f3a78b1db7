/** `delay=` and `priority=` on pushes, retries and batches. */

import { describe, expect, it } from 'vitest';
import { expectError, stores, useServer } from '../support/http.js';

describe.each(stores)('pushing on %s', (store) => {
  const client = useServer(store);

  it('a job of a higher priority is taken first, whichever way it came', async () => {
    await client.push('/q/foo', '"plain"');
    await client.push('/q/foo?priority=0', '"idle"');
    await client.send('PUT /q/foo?priority=8', '"again"');
    await client.send('POST /qb/foo?priority=9', '{"jobs":["first","second"]}');
    await client.push('/q/foo?priority=5', '"plain too"');
    const shown = (await client.read('GET /status/foo?with_desc=1')) as { jobs: string[] };
    const order = ['"first"', '"second"', '"again"', '"plain"', '"plain too"', '"idle"'];
    expect(shown.jobs).toEqual(order);
    expect(await client.drain('foo')).toEqual(order);
  });

  it.each(['10', '-1', '1.5', 'high', ''])('priority=%s is 400', async (priority) => {
    const reply = await client.send(`POST /q/foo?priority=${priority}`, '1');
    expectError(reply, 400, 'priority must be a whole number from 0 to 9');
  });

  it.each(['POST /q/foo', 'PUT /q/foo', 'POST /qb/foo'])('%s?delay= gives no job before', async (line) => {
    const body = line.includes('/qb/') ? '{"jobs":[1]}' : '1';
    const begun = Date.now();
    expect((await client.send(`${line}?delay=300ms`, body)).status).toBe(201);
    expectError(await client.ask('GET /q/foo'), 404, 'no job');
    expect(await client.ask('GET /q/foo?wait=10s')).toMatchObject({ status: 200, text: '1' });
    expect(Date.now() - begun).toBeGreaterThanOrEqual(300);
    expect(Date.now() - begun).toBeLessThan(2_000);
  });

  it('delay=0 is now', async () => {
    await client.push('/q/foo?delay=0', '1');
    expect(await client.drain('foo')).toEqual(['1']);
  });

  it.each(['3651d', 'soon', '-5'])('delay=%s is 400 and says the bound', async (delay) => {
    const reply = await client.send(`POST /q/foo?delay=${delay}`, '1');
    expectError(reply, 400, 'delay must be a duration of at most 3650d, such as 5m');
  });

  it('delay and delayed together are 400, and nothing is pushed', async () => {
    const reply = await client.send('POST /q/foo?delay=1m&delayed=1', '1');
    expectError(reply, 400, 'delayed and delay both say when');
    expect(await client.read('GET /status/')).toEqual({ queues: [], size: 0 });
  });
});
