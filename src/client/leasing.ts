/** Takes: for good, or under leases that are settled by the same object. */

import { limits } from '../api/limits.js';
import type { Output } from '../api/types.js';
import type { Ambient } from './ambient.js';
import type { Calls } from './calls.js';
import type { Codec } from './codec.js';
import { type Duration, millisecondsOf } from './duration.js';
import { PresqueError } from './errors.js';
import { given, type LeaseOptions, leaseMsOf, ms, type TakeOptions, takeOf } from './options.js';
import { startPatience } from './patience.js';

export interface TakenJob<J = unknown> {
  readonly queue: string;
  readonly id: string;
  readonly job: J;
}

/** A job that is ours until `expiresAt`: unless it is settled or extended by then, somebody else gets it. */
export interface Lease<J = unknown> extends TakenJob<J> {
  /** The right to settle it. */
  readonly token: string;
  /** From 1. */
  readonly attempt: number;
  /** Epoch seconds. */
  readonly expiresAt: number;
  readonly traceparent?: string;
  done(result?: unknown): Promise<void>;
  /** It is tried again after its backoff or `delay`, or is dead when its attempts are used up. */
  fail(error: unknown, options?: FailOptions): Promise<Output<'fail'>>;
  /** Says whether somebody asked us to stop. */
  extend(options?: ExtendOptions): Promise<Output<'extend'>>;
  /** Gives it back, no attempt spent. */
  release(options?: { readonly delay?: Duration | undefined }): Promise<Output<'release'>>;
}

export interface FailOptions {
  readonly delay?: Duration | undefined;
  /** It is not to be tried again. */
  readonly dead?: boolean | undefined;
}

export interface ExtendOptions {
  /** So long from now, as long as it was granted for unless told. */
  readonly for?: Duration | undefined;
  /** 0 to 1. */
  readonly progress?: number | undefined;
  /** For people. */
  readonly note?: string | undefined;
}

/** One lease, or in a `for await` one after the other, for ever; then `wait` is not looked at. */
export type Leases<J> = PromiseLike<Lease<J> | undefined> & AsyncIterable<Lease<J>>;

/** How long a `for await` waits in one request. */
const pollWait = '30s';

/** For people: with its stack, if it has one. Anything can be thrown, and is told somehow, else its job would not be settled. */
export function errorText(error: unknown): string {
  try {
    if (!(error instanceof Error)) return noteText(error);
    const { stack, name, message } = error;
    return noteText(typeof stack === 'string' ? stack : `${name}: ${message}`);
  } catch {
    return 'an error that can not be written as text';
  }
}

/** No longer than the server keeps it: what is too large to be sent would not be told at all. */
export const noteText = (text: unknown) => String(text).slice(0, limits.noteChars);

const isCode = (error: unknown, codes: readonly string[]) =>
  error instanceof PresqueError && codes.includes(error.code);

export function createLeasing({ calls, codec, ambient }: { calls: Calls; codec: Codec; ambient: Ambient }) {
  async function orNothing<T>(taken: Promise<T>): Promise<T | undefined> {
    try {
      return await taken;
    } catch (error) {
      if (isCode(error, ['no_job'])) return undefined;
      throw error;
    }
  }

  function leaseOf({
    queue,
    id,
    job,
    lease: token = '',
    attempt = 1,
    expires,
    traceparent,
  }: Output<'take'>): Lease {
    const right = { queue, id, lease: token };
    return {
      queue,
      id,
      job: codec.decode(job),
      token,
      attempt,
      expiresAt: Number(expires),
      ...(traceparent !== undefined && { traceparent }),
      async done(result) {
        await calls.done({ ...right, ...(result !== undefined && { result: codec.encode(result) }) });
      },
      fail: (error, { delay, dead } = {}) =>
        calls.fail({ ...right, error: errorText(error), ...given({ delay: ms(delay, 'delay'), dead }) }),
      extend: (options = {}) =>
        calls.extend({
          ...right,
          ...given({ for: ms(options.for, 'for'), progress: options.progress, note: options.note }),
        }),
      release: ({ delay } = {}) => calls.release({ ...right, ...given({ delay: ms(delay, 'delay') }) }),
    };
  }

  async function leaseOne(
    queues: string | readonly string[],
    options: LeaseOptions,
  ): Promise<Lease | undefined> {
    const leaseMs = leaseMsOf(options.lease);
    const input = { ...takeOf(queues, options), leaseMs };
    const taken = await orNothing(calls.take(input, { signal: options.signal }));
    return taken && leaseOf(taken);
  }

  return {
    /** For good: whoever loses it has lost it. Nothing when there is none. */
    async take(queues: string | readonly string[], options: TakeOptions = {}): Promise<TakenJob | undefined> {
      const input = { ...takeOf(queues, options), leaseMs: 0 };
      const taken = await orNothing(calls.take(input, { signal: options.signal }));
      return taken && { queue: taken.queue, id: taken.id, job: codec.decode(taken.job) };
    },

    lease(queues: string | readonly string[], options: LeaseOptions = {}): Leases<unknown> {
      return {
        // biome-ignore lint/suspicious/noThenProperty: it is awaited for one lease, and iterated over for many.
        then: (onLease, onError) => leaseOne(queues, options).then(onLease, onError),
        async *[Symbol.asyncIterator]() {
          for (;;) {
            const patience = startPatience(ambient, millisecondsOf(pollWait, 'wait'), options.signal);
            const lease = await leaseOne(queues, { ...options, wait: pollWait }).catch((error) => {
              // It has waited, and may be started again.
              if (!isCode(error, ['queue_closed'])) throw error;
            });
            if (lease) yield lease;
            else await patience.pause();
          }
        },
      };
    },
  };
}
