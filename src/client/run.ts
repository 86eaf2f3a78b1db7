/** One job at a worker: its lease is kept, its handler is told when to stop, what came of it is settled. */

import type { Output } from '../api/types.js';
import type { Ambient } from './ambient.js';
import { type Duration, millisecondsOf } from './duration.js';
import { Dead, Snooze, Stopped } from './errors.js';
import { errorText, noteText } from './leasing.js';
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

const telling = 500;

export function startRun(job: LeasedJob, deps: RunDeps): Run {
  const { ambient, settler, timeoutMs, endMs, onError } = deps;
  const { queue, id, lease } = job;
  const controller = new AbortController();
  let grantedMs = deps.leaseMs;
  let expiresAt = ambient.now() + grantedMs;
  let isOver = false;
  let extending = 0;
  let extension: { cancel(): void } | undefined;
  let expiry: { cancel(): void } | undefined;
  let tellTimer: { cancel(): void } | undefined;
  let news: { progress?: number; note?: string } = {};
  const timeout =
    timeoutMs === undefined
      ? undefined
      : ambient.after(timeoutMs, () =>
          abort(new Stopped('timeout', `timed out after ${timeoutMs / 1000} s`)),
        );

  const abort = (why: Stopped) => {
    if (!isOver && !controller.signal.aborted) controller.abort(why);
  };
  const settle = <V extends Verb>(verb: V, more: object) =>
    settler.settle(queue, verb, { id, lease, ...more }, () => expiresAt);

  /** Every third of it, so that two may go wrong. When it is over, that is told though an answer may still be waited for. */
  function extendLater() {
    extension?.cancel();
    expiry?.cancel();
    if (isOver) return;
    extension = ambient.after(grantedMs / 3, extendByItself);
    expiry = ambient.after(expiresAt - ambient.now(), () => abort(leaseOver()));
  }

  /** Not while another one is under way: they would pile up when the server is away. */
  function extendByItself() {
    tellTimer = undefined;
    if (extending === 0) void extend().catch(onError);
  }

  async function extend(forMs = grantedMs): Promise<void> {
    if (isOver) return;
    extending++;
    extension?.cancel();
    tellTimer?.cancel();
    tellTimer = undefined;
    const told = news;
    news = {};
    const before = ambient.now();
    try {
      const answer = await settle('extend', { for: forMs, ...told });
      if (answer.error !== undefined) return abort(new Stopped('lost', answer.error));
      grantedMs = forMs;
      expiresAt = before + forMs;
      if (answer.cancel) abort(new Stopped('cancelled', 'cancelled'));
    } catch (error) {
      if (ambient.now() >= expiresAt) abort(leaseOver());
      throw error;
    } finally {
      extending--;
      extendLater();
      if (Object.keys(news).length > 0) tell({});
    }
  }

  /** What the server would refuse is left out: the extension that it goes with is not to be refused. */
  function tell({ progress, note }: { progress?: number; note?: string | undefined }) {
    if (Number.isFinite(progress)) news.progress = Math.min(1, Math.max(0, Number(progress)));
    if (note !== undefined) news.note = noteText(note);
    // What comes during an extension is told after it.
    if (!isOver && extending === 0) tellTimer ??= ambient.after(telling, extendByItself);
  }

  const context: JobContext = {
    queue,
    id,
    attempt: job.attempt,
    token: lease,
    traceparent: job.traceparent,
    signal: controller.signal,
    progress: (fraction, note) => tell({ progress: fraction, note }),
    log: (note) => tell({ note }),
    extend: async (duration) =>
      extend(duration === undefined ? grantedMs : millisecondsOf(duration, 'extend')),
  };

  async function settleAs(outcome: Outcome): Promise<Ending> {
    if (isLost(controller.signal)) return { as: 'lost', reason: controller.signal.reason };
    try {
      return await told(outcome);
    } catch (error) {
      // Such as a result that is too large: the job failed, and says why.
      if ('result' in outcome && ambient.now() < expiresAt) return await settleAs({ error });
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
    for (const timer of [extension, expiry, tellTimer, timeout]) timer?.cancel();
    return settleAs(came);
  });
  extendLater();
  return {
    job,
    handled: outcome.then(() => {}),
    ended: ending,
    abort,
    check: extendByItself,
  };
}

type Outcome = { readonly result: string | undefined } | { readonly error: unknown };

const leaseOver = () => new Stopped('lost', 'the lease ran out');

const isLost = (signal: AbortSignal) => signal.aborted && (signal.reason as Stopped).code === 'lost';

const ended = (settled: Settled, as: (settled: Settled) => Ending): Ending =>
  settled.error === undefined ? as(settled) : { as: 'lost', reason: new Stopped('lost', settled.error) };

/** A handler that doesn't end when it is asked to is not waited for any longer than that. */
function abandoned(signal: AbortSignal, endMs: number, ambient: Ambient) {
  let timer: { cancel(): void } | undefined;
  const reached = new Promise<{ error: unknown }>((resolve) => {
    const start = () => {
      timer = ambient.after(endMs, () => resolve({ error: signal.reason }));
    };
    signal.addEventListener('abort', start, { once: true });
  });
  return { reached, cancel: () => timer?.cancel() };
}
