/** The worker, over HTTP and in the process: the same tests. */

import { describe, expect, test } from 'vitest';
import { Dead, type JobContext, Snooze, type Stopped, type Worker } from '../../dist/client/client.js';
import { gate, soon, ways, withServer } from './set-up.js';

describe.each(ways)('a worker %s', (way) => {
  const under = withServer(way);
  const push = (...jobs: unknown[]) => under.presque.pushMany('foo', jobs);

  /** Everything that it tells, in its order. */
  function told(worker: Worker) {
    const events: unknown[][] = [];
    for (const name of ['started', 'done', 'failed', 'released', 'lost', 'error'] as const) {
      worker.on(name, (...args: unknown[]) => void events.push([name, ...args]));
    }
    return events;
  }

  const states = async (queue = 'foo') => {
    const { ready, delayed, leased, done, dead } = await under.presque.status(queue);
    return { ready, delayed, leased, done, dead };
  };

  const untilAborted = (signal: AbortSignal) =>
    new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });

  test('what the handler gives is the result, what it throws the failure', async () => {
    const { presque } = under;
    await push({ n: 1 }, { n: 2 });
    await presque.setPolicy('foo', { backoff: '1h' });
    const worker = presque.work(
      'foo',
      (job) => {
        const { n } = job as { n: number };
        if (n === 2) throw new TypeError('no twos');
        return { twice: 2 * n };
      },
      { drain: true },
    );
    const events = told(worker);
    expect(await worker.ended).toEqual({ taken: 2, done: 1, failed: 1, released: 0, lost: 0 });
    expect(events).toEqual([
      ['started', { queue: 'foo', id: '1', attempt: 1 }],
      ['done', { queue: 'foo', id: '1', attempt: 1 }, { twice: 2 }],
      ['started', { queue: 'foo', id: '2', attempt: 1 }],
      [
        'failed',
        { queue: 'foo', id: '2', attempt: 1 },
        expect.any(TypeError),
        expect.objectContaining({ state: 'delayed' }),
      ],
    ]);
    expect(await presque.result('foo', '1')).toEqual({ twice: 2 });
    const failed = await presque.job('foo', '2');
    expect(failed.attempts[0]).toMatchObject({
      outcome: 'failed',
      error: expect.stringContaining('no twos'),
    });
  });

  test('Dead is not tried again, Snooze spends no attempt', async () => {
    const { presque } = under;
    await push('dead', 'snooze');
    const worker = presque.work(
      'foo',
      (job) => {
        throw job === 'dead' ? new Dead('never') : new Snooze('1h');
      },
      { drain: true },
    );
    expect(await worker.ended).toMatchObject({ failed: 1, released: 1 });
    expect(await presque.job('foo', '1')).toMatchObject({ state: 'dead', reason: 'failed', failures: 1 });
    const snoozed = await presque.job('foo', '2');
    expect(snoozed).toMatchObject({ state: 'delayed', failures: 0, crashes: 0 });
    expect(snoozed.run_at - Date.now() / 1000).toBeGreaterThan(3_500);
  });

  test('a Snooze that is no duration is a failure', async () => {
    const { presque } = under;
    await push('x');
    const worker = presque.work(
      'foo',
      () => {
        throw new Snooze('soon');
      },
      { drain: true },
    );
    expect(await worker.ended).toMatchObject({ failed: 1 });
    expect((await presque.job('foo', '1')).attempts[0]?.error).toContain(
      "delay must be a duration such as '30s'",
    );
  });

  test('handles as many at once as it may', async () => {
    const { presque } = under;
    await push(...Array.from({ length: 40 }, (_, n) => n));
    let most = 0;
    let now = 0;
    const worker = presque.work(
      'foo',
      async () => {
        most = Math.max(most, ++now);
        await new Promise((resolve) => setTimeout(resolve, 5));
        now--;
      },
      { concurrency: 7, drain: true },
    );
    await worker.ended;
    expect(most).toBe(7);
    expect(await states()).toMatchObject({ ready: 0, leased: 0, done: 40 });
  });

  test('takes what comes while it waits, from all its queues, the first first', async () => {
    const { presque } = under;
    await presque.push('low', 'l');
    await presque.push('high', 'h');
    const seen: unknown[] = [];
    const worker = presque.work(['high', 'low', 'later'], (job) => void seen.push(job));
    await soon(() => seen.length === 2);
    await presque.push('later', 'x');
    await soon(() => seen.length === 3);
    await worker.stop();
    expect(seen).toEqual(['h', 'l', 'x']);
  });

  test('extends a lease by itself as long as the handler is at work', async () => {
    const { presque } = under;
    await push('long');
    const worker = presque.work('foo', () => new Promise((resolve) => setTimeout(resolve, 2_500)), {
      lease: '1s',
      drain: true,
    });
    expect(await worker.ended).toMatchObject({ done: 1, lost: 0 });
    expect(await presque.job('foo', '1')).toMatchObject({ crashes: 0, attempt: 1 });
  });

  test('shows progress and the latest line of a log', async () => {
    const { presque } = under;
    await push('x');
    const end = gate();
    const worker = presque.work('foo', async (_job, { progress, log }) => {
      progress(0.25, 'a quarter');
      log('going on');
      await end.opened;
    });
    await soon(async () => (await presque.job('foo', '1')).note === 'going on');
    expect(await presque.job('foo', '1')).toMatchObject({ progress: 0.25, note: 'going on' });
    end.open();
    await worker.stop();
  });

  test('a job that is cancelled has its signal aborted within 2 s, and is dead', async () => {
    const { presque } = under;
    await push('x');
    let reason: Stopped | undefined;
    const worker = presque.work('foo', async (_job, { signal }) => {
      await untilAborted(signal).catch((error) => {
        reason = error;
        throw error;
      });
    });
    await soon(() => worker.running === 1);
    await presque.cancel('foo', '1');
    await soon(() => reason, 2_000);
    expect(reason).toMatchObject({ code: 'cancelled' });
    await soon(async () => (await presque.job('foo', '1')).state === 'dead');
    expect(await presque.job('foo', '1')).toMatchObject({ reason: 'cancelled' });
    await worker.stop();
  });

  test('a cancelled job whose handler ends well all the same is done', async () => {
    const { presque } = under;
    await push('x');
    const worker = presque.work('foo', (_job, { signal }) => untilAborted(signal).catch(() => 'just done'));
    await soon(() => worker.running === 1);
    await presque.cancel('foo', '1');
    expect(await presque.result('foo', '1')).toBe('just done');
    await worker.stop();
  });

  test('a job that is taken away has its signal aborted, and is not settled', async () => {
    const { presque } = under;
    await push('x');
    let reason: Stopped | undefined;
    const worker = presque.work('foo', async (_job, { signal }) => {
      await untilAborted(signal).catch((error) => {
        reason = error;
      });
    });
    const events = told(worker);
    await soon(() => worker.running === 1);
    await presque.remove('foo', '1');
    await soon(() => reason, 3_000);
    expect(reason).toMatchObject({ code: 'lost' });
    await worker.stop();
    expect(events.map(([name]) => name)).toEqual(['started', 'lost']);
  });

  test('a handler that takes too long has its signal aborted, and its job failed', async () => {
    const { presque } = under;
    await push('x');
    const worker = presque.work('foo', (_job, { signal }) => untilAborted(signal), {
      timeout: '100ms',
      maxJobs: 1,
    });
    expect(await worker.ended).toMatchObject({ failed: 1 });
    expect((await presque.job('foo', '1')).attempts[0]).toMatchObject({
      outcome: 'failed',
      error: 'timed out after 0.1 s',
    });
  });

  test('stop waits for the handlers, and takes nothing more', async () => {
    const { presque } = under;
    await push(1, 2, 3);
    const end = gate();
    const worker = presque.work('foo', () => end.opened, { concurrency: 2 });
    await soon(() => worker.running === 2);
    const stopped = worker.stop();
    end.open();
    await stopped;
    expect(await states()).toEqual({ ready: 1, delayed: 0, leased: 0, done: 2, dead: 0 });
    expect(await presque.status('foo')).toMatchObject({ workers: 0 });
  });

  test('a stop leaves no timer that keeps the process', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const worker = under.presque.work('foo', () => {}, { grace: '1h' });
    await soon(async () => (await under.presque.status('foo')).workers === 1);
    await worker.stop();
    await soon(() => timers() <= before, 5_000);
  });

  test('stop aborts what is not over after its grace, and gives it back, no attempt spent', async () => {
    const { presque } = under;
    await push(1);
    const worker = presque.work('foo', (_job, { signal }) => untilAborted(signal), { grace: '50ms' });
    const events = told(worker);
    await soon(() => worker.running === 1);
    await worker.stop();
    expect(events.map(([name]) => name)).toEqual(['started', 'released']);
    expect(await presque.job('foo', '1')).toMatchObject({ state: 'ready', failures: 0, crashes: 0 });
  });

  test('a job that its handler says is dead while it is stopped is dead', async () => {
    const { presque } = under;
    await push(1);
    const handler = (_job: unknown, { signal }: JobContext) =>
      untilAborted(signal).catch(() => {
        throw new Dead('never');
      });
    const worker = presque.work('foo', handler, { grace: 0 });
    await soon(() => worker.running === 1);
    await worker.stop();
    expect(await presque.job('foo', '1')).toMatchObject({
      state: 'dead',
      attempts: [{ error: expect.stringContaining('never') }],
    });
  });

  test('stops by a signal, also before it has begun', async () => {
    const { presque } = under;
    const controller = new AbortController();
    const worker = presque.work('foo', () => {}, { signal: controller.signal });
    controller.abort();
    expect(await worker.ended).toMatchObject({ taken: 0 });
    const second = presque.work('foo', () => {}, { signal: controller.signal });
    expect(await second.ended).toMatchObject({ taken: 0 });
  });

  test('drains at once when there is nothing, and leaves what is delayed', async () => {
    const { presque } = under;
    expect(await presque.work('foo', () => {}, { drain: true }).ended).toMatchObject({ taken: 0 });
    await presque.push('foo', 1, { delay: '1h' });
    expect(await presque.work('foo', () => {}, { drain: true }).ended).toMatchObject({ taken: 0 });
  });

  test('a drain waits for what others have', async () => {
    const { presque } = under;
    await push(1);
    const lease = await presque.lease('foo');
    const worker = presque.work('foo', () => {}, { drain: true });
    let isOver = false;
    worker.ended.then(() => {
      isOver = true;
    });
    await soon(async () => (await presque.status('foo')).workers === 1);
    expect(isOver).toBe(false);
    await lease?.release();
    expect(await worker.ended).toMatchObject({ done: 1 });
  });

  test('once takes one, or none', async () => {
    const { presque } = under;
    expect(await presque.work('foo', () => {}, { once: true }).ended).toMatchObject({ taken: 0 });
    await push(1, 2);
    expect(await presque.work('foo', () => {}, { once: true }).ended).toMatchObject({ taken: 1, done: 1 });
    expect(await presque.work('foo', () => {}, { maxJobs: 1 }).ended).toMatchObject({ taken: 1, done: 1 });
  });

  test('is registered and has its jobs under its name while it works', async () => {
    const { presque } = under;
    await push('x');
    const end = gate();
    const worker = presque.work('foo', () => end.opened, { name: 'w1' });
    await soon(() => worker.running === 1);
    expect(await presque.worker('w1')).toMatchObject({ queues: ['foo'], doing: [{ queue: 'foo', id: '1' }] });
    expect(await presque.job('foo', '1')).toMatchObject({ worker: 'w1' });
    end.open();
    await worker.stop();
  });

  test('a result that can not be taken in is a failure that says why', async () => {
    const { presque } = under;
    await push('large', 'circular', 'fine');
    const circle: { self?: unknown } = {};
    circle.self = circle;
    const worker = presque.work(
      'foo',
      (job) => (job === 'large' ? 'x'.repeat(1_100_000) : job === 'circular' ? circle : 'ok'),
      { concurrency: 3, drain: true },
    );
    expect(await worker.ended).toMatchObject({ done: 1, failed: 2 });
    const failure = async (id: string) => (await presque.job('foo', id)).attempts[0]?.error;
    expect(await failure('1')).toBe('result was refused: result is larger than 1048576 bytes');
    expect(await failure('2')).toMatch(/circular/);
  });

  test('listeners that throw, or are not there, stop nothing', async () => {
    const { presque } = under;
    await push(1, 2);
    const errors: unknown[] = [];
    const worker = presque.work('foo', () => {}, { drain: true });
    worker.on('started', () => {
      throw new Error('listener');
    });
    worker.on('error', (error) => {
      errors.push(error);
      throw error;
    });
    expect(await worker.ended).toMatchObject({ done: 2 });
    expect(errors).toHaveLength(2);
  });

  test('listeners that reject stop nothing', async () => {
    const { presque } = under;
    await push(1);
    const errors: unknown[] = [];
    const worker = presque.work('foo', () => {}, { drain: true });
    worker.on('done', async () => {
      throw new Error('listener');
    });
    worker.on('error', (error) => {
      errors.push(error);
      return Promise.reject(error);
    });
    expect(await worker.ended).toMatchObject({ done: 1 });
    await soon(() => errors.length === 1);
  });

  test('a stopped queue is waited for', async () => {
    const { presque } = under;
    await push(1);
    await presque.stop('foo');
    const worker = presque.work('foo', () => 'ok');
    await soon(async () => (await presque.status('foo')).workers === 1);
    await presque.start('foo');
    expect(await presque.result('foo', '1')).toBe('ok');
    await worker.stop();
  });

  test('what can not be an option is told by its name', () => {
    const work = (options: object, queues: string | string[] = 'foo') =>
      under.presque.work(queues, () => {}, options);
    expect(() => work({ concurrency: 0 })).toThrow('concurrency must be a whole number from 1 to 1000: 0');
    expect(() => work({ lease: 'soon' })).toThrow("lease must be a duration such as '30s'");
    expect(() => work({ lease: '13h' })).toThrow('lease must be from 1s to 12h: 13h');
    expect(() => work({ maxJobs: 0 })).toThrow('maxJobs must be a whole number');
    expect(() => work({}, [])).toThrow('queues must name at least one');
  });

  test('with texts a job keeps its bytes', async () => {
    const presque = under.connect({ json: 'text' });
    const text = '{"n":12345678901234567890, "a":1.0}';
    await presque.push('foo', text);
    const seen: unknown[] = [];
    const handler = (job: unknown, { attempt }: JobContext) => {
      seen.push(job, attempt);
      return job;
    };
    await presque.work('foo', handler, { drain: true }).ended;
    expect(seen).toEqual([text, 1]);
    expect((await presque.job('foo', '1')).result).toBe(text);
  });
});
