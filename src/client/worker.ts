/** A worker: takes jobs under leases, as many at once as it may, and has each of them handled and settled. */

import type { Ambient } from './ambient.js';
import type { Calls } from './calls.js';
import type { Codec } from './codec.js';
import { Stopped } from './errors.js';
import { createEvents } from './events.js';
import { createPolling, type Polled } from './polling.js';
import { type Ending, type JobContext, type LeasedJob, type Run, startRun } from './run.js';
import { createSettler } from './settler.js';
import { onAbort } from './signals.js';
import { createWatch } from './watch.js';
import { checkedOptions, type WorkOptions } from './work-options.js';

/** A job that an event is about. */
export interface WorkedJob {
  readonly queue: string;
  readonly id: string;
  readonly attempt: number;
}

type WorkerEvents = {
  started: [job: WorkedJob];
  done: [job: WorkedJob, result: unknown];
  /** `state` is `delayed` (until `runAt`, epoch seconds), `ready` or `dead`. */
  failed: [job: WorkedJob, error: unknown, then: { readonly state: string; readonly runAt?: number }];
  /** Given back, no attempt spent. */
  released: [job: WorkedJob];
  /** Somebody else settled it, or has it by now, or will. */
  lost: [job: WorkedJob, reason: unknown];
  /** It asked for a job, and there was none. */
  idle: [];
  /** What went wrong around the jobs, such as a server that is away. The worker goes on. */
  error: [error: unknown];
};

/** What became of the jobs that it took. */
export interface Totals {
  readonly taken: number;
  readonly done: number;
  readonly failed: number;
  readonly released: number;
  readonly lost: number;
}

export interface Worker {
  readonly name: string;
  /** How many handlers are at work. */
  readonly running: number;
  on<N extends keyof WorkerEvents>(event: N, listener: (...args: WorkerEvents[N]) => void): Worker;
  off<N extends keyof WorkerEvents>(event: N, listener: (...args: WorkerEvents[N]) => void): Worker;
  /**
   * Takes nothing more, waits for the handlers as long as `grace` says, then aborts their signals, and gives back what does not end then.
   * Resolves when all is settled, or 18 s after the grace when no server is there to be told.
   */
  stop(): Promise<void>;
  /** Resolves when it has stopped, for whatever reason. */
  readonly ended: Promise<Totals>;
}

export type Handler<J = unknown> = (job: J, context: JobContext) => unknown;

/** How long a handler may take to end when its signal is aborted; then it is not waited for any longer. */
const endMs = 8_000;

/** How long a stop waits for a server that is away, to settle what has ended. */
const settleMs = 10_000;

interface Deps {
  readonly calls: Calls;
  readonly codec: Codec;
  readonly ambient: Ambient;
}

export function startWorker(
  { calls, codec, ambient }: Deps,
  queues: string | readonly string[],
  handler: Handler<never>,
  given: WorkOptions = {},
): Worker {
  const options = checkedOptions(queues, given, ambient);
  const { concurrency, leaseMs, timeoutMs, graceMs, name } = options;
  const events = createEvents<WorkerEvents>();
  const onError = (error: unknown) => events.tell('error', error);
  const settler = createSettler({ calls, ambient, onError });
  /** Those that are handled, and all that are not settled yet. */
  const running = new Set<Run>();
  const open = new Set<Run>();
  const totals = { taken: 0, done: 0, failed: 0, released: 0, lost: 0 };
  const watch = createWatch({ calls, ambient, name, queues: options.queues, running, onError });
  const stopping = new AbortController();
  let slotFreed = () => {};
  /** What a stop leaves unsettled then goes to others when its lease is over. */
  let giveUpAt = Number.POSITIVE_INFINITY;

  /** Handlers at work count, and so do jobs whose settlements are late: a server that is away must not be taken from for ever. */
  const free = () => Math.min(concurrency - running.size, 2 * concurrency - open.size);
  const wanted = () => Math.min(free(), (options.maxJobs ?? Number.POSITIVE_INFINITY) - totals.taken);

  function start(job: LeasedJob) {
    const { queue, id, attempt } = job;
    const about = { queue, id, attempt };
    totals.taken++;
    events.tell('started', about);
    const handle = async (context: JobContext) => {
      const result = await handler(codec.decode(job.job) as never, context);
      return result === undefined ? undefined : codec.encode(result);
    };
    const run = startRun(job, {
      ambient,
      settler,
      leaseMs,
      timeoutMs,
      endMs,
      giveUpAt: () => giveUpAt,
      handle,
      onError,
    });
    running.add(run);
    open.add(run);
    run.handled.then(() => {
      running.delete(run);
      slotFreed();
    });
    run.ended.then((ending) => {
      open.delete(run);
      slotFreed();
      tellEnding(about, ending);
    });
  }

  function tellEnding(about: WorkedJob, ending: Ending) {
    totals[ending.as]++;
    if (ending.as === 'done') {
      events.tell('done', about, ending.result === undefined ? undefined : codec.decode(ending.result));
    } else if (ending.as === 'failed') {
      const { state = 'ready', run_at: runAt } = ending.settled;
      events.tell('failed', about, ending.error, { state, ...(runAt !== undefined && { runAt }) });
    } else if (ending.as === 'lost') events.tell('lost', about, ending.reason);
    else events.tell('released', about);
  }

  /** Until a slot is free, or it is to stop, or so long. */
  const freed = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = ambient.after(ms, done);
      const forget = onAbort(stopping.signal, done);
      slotFreed = done;
      function done() {
        timer.cancel();
        forget();
        resolve();
      }
    });

  const polling = createPolling({ calls, ambient, options, onError, signal: stopping.signal, pause: freed });

  async function takeUntilStopped() {
    while (!stopping.signal.aborted) {
      const most = wanted();
      if (most <= 0) {
        if (options.maxJobs !== undefined && totals.taken >= options.maxJobs) return;
        await freed(longPauseMs);
        continue;
      }
      const polled: Polled = await polling.next(most, running.size > 0 || open.size > 0);
      for (const job of polled.jobs) start(job);
      watch.look();
      if (polled.isIdle) events.tell('idle');
      if (polled.isOver) return;
    }
  }

  async function finish() {
    let late: { cancel(): void } | undefined;
    const startGrace = () => {
      late = ambient.after(graceMs, () => {
        for (const run of running) run.abort(new Stopped('stopped', 'the worker stops'));
      });
    };
    const forget = onAbort(stopping.signal, startGrace);
    while (open.size > 0) await Promise.all([...open].map(({ ended }) => ended));
    forget();
    late?.cancel();
    await settler.finish();
  }

  async function work(): Promise<Totals> {
    await watch.register(stopping.signal);
    await takeUntilStopped();
    await finish();
    forget();
    await watch.end();
    return { ...totals };
  }

  const stop = () => {
    if (!stopping.signal.aborted) giveUpAt = ambient.now() + graceMs + endMs + settleMs;
    stopping.abort();
    return ended.then(() => {});
  };
  const forget = options.onStop(() => void stop());
  const ended = work();
  const worker: Worker = {
    name,
    get running() {
      return running.size;
    },
    on(event, listener) {
      events.on(event, listener);
      return worker;
    },
    off(event, listener) {
      events.off(event, listener);
      return worker;
    },
    stop,
    ended,
  };
  return worker;
}

const longPauseMs = 60_000;
