/** How jobs are put in: when they are to run, once per idempotency key, and what the one who pushes waits for. */

import { ApiError } from '../api/errors.js';
import type { Api, Call, Input, Output } from '../api/types.js';
import type { Once, Pushed } from '../store/calls.js';
import type { Shared } from './broker.js';
import type { Job, NewJob } from './job.js';
import { jobView, lastError } from './view.js';
import { jobKey } from './watching.js';

type Pushing = Pick<Api, 'push' | 'reinsert' | 'pushMany'>;

type Options = Pick<
  Input<'push'>,
  'delayed' | 'delay' | 'priority' | 'ttl' | 'attempts' | 'backoff' | 'keep' | 'tags' | 'uniq' | 'uniqUntil'
> & { readonly traceparent?: string | undefined };

/** A repeat within that time is told what came of the first one. */
const onceMs = 86_400_000;
/** A job that somebody waits for is kept so long unless it says otherwise. */
const awaitedKeepMs = 600_000;

/** Version `ff` and ids of zeros are not valid; versions after 00 may say more. */
const traceparentPattern =
  /^(?!ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}(?:(?<!^00.{53})-[!-~]{0,100})?$/;

export function createPushing({ store, clock, chance, waiters, watching, tending }: Shared): Pushing {
  /** Who waits is told of jobs that were put in. */
  function announce(queue: string, jobs: number, runAt: number | undefined) {
    tending.soon();
    if (runAt === undefined || runAt <= clock.now()) waiters.wake(queue, jobs);
    else waiters.wakeAt(queue, runAt);
  }

  function onceOf(key: string | undefined, content: unknown, now: number): Once | undefined {
    return key === undefined
      ? undefined
      : { key, print: chance.digest(JSON.stringify(content)), until: now + onceMs };
  }

  async function insert(
    input: Input<'push'> | Input<'reinsert'>,
    options: Options,
    more: { failure?: { worker?: string }; represent?: boolean } = {},
  ): Promise<{ id: number; replayed?: true; job?: Job }> {
    checkDurability(input.durability, store.durability);
    const { queue, job: body } = input;
    const now = clock.now();
    const job = newJob(body, options, now);
    const once = onceOf(input.once, { body, ...options, traceparent: undefined }, now);
    const pushed = pushedOf(
      queue,
      await store.push(now, { queue, jobs: [job], ...more, ...(once && { once }) }),
    );
    if (!pushed.replayed) announce(queue, 1, job.runAt);
    return {
      id: pushed.ids[0] as number,
      ...(pushed.replayed && { replayed: true }),
      ...(pushed.jobs?.[0] && { job: pushed.jobs[0] }),
    };
  }

  /** What came of the job, for the one who pushed it and waits. */
  async function outcome(queue: string, id: number, waitMs: number, call: Call): Promise<Job | undefined> {
    const look = async () => (await store.job(clock.now(), { queue, id }))?.job;
    const isOver = (job: Job | undefined) => !job || job.state === 'done' || job.state === 'dead';
    return watching.until(jobKey(queue, id), waitMs, call, look, isOver);
  }

  return {
    async push({ wait = 0, return: wanted, ...input }, call): Promise<Output<'push'>> {
      const { queue, job: _, once: __, durability: ___, ...given } = input;
      const represent = wanted === 'representation' && wait === 0;
      const options = wait > 0 ? { ...given, keep: given.keep ?? awaitedKeepMs } : given;
      const { id, replayed, job } = await insert(input, options, { represent });
      const answer = {
        id: String(id),
        durability: store.durability,
        ...(replayed && { replayed: 'true' as const }),
      };
      if (wait > 0) {
        const ended = await outcome(queue, id, wait, call);
        if (ended?.state === 'dead') throw deathOf(queue, ended);
        if (ended?.state === 'done') return { ...answer, answer: 'result', result: ended.result ?? 'null' };
        return { ...answer, answer: 'accepted' };
      }
      if (!represent) return { ...answer, answer: 'created' };
      const shown = job ?? (await store.job(clock.now(), { queue, id }))?.job;
      if (!shown) return { ...answer, answer: 'created' };
      return { ...answer, answer: 'represented', job: jobView(queue, shown) };
    },

    async reinsert({ worker, ...input }) {
      const { queue: _, job: __, once: ___, durability: ____, ...options } = input;
      const { id, replayed } = await insert(input, options, {
        failure: worker === undefined ? {} : { worker },
      });
      return { id: String(id), durability: store.durability, ...(replayed && { replayed: 'true' as const }) };
    },

    async pushMany({ queue, jobs, once: key, durability, ...options }) {
      checkDurability(durability, store.durability);
      const now = clock.now();
      const once = onceOf(key, { jobs, ...options, traceparent: undefined }, now);
      const answer = { durability: store.durability };
      if (jobs.length === 0) return answer;
      const news = jobs.map((body) => newJob(body, options, now));
      const pushed = pushedOf(queue, await store.push(now, { queue, jobs: news, ...(once && { once }) }));
      if (pushed.replayed) return { ...answer, replayed: 'true' };
      announce(queue, jobs.length, news[0]?.runAt);
      return answer;
    },
  };
}

/** A job as it was asked for. Throws an `ApiError` when two of its options contradict each other. */
export function newJob(body: string, options: Options, now: number): NewJob {
  const { delayed, delay, ttl: ttlMs, keep: keepMs, traceparent, ...rest } = options;
  if (delayed !== undefined && delay !== undefined) {
    throw new ApiError('invalid', { message: 'delayed and delay both say when' });
  }
  const runAt = delayed === undefined ? delay && now + delay : delayed * 1000;
  const trace = traceparent !== undefined && traceparentPattern.test(traceparent) ? traceparent : undefined;
  const given = { body, runAt, ttlMs, keepMs, traceparent: trace, ...rest };
  return withoutUndefined(given) as unknown as NewJob;
}

function withoutUndefined(values: object): object {
  const result: { [name: string]: unknown } = {};
  for (const [name, value] of Object.entries(values)) if (value !== undefined) result[name] = value;
  return result;
}

function pushedOf(queue: string, pushed: Pushed): Extract<Pushed, { ids: unknown }> {
  if ('ids' in pushed) return pushed;
  if ('differs' in pushed) throw new ApiError('key_reused');
  throw new ApiError('job_exists', { headers: ['Location', `/j/${queue}/${pushed.exists}`] });
}

/** From the weakest on; what is not here can't be met by a store in this process. */
const levels = [['memory'], ['aof-everysec'], ['fsync', 'aof-always']];
const levelOf = (name: string) => levels.findIndex((names) => names.includes(name));

function checkDurability(demanded: string | undefined, given: string) {
  if (demanded === undefined) return;
  const level = levelOf(demanded);
  if (level >= 0 && level <= levelOf(given)) return;
  throw new ApiError('not_durable', {
    message: `durability ${demanded} can not be met: this store has ${given}`,
  });
}

function deathOf(queue: string, job: Job): ApiError {
  const message = lastError(job) ?? `job is dead: ${job.details?.reason}`;
  return new ApiError('job_dead', {
    message,
    headers: ['Location', `/j/${queue}/${job.id}`, 'Presque-Job', String(job.id)],
  });
}
