/** Numbers for jobs that never come again: taken from a range that is written down before it is used. */

import type { Database } from './binding.js';

const range = 100_000;

export type Ids = ReturnType<typeof createIds>;

export function createIds(db: Database) {
  const write = db.prepare("UPDATE number SET value = ? WHERE name = 'next_id'");
  const read = db.prepare("SELECT value FROM number WHERE name = 'next_id'");
  const written = () => (read.get() as { value: number }).value;
  let next = written();
  let reserved = next;

  return {
    /** The first of `count` new numbers in a row. */
    next(count = 1): number {
      const first = next;
      next += count;
      if (next > reserved) {
        reserved = next + range;
        write.run(reserved);
      }
      return first;
    },

    /** The last one that was given, or might have been. */
    last: () => next - 1,

    /** Numbers up to this one were given by another. */
    skip(last: number) {
      if (last < next) return;
      next = last + 1;
      reserved = next;
      write.run(reserved);
    },

    /** After a rollback a reservation may be gone. The numbers given meanwhile are not used again. */
    reset() {
      reserved = written();
    },
  };
}
