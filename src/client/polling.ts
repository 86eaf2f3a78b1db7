/** How a worker asks for jobs, and when it has asked for the last time. */

import type { Ambient } from './ambient.js';
import type { Calls } from './calls.js';
import { PresqueError } from './errors.js';
import { startPatience } from './patience.js';
import type { LeasedJob } from './run.js';
import type { CheckedOptions } from './work-options.js';

export interface Polled {
  readonly jobs: readonly LeasedJob[];
  /** There was none. */
  readonly isIdle: boolean;
  /** There is nothing more to ask for. */
  readonly isOver: boolean;
}

const waitMs = 20_000;
/** How soon it is looked again whether others have given their jobs back, or done them. */
const drainWaitMs = 500;
const firstPauseMs = 200;
const longestPauseMs = 5_000;

const none: Polled = { jobs: [], isIdle: false, isOver: false };
const idle: Polled = { jobs: [], isIdle: true, isOver: false };
const over: Polled = { jobs: [], isIdle: true, isOver: true };

export function createPolling(deps: {
  readonly calls: Calls;
  readonly ambient: Ambient;
  readonly options: CheckedOptions;
  readonly onError: (error: unknown) => void;
  readonly signal: AbortSignal;
  readonly pause: (ms: number) => Promise<void>;
}) {
  const { calls, ambient, onError, signal, pause } = deps;
  const { queues, leaseMs, name: worker, drain, once } = deps.options;
  let failures = 0;
  let wait = drain || once ? 0 : waitMs;

  async function take(batchSize: number): Promise<LeasedJob[]> {
    try {
      const taken = await calls.takeMany({ queues, batchSize, wait, leaseMs, worker }, { signal });
      return taken.answer === 'leased' ? taken.jobs : [];
    } catch (error) {
      if (!(error instanceof PresqueError)) throw error;
      // A stopped queue may be started again.
      if (error.code === 'no_job' || error.code === 'queue_closed') return [];
      throw error;
    }
  }

  async function isDrained(): Promise<boolean> {
    const all = await Promise.all(queues.map((queue) => calls.status({ queue }, { signal })));
    // A stopped queue gives nothing to anybody.
    return all.every(({ ready, leased, paused }) => leased === 0 && (ready === 0 || paused === 1));
  }

  async function ask(most: number, isBusy: boolean): Promise<Polled> {
    const patience = startPatience(ambient, wait, signal);
    const jobs = await take(most);
    failures = 0;
    if (jobs.length > 0) {
      if (drain) wait = 0;
      return { jobs, isIdle: false, isOver: once };
    }
    if (once) return over;
    await patience.pause();
    if (!drain) return idle;
    if (!isBusy && (await isDrained())) return over;
    if (isBusy) await pause(drainWaitMs);
    wait = isBusy ? 0 : drainWaitMs;
    return idle;
  }

  return {
    /** Some jobs, so many at most. What goes wrong is told, and a pause made; it never rejects. */
    async next(most: number, isBusy: boolean): Promise<Polled> {
      try {
        return await ask(most, isBusy);
      } catch (error) {
        if (signal.aborted) return none;
        onError(error);
        const ms = Math.min(firstPauseMs * 2 ** failures++, longestPauseMs);
        await pause(ms / 2 + (ms / 2) * ambient.fraction());
        return none;
      }
    },
  };
}
