/** A clock that stands still until it is advanced, and chance that can be foretold. */

import type { Chance, Clock } from '../../dist/clock.js';

export interface TestClock extends Clock {
  /** Moves on by so much; what is due meanwhile is called in order, and what follows from it gets its turn. */
  advance(ms: number): Promise<void>;
  /** How many calls are planned. */
  readonly planned: number;
}

export function createTestClock(start = 1_700_000_000_000): TestClock {
  const planned = new Set<{ at: number; run: () => void }>();
  let now = start;
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return {
    now: () => now,
    get planned() {
      return planned.size;
    },
    after(ms, run) {
      const entry = { at: now + ms, run };
      planned.add(entry);
      return { cancel: () => planned.delete(entry) };
    },
    async advance(ms) {
      const until = now + ms;
      for (;;) {
        const [first] = [...planned].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
        if (!first) break;
        planned.delete(first);
        now = Math.max(now, first.at);
        first.run();
        await turn();
      }
      now = until;
      await turn();
    },
  };
}

/** Chance that can be foretold: tokens that count up, and always the same fraction. */
export function createTestChance(fraction = 0): Chance {
  let last = 0;
  return { token: () => `token-${++last}`, fraction: () => fraction, digest: (text) => text };
}
