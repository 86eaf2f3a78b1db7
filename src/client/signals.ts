/** Who wants to know when a signal is aborted: any number of them, with one listener on the signal, as Node warns of more than ten. */

import type { Ambient } from './ambient.js';

const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls when it is aborted, soon if it is; what is returned forgets that. */
export function onAbort(signal: AbortSignal, run: () => void): () => void {
  if (signal.aborted) {
    let isForgotten = false;
    queueMicrotask(() => {
      if (!isForgotten) run();
    });
    return () => {
      isForgotten = true;
    };
  }
  const all = waiting.get(signal) ?? listenTo(signal);
  all.add(run);
  return () => all.delete(run);
}

/** Resolves after so long, or when the signal is aborted. */
export function pause(ambient: Ambient, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = ambient.after(ms, done);
    const forget = signal && onAbort(signal, done);
    function done() {
      timer.cancel();
      forget?.();
      resolve();
    }
  });
}

function listenTo(signal: AbortSignal): Set<() => void> {
  const all = new Set<() => void>();
  waiting.set(signal, all);
  const tell = () => {
    for (const run of all) run();
  };
  signal.addEventListener('abort', tell, { once: true });
  return all;
}
