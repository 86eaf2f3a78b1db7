// Accounts for every job of one window by its id: acknowledged, found, settled, lost, twice, invented.
import type { Check } from '../types.js';
import type { JobId } from './job.js';

export interface Ledger {
  /** The server said 201 for this job: from now on it has to be found once. */
  acknowledge(connection: number, sequence: number): void;
  /** The server handed this job out; undefined for something that is not one of our jobs. */
  find(id: JobId | undefined): void;
  /** The server was told that this job, found before, is done, and said yes. */
  settle(id: JobId | undefined): void;
  /** Call it when the queue is drained: what was acknowledged and has not come to its end by then is lost. */
  check(): Check;
}

const ACKNOWLEDGED = 1;
const FOUND = 2;
const SETTLED = 4;

export interface LedgerOptions {
  round: number;
  /** For the ceiling, which makes jobs up: only what happens twice to one is a fault. */
  openWorld: boolean;
  /** What has to happen to every job, once. */
  endsAt: 'found' | 'settled';
}

export function createLedger(options: LedgerOptions): Ledger {
  const end = options.endsAt === 'found' ? FOUND : SETTLED;
  const rows: Uint8Array[] = [];
  const check: Check = { acknowledged: 0, found: 0, lost: 0, twice: 0, invented: 0, wrong: [] };

  // One byte per job, one row per connection: a Set of ids would cost the generator more than the sockets do.
  function rowFor(connection: number, sequence: number): Uint8Array {
    const row = rows[connection] ?? new Uint8Array(1024);
    const grown = sequence < row.length ? row : grow(row, sequence);
    rows[connection] = grown;
    return grown;
  }

  function markOnce(id: JobId, mark: number): void {
    const row = rowFor(id.connection, id.sequence);
    const marks = row[id.sequence] ?? 0;
    if (marks & mark) check.twice += 1;
    row[id.sequence] = marks | mark;
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
      markOnce(id, FOUND);
    },
    settle(id) {
      // One that is not ours was counted when it was found.
      if (id) markOnce(id, SETTLED);
    },
    check() {
      if (options.openWorld) return { ...check };
      const all = (of: (marks: number) => boolean) => rows.reduce((sum, row) => sum + count(row, of), 0);
      return {
        ...check,
        lost: all((marks) => (marks & ACKNOWLEDGED) !== 0 && (marks & end) === 0),
        invented: check.invented + all((marks) => marks !== 0 && (marks & ACKNOWLEDGED) === 0),
      };
    },
  };
}

function grow(row: Uint8Array, sequence: number): Uint8Array {
  const grown = new Uint8Array(Math.max(row.length * 2, sequence + 1));
  grown.set(row);
  return grown;
}

function count(row: Uint8Array, of: (marks: number) => boolean): number {
  let n = 0;
  for (const marks of row) if (of(marks)) n += 1;
  return n;
}
