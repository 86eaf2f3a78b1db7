/** What time did to jobs while somebody only looked: kept until the next step of `tend` tells it to those who wait. */

import type { Moved, Tended } from './calls.js';

export type Untold = ReturnType<typeof createUntold>;

export function createUntold() {
  let moved: Moved[] = [];
  let ready = new Map<string, number>();

  return {
    note(queue: string, passed: { readonly moved: readonly Moved[]; readonly ready: number }) {
      moved.push(...passed.moved);
      if (passed.ready > 0) ready.set(queue, (ready.get(queue) ?? 0) + passed.ready);
    },

    /** All of it, once. */
    tell(): { moved: Moved[]; ready: Tended['ready'][number][] } {
      const told = { moved, ready: [...ready].map(([queue, jobs]) => ({ queue, jobs })) };
      moved = [];
      ready = new Map();
      return told;
    },
  };
}
