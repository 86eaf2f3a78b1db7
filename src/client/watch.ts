/** Keeps a worker known to the server, and learns from it which of its jobs are asked to stop, or were taken away. */

import type { Ambient } from './ambient.js';
import type { Calls } from './calls.js';
import { PresqueError, Stopped } from './errors.js';
import type { Run } from './run.js';
import { pause } from './signals.js';

const waitMs = 30_000;
/** Who was asked to stop and has not ended yet is told at each look. */
const pauseMs = 1_000;
const heartbeatMs = 60_000;

export function createWatch(deps: {
  readonly calls: Calls;
  readonly ambient: Ambient;
  readonly name: string;
  readonly queues: readonly string[];
  readonly running: ReadonlySet<Run>;
  readonly onError: (error: unknown) => void;
}) {
  const { calls, ambient, name, queues, running, onError } = deps;
  const ending = new AbortController();
  let looking: Promise<void> | undefined;
  let heartbeat: { cancel(): void } | undefined;

  async function registerAll(signal: AbortSignal): Promise<void> {
    try {
      await Promise.all(queues.map((queue) => calls.register({ queue, worker: name }, { signal })));
    } catch (error) {
      if (!signal.aborted) onError(error);
    }
    if (ending.signal.aborted) return;
    heartbeat?.cancel();
    heartbeat = ambient.after(heartbeatMs, () => void registerAll(ending.signal));
  }

  async function lookOnce(): Promise<void> {
    const before = new Set(running);
    const { doing } = await calls.worker({ worker: name, wait: waitMs }, { signal: ending.signal });
    const ours = new Map(doing.map((one) => [`${one.queue}/${one.id}`, one]));
    for (const run of before) {
      if (!running.has(run)) continue;
      const found = ours.get(`${run.job.queue}/${run.job.id}`);
      // It may have been taken since: the server says whether its lease is good.
      if (!found) run.check();
      else if (found.cancel) run.abort(new Stopped('cancelled', 'cancelled'));
    }
  }

  async function lookWhileRunning(): Promise<void> {
    while (running.size > 0 && !ending.signal.aborted) {
      const at = ambient.now();
      try {
        await lookOnce();
      } catch (error) {
        if (ending.signal.aborted) return;
        if (error instanceof PresqueError && error.code === 'worker_unknown')
          await registerAll(ending.signal);
        else onError(error);
      }
      await pause(ambient, Math.max(0, pauseMs - (ambient.now() - at)), ending.signal);
    }
  }

  return {
    /** Resolves when it was tried: a worker works also while nobody can be told of it. */
    register: registerAll,

    /** To be called when there are jobs: looks as long as there are any. */
    look() {
      if (running.size === 0) return;
      looking ??= lookWhileRunning().finally(() => {
        looking = undefined;
        this.look();
      });
    },

    /** Unregisters. */
    async end(): Promise<void> {
      ending.abort();
      heartbeat?.cancel();
      await looking;
      const gone = queues.map((queue) => calls.unregister({ queue, worker: name }));
      for (const { status, ...end } of await Promise.allSettled(gone)) {
        if (status === 'rejected') onError((end as PromiseRejectedResult).reason);
      }
    },
  };
}
