/** A server that stops answers waits at once: who then asks again at once would keep it, and an embedding process, from all else. */

import type { Ambient } from './ambient.js';
import { onAbort } from './signals.js';

const pauseMs = 500;

export interface Patience {
  /** To be called when the answer was nothing: pauses when that came long before its time. An abort ends the pause. */
  pause(): Promise<void>;
}

/** Begins to wait for so long. */
export function startPatience(ambient: Ambient, waitMs: number, signal?: AbortSignal): Patience {
  const begunAt = ambient.now();
  return {
    pause() {
      const isEarly = ambient.now() - begunAt < Math.min(waitMs, pauseMs) / 2;
      return isEarly ? pauseFor(ambient, Math.min(waitMs, pauseMs), signal) : Promise.resolve();
    },
  };
}

function pauseFor(ambient: Ambient, ms: number, signal?: AbortSignal): Promise<void> {
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
