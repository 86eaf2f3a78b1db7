// Accounts for every job of one window by its id: acknowledged, found, lost, twice, invented.
import type { Check } from '../types.js';
import type { JobId } from './job.js';

export interface Ledger {
  /** The server said 201 for this job: from now on it has to be found once. */
  acknowledge(connection: number, sequence: number): void;
  /** The server handed this job out; undefined for something that is not one of our jobs. */
  find(id: JobId | undefined): void;
  /** Call it when the queue is drained: what was acknowledged and not found by then is lost. */
  check(): Check;
}

const ACKNOWLEDGED = 1;
const FOUND = 2;

/** With `openWorld` (the ceiling makes jobs up) only a job found twice is a fault. */
export function createLedger(options: { round: number; openWorld: boolean }): Ledger {
  const rows: Uint8Array[] = [];
  const check: Check = { acknowledged: 0, found: 0, lost: 0, twice: 0, invented: 0 };

  // One byte per job, one row per connection: a Set of ids would cost the generator more than the sockets do.
  function rowFor(connection: number, sequence: number): Uint8Array {
    const row = rows[connection] ?? new Uint8Array(1024);
    const grown = sequence < row.length ? row : grow(row, sequence);
    rows[connection] = grown;
    return grown;
  }

  return {
    acknowledge(connection, sequence) {
      const row = rowFor(connection, sequence);
      row[sequence] = (row[sequence] ?? 0) | ACKNOWLEDGED;
      check.acknowledged += 1;
    },
    find(id) {
      check.found += 1;
      if (!id || (!options.openWorld && id.round !== options.round)) {
        check.invented += 1;
        return;
      }
      const row = rowFor(id.connection, id.sequence);
      const marks = row[id.sequence] ?? 0;
      if (marks & FOUND) check.twice += 1;
      row[id.sequence] = marks | FOUND;
    },
    check() {
      const only = (marks: number) => rows.reduce((sum, row) => sum + count(row, marks), 0);
      if (options.openWorld) return { ...check };
      return { ...check, lost: only(ACKNOWLEDGED), invented: check.invented + only(FOUND) };
    },
  };
}

function grow(row: Uint8Array, sequence: number): Uint8Array {
  const grown = new Uint8Array(Math.max(row.length * 2, sequence + 1));
  grown.set(row);
  return grown;
}

function count(row: Uint8Array, marks: number): number {
  let n = 0;
  for (const byte of row) if (byte === marks) n += 1;
  return n;
}
