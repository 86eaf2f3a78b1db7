/** One job at a worker: its lease is kept, its handler is told when to stop, what came of it is settled. */

import type { Output } from '../api/types.js';
import type { Ambient } from './ambient.js';
import { type Duration, millisecondsOf } from './duration.js';
import { Dead, PresqueError, Snooze, Stopped } from './errors.js';
import { keepLease } from './keeping.js';
import { errorText } from './leasing.js';
import { given } from './options.js';
import type { createSettler, Settled, Verb } from './settler.js';

export type LeasedJob = Extract<Output<'takeMany'>, { answer: 'leased' }>['jobs'][number];

/** What a handler has beside the job. */
export interface JobContext {
  readonly queue: string;
  readonly id: string;
  /** From 1. */
  readonly attempt: number;
  /** The lease: the right to settle this job. */
  readonly token: string;
  readonly traceparent?: string | undefined;
  /** Aborted with a `Stopped`, whose `code` is `timeout`, `cancelled`, `lost` or `stopped`. */
  readonly signal: AbortSignal;
  /** From 0 to 1, for whoever looks at the job; told at most twice a second. */
  progress(fraction: number, note?: string): void;
  /** How it goes, for people: the latest line is shown with the job. */
  log(text: string): void;
  /** The lease is over so long from now, as long as it was granted for unless told. It is extended by itself, too. */
  extend(duration?: Duration): Promise<void>;
}

/** How a job ended here. */
export type Ending =
  | { readonly as: 'done'; readonly result: string | undefined }
  | { readonly as: 'failed'; readonly error: unknown; readonly settled: Settled }
  | { readonly as: 'released'; readonly settled: Settled }
  | { readonly as: 'lost'; readonly reason: unknown };

export interface RunDeps {
  readonly ambient: Ambient;
  readonly settler: ReturnType<typeof createSettler>;
  readonly leaseMs: number;
  readonly timeoutMs: number | undefined;
  /** How long a handler may take to end when its signal is aborted. */
  readonly endMs: number;
  /** From then on nobody waits for a settlement any more, epoch milliseconds. */
  readonly giveUpAt: () => number;
  /** Gives the result as JSON. */
  readonly handle: (context: JobContext) => Promise<string | undefined>;
  readonly onError: (error: unknown) => void;
}

export interface Run {
  readonly job: LeasedJob;
  /** Resolves when the handler has ended, or nobody waits for it any longer; never rejects. */
  readonly handled: Promise<void>;
  /** Resolves when it is settled, too; never rejects. */
  readonly ended: Promise<Ending>;
  abort(why: Stopped): void;
  /** Asks the server whether the lease is still ours. */
  check(): void;
}

export function startRun(job: LeasedJob, deps: RunDeps): Run {
  const { ambient, settler, leaseMs, timeoutMs, endMs, giveUpAt, onError } = deps;
  const { queue, id, lease } = job;
  const controller = new AbortController();
  let isOver = false;

  const abort = (why: Stopped) => {
    if (!isOver && !controller.signal.aborted) controller.abort(why);
  };
  const settle = <V extends Verb>(verb: V, more: object) =>
    settler.settle(queue, verb, { id, lease, ...more }, () => Math.min(keeping.expiresAt, giveUpAt()));

  const keeping = keepLease({ ambient, leaseMs, settle: (more) => settle('extend', more), abort, onError });
  const late = () => abort(new Stopped('timeout', `timed out after ${Number(timeoutMs) / 1000} s`));
  const timeout = timeoutMs === undefined ? undefined : ambient.after(timeoutMs, late);

  const context: JobContext = {
    queue,
    id,
    attempt: job.attempt,
    token: lease,
    traceparent: job.traceparent,
    signal: controller.signal,
    progress: (fraction, note) => keeping.tell({ progress: fraction, note }),
    log: (note) => keeping.tell({ note }),
    extend: async (duration) =>
      keeping.extend(duration === undefined ? undefined : millisecondsOf(duration, 'extend')),
  };

  async function settleAs(outcome: Outcome): Promise<Ending> {
    if (isLost(controller.signal)) return { as: 'lost', reason: controller.signal.reason };
    try {
      return await told(outcome);
    } catch (error) {
      // Such as a result that is too large: the job failed, and says why.
      if ('result' in outcome && ambient.now() < keeping.expiresAt) {
        return await settleAs({ error: refusalOf(error) });
      }
      return { as: 'lost', reason: error };
    }
  }

  async function told(outcome: Outcome): Promise<Ending> {
    const stopped = controller.signal.aborted ? (controller.signal.reason as Stopped) : undefined;
    if ('result' in outcome) {
      const { result } = outcome;
      return ended(await settle('done', given({ result })), () => ({ as: 'done', result }));
    }
    const { error } = outcome;
    const dead = error instanceof Dead ? true : undefined;
    if (error instanceof Snooze || (stopped?.code === 'stopped' && !dead)) {
      const delay = error instanceof Snooze ? error.delayMs : undefined;
      return ended(await settle('release', given({ delay })), (settled) => ({ as: 'released', settled }));
    }
    const why = dead ? error : (stopped ?? error);
    const text = why instanceof Stopped ? why.message : errorText(why);
    return ended(await settle('fail', given({ error: text, dead })), (settled) => ({
      as: 'failed',
      error: why,
      settled,
    }));
  }

  async function handle(): Promise<Outcome> {
    const handled = deps.handle(context).then(
      (result) => ({ result }),
      (error: unknown) => ({ error }),
    );
    const left = abandoned(controller.signal, endMs, ambient);
    const outcome = await Promise.race([handled, left.reached]);
    left.cancel();
    return outcome;
  }

  const outcome = handle();
  const ending = outcome.then((came) => {
    isOver = true;
    keeping.end();
    timeout?.cancel();
    return settleAs(came);
  });
  return {
    job,
    handled: outcome.then(() => {}),
    ended: ending,
    abort,
    check: keeping.check,
  };
}

/** In the words of the server, without the place in the call that several were settled by. */
const refusalOf = (error: unknown) =>
  error instanceof PresqueError
    ? `result was refused: ${error.message.replace(/^done\[\d+\]: /, '')}`
    : error;

type Outcome = { readonly result: string | undefined } | { readonly error: unknown };

const isLost = (signal: AbortSignal) => signal.aborted && (signal.reason as Stopped).code === 'lost';

const ended = (settled: Settled, as: (settled: Settled) => Ending): Ending =>
  settled.error === undefined ? as(settled) : { as: 'lost', reason: new Stopped('lost', settled.error) };

/** A handler that doesn't end when it is asked to is not waited for any longer than that. */
function abandoned(signal: AbortSignal, endMs: number, ambient: Ambient) {
  let timer: { cancel(): void } | undefined;
  let forget = () => {};
  const reached = new Promise<{ error: unknown }>((resolve) => {
    const start = () => {
      timer = ambient.after(endMs, () => resolve({ error: signal.reason }));
    };
    signal.addEventListener('abort', start, { once: true });
    forget = () => signal.removeEventListener('abort', start);
  });
  return {
    reached,
    cancel() {
      forget();
      timer?.cancel();
    },
  };
}
