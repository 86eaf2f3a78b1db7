/** A server that stops answers waits at once: who then asks again at once would keep it, and an embedding process, from all else. */

import type { Ambient } from './ambient.js';
import { pause } from './signals.js';

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
      return isEarly ? pause(ambient, Math.min(waitMs, pauseMs), signal) : Promise.resolve();
    },
  };
}
