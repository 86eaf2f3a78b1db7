/** Keeps the lease of a job at a worker: extends it by itself, tells how the job goes with that, and says when it is over. */

import type { Ambient } from './ambient.js';
import { Stopped } from './errors.js';
import { noteText } from './leasing.js';
import type { Settled } from './settler.js';

export interface Keeping {
  /** By the clock here, epoch milliseconds. */
  readonly expiresAt: number;
  /** So long from now, as long as it was granted for unless told. Rejects when the server does not say that it is so. */
  extend(forMs?: number): Promise<void>;
  /** Tells it with the next extension, which is soon. */
  tell(news: News): void;
  /** Asks the server whether the lease is still ours. */
  check(): void;
  /** The job is over: nothing more is told of it. */
  end(): void;
}

interface News {
  readonly progress?: number | undefined;
  readonly note?: string | undefined;
}

interface Deps {
  readonly ambient: Ambient;
  readonly leaseMs: number;
  readonly settle: (extension: { readonly for: number } & News) => Promise<Settled>;
  readonly abort: (why: Stopped) => void;
  readonly onError: (error: unknown) => void;
}

const tellMs = 500;

const leaseOver = () => new Stopped('lost', 'the lease ran out');

export function keepLease({ ambient, leaseMs, settle, abort, onError }: Deps): Keeping {
  let grantedMs = leaseMs;
  let expiresAt = ambient.now() + grantedMs;
  let isOver = false;
  let extending = 0;
  let news: { progress?: number; note?: string } = {};
  let extension: { cancel(): void } | undefined;
  let expiry: { cancel(): void } | undefined;
  let telling: { cancel(): void } | undefined;

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
    telling = undefined;
    if (extending === 0) void extend().catch(onError);
  }

  async function extend(forMs = grantedMs): Promise<void> {
    if (isOver) return;
    extending++;
    extension?.cancel();
    telling?.cancel();
    telling = undefined;
    const told = news;
    news = {};
    const before = ambient.now();
    try {
      const answer = await settle({ for: forMs, ...told });
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
  function tell({ progress, note }: News) {
    if (Number.isFinite(progress)) news.progress = Math.min(1, Math.max(0, Number(progress)));
    if (note !== undefined) news.note = noteText(note);
    // What comes during an extension is told after it.
    if (!isOver && extending === 0) telling ??= ambient.after(tellMs, extendByItself);
  }

  extendLater();
  return {
    get expiresAt() {
      return expiresAt;
    },
    extend,
    tell,
    check: extendByItself,
    end() {
      isOver = true;
      for (const timer of [extension, expiry, telling]) timer?.cancel();
    },
  };
}
