/** What is kept in order is what a sorted array would have, through all splitting and emptying of pieces. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Job } from '../../dist/core/job.js';
import { createRows } from '../../dist/store/memory-rows.js';

const jobOf = (id: number, dueAt = id) => ({ id, dueAt }) as Job;
const byTime = (a: Job, b: Job) => Number(a.dueAt) - Number(b.dueAt) || a.id - b.id;

test('rows are in order, however many came and went', () => {
  const step = fc.record({
    from: fc.nat(3_000),
    count: fc.integer({ min: 1, max: 700 }),
    backwards: fc.boolean(),
    leaves: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const rows = createRows(byTime);
      const model = new Map<number, Job>();
      for (const { from, count, backwards, leaves } of steps) {
        for (let n = 0; n < count; n++) {
          const id = backwards ? from + count - n : from + n;
          const job = jobOf(id, id % 7);
          if (leaves) rows.remove(job);
          else if (!model.has(id)) rows.add(job);
          if (leaves) model.delete(id);
          else model.set(id, job);
        }
        const sorted = [...model.values()].sort(byTime);
        expect([...rows].map(({ id }) => id)).toEqual(sorted.map(({ id }) => id));
        expect(rows.length).toBe(sorted.length);
        for (const nth of [0, 1, 600, sorted.length - 1, sorted.length]) {
          expect(rows.at(nth)?.id).toBe(sorted[nth]?.id);
        }
        expect(rows.head(600, ({ dueAt }) => Number(dueAt) < 3).map(({ id }) => id)).toEqual(
          sorted
            .filter(({ dueAt }) => Number(dueAt) < 3)
            .slice(0, 600)
            .map(({ id }) => id),
        );
      }
    }),
  );
});
