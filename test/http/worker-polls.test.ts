/** `GET /w/?worker_id=&wait=`: a worker is told when one of its jobs is to stop, or lost its lease. */

import { describe, expect, it } from 'vitest';
import { expectError, stores, useServer } from '../support/http.js';

interface Worker {
  worker_id: string;
  doing: { queue: string; id: string; since: number; cancel?: true }[];
}

describe.each(stores)('a waiting worker on %s', (store) => {
  const client = useServer(store);
  const look = (query = '', name = 'w1') =>
    client.read(`GET /w/?worker_id=${name}${query}`) as Promise<Worker>;
  const register = (name = 'w1') => client.ask(`POST /w/foo?worker_id=${name}`);

  async function leaseAs(name: string, lease = '60s') {
    await client.push('/q/foo', '1');
    return client.lease('foo', `lease=${lease}&worker_id=${name}`);
  }

  it('is told of a cancel, with the job that is to stop', async () => {
    await register();
    const [first, second] = [await leaseAs('w1'), await leaseAs('w1')];
    const waiting = look('&wait=20s');
    await client.ask('GET /livez');
    await client.ask(`POST ${second.at}/cancel`);
    const { doing } = await waiting;
    expect(doing).toEqual([
      { queue: 'foo', id: first.id, since: expect.any(Number) },
      { queue: 'foo', id: second.id, since: expect.any(Number), cancel: true },
    ]);
    expect(await look('&wait=20s')).toMatchObject({ doing });
  });

  it('is told of a lease that is over, within a second', async () => {
    await register();
    const leased = await leaseAs('w1', '1s');
    const end = Number(leased.reply.headers['presque-expires']) * 1_000;
    expect((await look('&wait=20s')).doing).toEqual([]);
    expect(Date.now()).toBeGreaterThanOrEqual(end);
    expect(Date.now()).toBeLessThan(end + 1_500);
    expect(await client.job(leased.at)).toMatchObject({ state: 'ready', crashes: 1 });
  });

  it.each(['delete', 'purge'])('is told of a job that is gone, by %s', async (act) => {
    await register();
    const leased = await leaseAs('w1');
    const waiting = look('&wait=20s');
    await client.ask('GET /livez');
    await client.ask(act === 'delete' ? `DELETE ${leased.at}` : 'DELETE /q/foo');
    expect((await waiting).doing).toEqual([]);
  });

  it('is answered as it is when the time is over, and not by what others do', async () => {
    await register();
    await register('w2');
    const mine = await leaseAs('w1');
    const other = await leaseAs('w2');
    const waiting = look('&wait=300ms');
    const begun = performance.now();
    await client.ask(`POST ${other.at}/cancel`);
    await client.settle(other, 'fail');
    expect((await waiting).doing).toMatchObject([{ id: mine.id }]);
    expect(performance.now() - begun).toBeGreaterThan(200);
  });

  it('is one that is registered, and waits 60 s at most', async () => {
    expectError(await client.ask('GET /w/?worker_id=w1&wait=20s'), 404, 'no such worker');
    await register();
    const says = 'wait must be a duration of at most 60s, such as 20s';
    for (const wait of ['61s', 'x', ''])
      expectError(await client.ask(`GET /w/?worker_id=w1&wait=${wait}`), 400, says);
    expectError(await client.ask('GET /w/?queue_name=foo&wait=1s'), 400, /wait/);
  });

  it('may wait by Prefer', async () => {
    await register();
    const leased = await leaseAs('w1');
    const waiting = client.read('GET /w/?worker_id=w1', {
      headers: { Prefer: 'wait=20' },
    }) as Promise<Worker>;
    await client.ask('GET /livez');
    await client.ask(`POST ${leased.at}/cancel`);
    expect((await waiting).doing).toMatchObject([{ cancel: true }]);
  });
});
