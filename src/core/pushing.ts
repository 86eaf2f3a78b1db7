/** How jobs are put in: when they are to run, once per idempotency key, and what the one who pushes waits for. */

import { ApiError } from '../api/errors.js';
import type { Api, Call, Input, Output } from '../api/types.js';
import type { Once, Push, Pushed } from '../store/calls.js';
import type { Shared } from './broker.js';
import { demandOf, durabilityOf } from './durability.js';
import { isEnded, type Job, type NewJob } from './job.js';
import { jobView, lastError } from './view.js';
import { jobKey } from './watching.js';

type Pushing = Pick<Api, 'push' | 'reinsert' | 'pushMany'>;

/** Those that a job takes over as they are. */
const sameOptions = ['uniq', 'uniqUntil', 'priority', 'attempts', 'backoff', 'tags'] as const;
const optionNames = [...sameOptions, 'delayed', 'delay', 'ttl', 'keep'] as const;

type Options = Pick<Input<'push'>, (typeof optionNames)[number] | 'traceparent'>;

/** A repeat within that time is told what came of the first one. */
const onceMs = 86_400_000;
/** A job that somebody waits for is kept so long unless it says otherwise. */
const awaitedKeepMs = 600_000;

/** Version `ff` and ids of zeros are not valid; versions after 00 may say more. */
const traceparentPattern =
  /^(?!ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}(?:(?<!^00.{53})-[!-~]{0,100})?$/;

export function createPushing({ store, clock, chance, waiters, watching, tending }: Shared): Pushing {
  /**
   * Who waits is told at once, not when the push is done: calls about one queue are done in their order, so that the take of a waiter
   * sees the jobs, and goes with them in one commit where the store has such.
   */
  function put(now: number, push: Push): Promise<Pushed> {
    const pushed = store.push(now, push);
    const { delayMs = 0, runAt = now + delayMs } = push.jobs[0] ?? {};
    if (runAt <= now) waiters.wake(push.queue, push.jobs.length);
    else waiters.wakeAt(push.queue, runAt);
    tending.soon();
    return pushed;
  }

  /** The print is of all that makes the push what it is, as it was asked for. */
  function onceOf(key: string | undefined, said: unknown[], options: Options, now: number): Once | undefined {
    if (key === undefined) return undefined;
    const content = [...said, ...optionNames.map((name) => options[name] ?? null)];
    return { key, print: chance.digest(JSON.stringify(content)), until: now + onceMs };
  }

  async function insert(
    input: Input<'push'> | Input<'reinsert'>,
    options: Options,
    more: Pick<Push, 'failure' | 'represent'>,
  ) {
    const { queue, job: body } = input;
    const demand = demandOf(input.durability, store);
    const now = clock.now();
    const job = newJob(body, options);
    // Of what was asked for, not of what is added to it.
    const once = onceOf(input.once, [body, more.failure ?? null], input, now);
    const push = { queue, jobs: [job], ...more, ...(once && { once }), ...demand };
    const pushed = pushedOf(queue, await put(now, push));
    return { ...pushed, durability: durabilityOf(queue, pushed, demand, store) };
  }

  /** What came of the job, for the one who pushed it and waits. */
  async function outcome(queue: string, id: number, waitMs: number, call: Call): Promise<Job | undefined> {
    const look = async () => (await store.job(clock.now(), { queue, id, awaited: true }))?.job;
    const isOver = (job: Job | undefined) => !job || isEnded(job);
    return watching.until(jobKey(queue, id), waitMs, call, look, isOver);
  }

  return {
    async push(input, call): Promise<Output<'push'>> {
      const { queue, wait = 0 } = input;
      const represent = input.return === 'representation' && wait === 0;
      const options = wait > 0 ? { ...input, keep: input.keep ?? awaitedKeepMs } : input;
      const { ids, replayed, jobs, durability } = await insert(
        input,
        options,
        represent ? { represent } : {},
      );
      const id = ids[0] as number;
      const answer = { id: String(id), durability, ...(replayed && isReplayed) };
      if (wait > 0) {
        const ended = await outcome(queue, id, wait, call);
        if (ended?.state === 'dead') throw deathOf(queue, ended);
        if (ended?.state === 'done') return { ...answer, answer: 'result', result: ended.result ?? 'null' };
        return { ...answer, answer: 'accepted' };
      }
      const shown = represent && (jobs?.[0] ?? (await store.job(clock.now(), { queue, id }))?.job);
      if (!shown) return { ...answer, answer: 'created' };
      return { ...answer, answer: 'represented', job: jobView(queue, shown) };
    },

    async reinsert(input) {
      const { worker } = input;
      const failure = worker === undefined ? {} : { worker };
      const { ids, replayed, durability } = await insert(input, input, { failure });
      return { id: String(ids[0]), durability, ...(replayed && isReplayed) };
    },

    async pushMany({ queue, jobs, once: key, durability: demanded, ...options }) {
      const demand = demandOf(demanded, store);
      const now = clock.now();
      const once = onceOf(key, jobs, options, now);
      if (jobs.length === 0) return { durability: store.durability };
      const news = jobs.map((body) => newJob(body, options));
      const push = { queue, jobs: news, ...(once && { once }), ...demand };
      const pushed = pushedOf(queue, await put(now, push));
      const durability = durabilityOf(queue, pushed, demand, store);
      return { durability, ...(pushed.replayed && isReplayed) };
    },
  };
}

const isReplayed = { replayed: 'true' } as const;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A job as it was asked for. Throws an `ApiError` when two of its options contradict each other. */
export function newJob(body: string, options: Options): NewJob {
  const job: Writable<NewJob> = { body };
  const { delayed, delay } = options;
  if (delayed !== undefined && delay !== undefined) {
    throw new ApiError('invalid', { message: 'delayed and delay both say when' });
  }
  if (delayed !== undefined) job.runAt = delayed * 1000;
  if (delay !== undefined) job.delayMs = delay;
  if (options.ttl !== undefined) job.ttlMs = options.ttl;
  if (options.keep !== undefined) job.keepMs = options.keep;
  for (const name of sameOptions) {
    if (options[name] !== undefined) Object.assign(job, { [name]: options[name] });
  }
  const { traceparent } = options;
  if (traceparent !== undefined && traceparentPattern.test(traceparent)) job.traceparent = traceparent;
  return job;
}

function pushedOf(queue: string, pushed: Pushed): Extract<Pushed, { ids: unknown }> {
  if ('ids' in pushed) return pushed;
  if ('differs' in pushed) throw new ApiError('key_reused');
  throw new ApiError('job_exists', { headers: ['Location', `/j/${queue}/${pushed.exists}`] });
}

function deathOf(queue: string, job: Job): ApiError {
  const message = lastError(job) ?? `job is dead: ${job.details?.reason}`;
  return new ApiError('job_dead', {
    message,
    headers: ['Location', `/j/${queue}/${job.id}`, 'Presque-Job', String(job.id)],
  });
}
