/** Pushes: one job, many of them, one whose result is waited for. */

import type { Ambient } from './ambient.js';
import type { Calls } from './calls.js';
import type { Codec } from './codec.js';
import { type ManyOptions, manyOf, type PushOptions, pushOf } from './options.js';

export interface Pushed {
  readonly queue: string;
  readonly id: string;
  /** How far the write had come: `fsync`, `aof-everysec`, … */
  readonly durability: string;
  /** An answer to a push that was done before. */
  readonly replayed: boolean;
}

export interface PushManyOptions extends ManyOptions {
  /** Told after each batch how many are in. */
  readonly onProgress?: ((count: number) => void) | undefined;
}

/** One call each, whose jobs enter all or none. Below the bounds of the server (10,000 jobs, 16 MiB unless set). */
const mostPerBatch = 1_000;
const mostChars = 1024 * 1024;
/** So long what came waits for more. */
const gatherMs = 50;

export function createPushing({ calls, codec, ambient }: { calls: Calls; codec: Codec; ambient: Ambient }) {
  return {
    async push(queue: string, job: unknown, { signal, ...options }: PushOptions = {}): Promise<Pushed> {
      const output = await calls.push({ queue, job: codec.encode(job), ...pushOf(options) }, { signal });
      const { id, durability, replayed } = output;
      return { queue, id, durability, replayed: replayed !== undefined };
    },

    /** The order is kept. After a failure those of the batches before are in. */
    async pushMany(
      queue: string,
      jobs: Iterable<unknown> | AsyncIterable<unknown>,
      { signal, onProgress = () => {}, ...options }: PushManyOptions = {},
    ): Promise<{ count: number }> {
      const timing = manyOf(options);
      let count = 0;
      async function send(batch: string[]) {
        if (batch.length === 0) return;
        await calls.pushMany({ queue, jobs: batch, ...timing }, { signal });
        count += batch.length;
        onProgress(count);
      }
      const gather = createGathering(send, ambient);
      try {
        for await (const job of jobs) {
          signal?.throwIfAborted();
          await gather.add(codec.encode(job));
        }
      } finally {
        await gather.end();
      }
      return { count };
    },
  };
}

/** Sends what was added in batches, one after the other; what comes slowly goes as it comes. */
function createGathering(send: (batch: string[]) => Promise<void>, ambient: Ambient) {
  let batch: string[] = [];
  let chars = 0;
  let timer: { cancel(): void } | undefined;
  let sending = Promise.resolve();
  let isBroken = false;

  function flush(): Promise<void> {
    timer?.cancel();
    timer = undefined;
    const full = batch;
    batch = [];
    chars = 0;
    // After a failure nothing more is sent: the order would have a hole.
    sending = sending.then(() => send(full));
    // It is told by the next call.
    sending.catch(() => {
      isBroken = true;
    });
    return sending;
  }

  return {
    /** Rejects when what was added before could not be sent. */
    async add(job: string): Promise<void> {
      if (isBroken) await sending;
      if (batch.length > 0 && chars + job.length > mostChars) await flush();
      batch.push(job);
      chars += job.length;
      if (batch.length >= mostPerBatch) await flush();
      timer ??= ambient.after(gatherMs, () => void flush().catch(() => {}));
    },
    end: flush,
  };
}
