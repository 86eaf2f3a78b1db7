/** Many rows by one statement: half the cost of one statement each. */

import type { Database } from './binding.js';

export type Values = (string | number | null)[];

/** So many rows go in by one statement, large steps first. */
const rowsPerStep = [16, 4, 1] as const;

/**
 * Inserts rows whose first columns are the same for all, and the others their own. Gives a function that takes the shared
 * values, and how many rows there are, of which `add` appends the n-th one's values; and that gives how many went in.
 */
export function createBulkInsert(
  db: Database,
  shared: readonly string[],
  own: readonly string[],
  verb = 'INSERT',
) {
  const row = `(${[...shared.map((_, index) => `?${index + 1}`), ...own.map(() => '?')].join()})`;
  const columns = [...shared, ...own].join();
  const steps = rowsPerStep.map((rows) => {
    const values = Array.from({ length: rows }, () => row).join();
    return { rows, statement: db.prepare(`${verb} INTO job (${columns}) VALUES ${values}`) };
  });

  return (sharedValues: Values, count: number, add: (values: Values, index: number) => void): number => {
    let at = 0;
    let changes = 0;
    for (const { rows, statement } of steps) {
      for (; count - at >= rows; at += rows) {
        const values = [...sharedValues];
        for (let index = at; index < at + rows; index++) add(values, index);
        changes += Number(statement.run(...values).changes);
      }
    }
    return changes;
  };
}
