/** The client, over HTTP and in the process: the same tests. */

import { describe, expect, test } from 'vitest';
import { type Client, PresqueError } from '../../dist/client/client.js';
import { soon, ways, withServer } from './set-up.js';

async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of list) items.push(item);
  return items;
}

const errorOf = (promise: PromiseLike<unknown>): Promise<PresqueError> =>
  Promise.resolve(promise).then(
    () => {
      throw new Error('it did not reject');
    },
    (error) => error,
  );

describe.each(ways)('a client %s', (way) => {
  const under = withServer(way);

  test('pushes with everything that a push may have', async () => {
    const { presque } = under;
    const pushed = await presque.push(
      'foo',
      { a: [] },
      {
        delay: '1h',
        priority: 9,
        ttl: '2h',
        attempts: 3,
        backoff: ['1s', 60],
        keep: 30,
        tags: ['x', 'y z,é'],
        uniq: 'k+ &"\\é',
        uniqUntil: 'taken',
      },
    );
    expect(pushed).toEqual({ queue: 'foo', id: '1', durability: 'memory', replayed: false });
    const job = await presque.job('foo', '1');
    expect(job).toMatchObject({ state: 'delayed', priority: 9, tags: ['x', 'y z,é'], job: { a: [] } });
    expect(job.run_at - job.created_at).toBeCloseTo(3600, 1);
    expect(await errorOf(presque.push('foo', 1, { uniq: 'k+ &"\\é' }))).toMatchObject({
      code: 'job_exists',
      status: 400,
      message: 'job already exists',
      job: '1',
    });
    await presque.push('foo', 1, { delayed: new Date(Date.now() + 60_000) });
    expect((await presque.job('foo', '2')).state).toBe('delayed');
  });

  test('a key makes a push one push', async () => {
    const { presque } = under;
    const idempotencyKey = 'a "quoted" \\ key';
    const first = await presque.push('foo', 1, { idempotencyKey });
    const second = await presque.push('foo', 1, { idempotencyKey });
    expect([first.replayed, second.replayed, second.id]).toEqual([false, true, first.id]);
    expect(await errorOf(presque.push('foo', 2, { idempotencyKey }))).toMatchObject({
      code: 'key_reused',
      status: 422,
    });
  });

  test('demands a durability, and is told when it can not be', async () => {
    const error = await errorOf(under.presque.push('foo', 1, { durability: 'fsync' }));
    expect(error).toMatchObject({ code: 'not_durable', status: 503 });
    expect(await under.presque.status('foo')).toMatchObject({ size: 0 });
  });

  test('pushes many from arrays and from what comes by and by, in their order', async () => {
    const { presque } = under;
    expect(await presque.pushMany('foo', [1, 2])).toEqual({ count: 2 });
    const counts: number[] = [];
    async function* more() {
      for (let n = 3; n <= 2_502; n++) yield n;
    }
    const done = await presque.pushMany('foo', more(), {
      priority: 5,
      onProgress: (count) => counts.push(count),
    });
    expect(done).toEqual({ count: 2_500 });
    expect(counts.at(-1)).toBe(2_500);
    const jobs = (await all(presque.list('foo', 'ready'))).map(({ job }) => job);
    expect(jobs).toEqual(Array.from({ length: 2_502 }, (_, index) => index + 1));
  });

  test('what comes slowly is not held back', async () => {
    const { presque } = under;
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    async function* slowly() {
      yield 1;
      await ended;
      yield 2;
    }
    const pushing = presque.pushMany('foo', slowly());
    await soon(async () => (await presque.status('foo')).size === 1);
    end();
    expect(await pushing).toEqual({ count: 2 });
  });

  test('takes for good, or nothing', async () => {
    const { presque } = under;
    expect(await presque.take('foo')).toBeUndefined();
    await presque.push('foo', 'x');
    expect(await presque.take(['bar', 'foo'])).toEqual({ queue: 'foo', id: '1', job: 'x' });
    expect(await presque.status('foo')).toMatchObject({ size: 0, leased: 0 });
  });

  test('leases and settles, in each way', async () => {
    const { presque } = under;
    await presque.pushMany('foo', [1, 2, 3]);
    const first = await presque.lease('foo', { lease: '5s' });
    expect(first).toMatchObject({ queue: 'foo', id: '1', job: 1, attempt: 1, token: expect.any(String) });
    expect((first?.expiresAt ?? 0) - Date.now() / 1000).toBeCloseTo(5, 0);
    expect(await first?.extend({ for: '1m', progress: 0.5, note: 'half' })).toMatchObject({ cancel: false });
    await first?.done({ sum: 3 });
    expect(await presque.result('foo', '1')).toEqual({ sum: 3 });
    const second = await presque.lease('foo');
    expect(await second?.fail(new Error('no'), { delay: '1h' })).toMatchObject({ state: 'delayed' });
    const third = await presque.lease('foo');
    expect(await third?.release()).toEqual({ state: 'ready' });
    const again = await presque.lease('foo');
    expect(await again?.fail('never', { dead: true })).toEqual({ state: 'dead' });
    expect(await errorOf(again?.done() as Promise<void>)).toMatchObject({ code: 'lease_lost', status: 409 });
    expect(await errorOf(presque.result('foo', '3'))).toMatchObject({
      code: 'job_dead',
      message: 'never',
      job: '3',
    });
    expect(await presque.lease('foo')).toBeUndefined();
  });

  test('leases one after the other in a loop, and waits for more', async () => {
    const { presque } = under;
    const seen: unknown[] = [];
    const loop = (async () => {
      for await (const lease of presque.lease('foo')) {
        seen.push(lease.job);
        await lease.done();
        if (seen.length === 3) break;
      }
    })();
    await presque.pushMany('foo', [1, 2]);
    await soon(() => seen.length === 2);
    await presque.push('foo', 3);
    await loop;
    expect(seen).toEqual([1, 2, 3]);
  });

  test('a result is waited for', async () => {
    const { presque } = under;
    const { id } = await presque.push('foo', [1, 2]);
    expect(await errorOf(presque.result('foo', id, { wait: '50ms' }))).toMatchObject({
      code: 'not_ended',
      job: id,
    });
    const result = presque.result('foo', id);
    const lease = await presque.lease('foo');
    await lease?.done(3);
    expect(await result).toBe(3);
  });

  test('an abort ends the waiting, and what was on its way goes back', async () => {
    const { presque } = under;
    const controller = new AbortController();
    const waiting = errorOf(presque.lease('foo', { wait: '30s', signal: controller.signal }));
    controller.abort(new Error('enough'));
    expect(await waiting).toMatchObject({ message: 'enough' });
    expect(await errorOf(presque.push('foo', 1, { signal: controller.signal }))).toMatchObject({
      message: 'enough',
    });
    await presque.push('foo', 2);
    expect(await presque.take('foo', { wait: '1s' })).toMatchObject({ job: 2 });
  });

  test('lists, steers, tells why', async () => {
    const { presque } = under;
    await presque.pushMany('foo', ['apple', 'pear', 'apple pie']);
    expect(await all(presque.list('foo', 'ready', { contains: 'apple' }))).toHaveLength(2);
    expect(await all(presque.list('foo', 'ready', { limit: 2 }))).toHaveLength(2);
    expect(await presque.why('foo', '2')).toMatchObject({ state: 'ready', behind: 1 });
    expect(await presque.cancel('foo', '2')).toEqual({ state: 'dead' });
    expect(await presque.retry('foo', '2')).toEqual({ state: 'ready' });
    expect(await presque.bulk('foo', 'ready', 'delete', { contains: 'pie' })).toEqual({ matched: 1 });
    await presque.remove('foo', '1');
    expect(await errorOf(presque.job('foo', '1'))).toMatchObject({ code: 'job_unknown', status: 404 });
    expect(await presque.counters('foo')).toMatchObject({ job_count: 1 });
  });

  test('sets queues, and starts and stops them', async () => {
    const { presque } = under;
    await presque.setPolicy('foo', {
      lease: '1m',
      backoff: 'fixed 30s',
      keep_done: 60,
      max_size: 1,
      attempts: 7,
    });
    expect(await presque.policy('foo')).toMatchObject({
      lease: 60,
      backoff: [30],
      keep_done: 60,
      max_size: 1,
      attempts: 7,
    });
    await presque.setPolicy('foo', { max_size: null, attempts: null, backoff: null });
    expect(await presque.policy('foo')).toMatchObject({ backoff: 'exponential', attempts: 25 });
    await presque.stop('foo');
    await presque.push('foo', 1);
    expect(await errorOf(presque.take('foo'))).toMatchObject({ code: 'queue_closed' });
    await presque.start('foo');
    expect(await presque.take('foo')).toMatchObject({ job: 1 });
    await expect(presque.setPolicy('foo', { lease: '1m' }, { ifMatch: '"old"' })).rejects.toMatchObject({
      code: 'policy_changed',
      status: 412,
    });
    expect(await all(presque.queues())).toEqual(['foo']);
    await presque.purge('foo');
    expect(await all(presque.queues())).toEqual([]);
    await presque.ready();
  });

  test('goes through pages', async () => {
    const { presque } = under;
    await presque.calls.register({ queue: 'foo', worker: 'w1' });
    expect((await all(presque.workers())).map(({ worker_id }) => worker_id)).toEqual(['w1']);
    await presque.pushMany(
      'foo',
      Array.from({ length: 1_200 }, (_, n) => n),
    );
    expect(await all(presque.list('foo', 'ready', { limit: 1_100 }))).toHaveLength(1_100);
    expect(await all(presque.list('foo', 'ready'))).toHaveLength(1_200);
  });

  test('every route of the contract is there as it is', async () => {
    const { calls } = under.presque;
    expect(await calls.push({ queue: 'foo', job: '[1.0]', return: 'representation' })).toMatchObject({
      answer: 'represented',
      job: { job: '[1.0]', state: 'ready' },
    });
    await calls.push({ queue: 'foo', job: '2' });
    const taken = await calls.takeMany({ queues: ['foo'], batchSize: 2_000, leaseMs: 60_000 });
    if (taken.answer !== 'leased') throw new Error('not leased');
    expect(taken.jobs.map(({ job }) => job)).toEqual(['[1.0]', '2']);
    const [one, two] = taken.jobs.map(({ id, lease }) => ({ id, lease }));
    if (!one || !two) throw new Error('not two');
    const push = [{ queue: 'bar', job: '{"n":1}', delay: 5_000, tags: ['t'] }];
    expect(await calls.done({ queue: 'foo', ...one, result: '1', push })).toEqual({
      answer: 'pushed',
      pushed: [expect.stringMatching(/^\/j\/bar\//)],
    });
    expect(
      await calls.settleMany({
        queue: 'foo',
        done: [
          { ...two, result: '"r"' },
          { id: '9', lease: 'x' },
        ],
      }),
    ).toEqual({
      done: [
        { id: two.id, status: 204 },
        { id: '9', status: 404, error: 'no such job' },
      ],
    });
    expect(await calls.takeMany({ queues: ['bar'], leaseMs: 0 }).catch(({ code }) => code)).toBe('no_job');
    expect(await calls.control({ queue: 'foo' })).toMatchObject({ status: '1', etag: expect.any(String) });
    expect(await calls.live({})).toEqual({ status: 'live' });
  });

  test.each<[string, (presque: Client) => PromiseLike<unknown>, string]>([
    ['a queue', (presque) => presque.push('a b', 1), 'queue name is invalid'],
    ['a queue that a URL would swallow', (presque) => presque.purge('..'), 'queue name is invalid'],
    [
      'a priority',
      (presque) => presque.push('foo', 1, { priority: 10 }),
      'priority must be a whole number from 0 to 9',
    ],
    [
      'a wait',
      (presque) => presque.take('foo', { wait: '2m' }),
      'wait must be a duration of at most 60s, such as 20s',
    ],
    [
      'a lease',
      (presque) => presque.lease('foo', { lease: '13h' }),
      'lease must be 0 or a duration from 1s to 12h, such as 60s',
    ],
    [
      'a key',
      (presque) => presque.push('foo', 1, { idempotencyKey: 'ключ\n' }),
      'idempotency-key must be 1 to 255 printable ASCII characters, quoted or bare',
    ],
    [
      'a durability',
      (presque) => presque.push('foo', 1, { durability: 'ключ' }),
      'durability must be fsync, memory, aof-always, aof-everysec or replicated=N',
    ],
    [
      'a tag',
      (presque) => presque.push('foo', 1, { tags: ['\n'] }),
      'tag must be 1 to 128 bytes with no control characters, 20 times at most',
    ],
    [
      'a policy',
      (presque) => presque.setPolicy('foo', { attempts: 0 }),
      'attempts must be a whole number from 1 to 1000',
    ],
    [
      'a worker',
      (presque) => presque.worker('é'),
      'worker_id must be 1 to 128 printable ASCII characters, with no space at either end',
    ],
    [
      'a state',
      (presque) => all(presque.list('foo', 'odd' as 'dead')),
      'state must be ready, delayed, leased, done or dead',
    ],
  ])('%s that does not fit is told in the same words', async (_, ask, sentence) => {
    const error = await errorOf(ask(under.presque));
    expect(error).toBeInstanceOf(PresqueError);
    expect(error).toMatchObject({ status: 400, message: sentence });
  });

  test('what is no job is told before it is sent', async () => {
    const { presque } = under;
    await expect(presque.push('foo', undefined)).rejects.toThrow(TypeError);
    await expect(presque.push('foo', 1n)).rejects.toThrow(TypeError);
    await expect(presque.push('foo', 1, { delay: 'soon' })).rejects.toThrow(
      "delay must be a duration such as '30s'",
    );
    const texts = under.connect({ json: 'text' });
    await expect(texts.push('foo', 1)).rejects.toThrow(TypeError);
    expect(await errorOf(texts.push('foo', '{'))).toMatchObject({ code: 'job_invalid' });
  });

  test('with texts nothing is lost of a job or a result', async () => {
    const presque = under.connect({ json: 'text' });
    const text = '{"n":12345678901234567890,"n":-0, "x":1.0}';
    await presque.push('foo', text);
    expect((await all(presque.list('foo', 'ready')))[0]?.job).toBe(text);
    const lease = await presque.lease('foo');
    expect(lease?.job).toBe(text);
    await lease?.done('  [1e400]');
    expect(await presque.result('foo', '1')).toMatch(/^\s*\[1e400\]$/);
  });
});
