/** What programs and handlers do that they should not: it costs no job. Over HTTP and in the process, the same tests. */

import { describe, expect, onTestFinished, test } from 'vitest';
import { connect, type JobContext } from '../../dist/client/client.js';
import { createServer } from '../../dist/index.js';
import { soon, ways, withServer } from './set-up.js';

describe.each(ways)('a client %s', (way) => {
  const under = withServer(way);

  test('without a lease nothing is leased, and no job is gone', async () => {
    const { presque } = under;
    await presque.push('foo', 1);
    await expect(Promise.resolve(presque.lease('foo', { lease: 0 }))).rejects.toThrow(
      'lease must be longer than that: 0',
    );
    expect(() => presque.work('foo', () => {}, { lease: '0s' })).toThrow(
      'lease must be longer than that: 0s',
    );
    expect(await presque.status('foo')).toMatchObject({ ready: 1 });
  });

  test.each([
    ['what has no text', Object.create(null), 'an error that can not be written as text'],
    ['an error with an odd stack', Object.assign(new Error('odd'), { stack: {} }), 'Error: odd'],
    ['very much', 'x'.repeat(17 * 1024 * 1024), 'x'.repeat(64 * 1024)],
  ])('a handler that throws %s fails its job', async (_, thrown, error) => {
    const { presque } = under;
    await presque.push('foo', 1);
    const throws = () => {
      throw thrown;
    };
    expect(await presque.work('foo', throws, { maxJobs: 1 }).ended).toMatchObject({ failed: 1, lost: 0 });
    expect((await presque.job('foo', '1')).attempts[0]).toMatchObject({ outcome: 'failed', error });
  });

  test('a lease is failed with any error', async () => {
    const { presque } = under;
    await presque.push('foo', 1);
    const lease = await presque.lease('foo');
    expect(await lease?.fail('x'.repeat(2_000_000))).toMatchObject({ state: 'delayed' });
    expect((await presque.job('foo', '1')).attempts[0]?.error).toBe('x'.repeat(64 * 1024));
  });

  test('progress that is no number costs no lease', async () => {
    const { presque } = under;
    await presque.push('foo', 1);
    const handler = async (_job: unknown, { progress, log }: JobContext) => {
      for (let turn = 0; turn < 10; turn++) {
        progress(0 / 0);
        log(turn as unknown as string);
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    };
    const worker = presque.work('foo', handler, { lease: '1s', maxJobs: 1 });
    const errors: unknown[] = [];
    worker.on('error', (error) => errors.push(error));
    await soon(async () => /^\d$/.test((await presque.job('foo', '1')).note ?? ''));
    expect(await worker.ended).toMatchObject({ done: 1, lost: 0 });
    expect(errors).toEqual([]);
  });

  test('from what comes slowly nothing more is taken once a push was refused', async () => {
    const { presque } = under;
    let taken = 0;
    async function* slowly() {
      for (; taken < 50; taken++) {
        yield taken;
        await new Promise((resolve) => setTimeout(resolve, 70));
      }
    }
    await expect(presque.pushMany('foo', slowly(), { priority: 10 })).rejects.toMatchObject({ status: 400 });
    expect(taken).toBeLessThan(10);
  });

  test('no queue, and no jobs', async () => {
    const { calls } = under.presque;
    await expect(calls.take({ queues: [] })).rejects.toMatchObject({ code: 'queue_missing', status: 404 });
    expect(await calls.pushMany({ queue: 'foo', jobs: [] })).toMatchObject({ durability: 'memory' });
  });
});

test('what is no settlement is told in the process', async () => {
  const server = await createServer({ store: 'memory:', port: 0 });
  onTestFinished(() => server.stop());
  const done = [null] as unknown as { id: string; lease: string }[];
  await expect(connect(server.api).calls.settleMany({ queue: 'foo', done })).rejects.toMatchObject({
    code: 'invalid',
    message: 'done[0]: must be an object',
  });
});
