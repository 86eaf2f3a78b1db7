/** A bounded page of a list: how both stores go through jobs, and where they stop. */

import { type Life, rankOf } from '../core/job.js';
import { scanBytes, scanStep } from './calls.js';
import { type ListFrom, listCursor } from './cursor.js';

interface Bounds {
  readonly limit: number;
  readonly maxBytes: number;
  readonly contains?: string;
}

/** Where a job stands in the list of its state. */
export function standing({ id, ...job }: Life): ListFrom {
  return { id, at: job.state === 'ready' ? rankOf(job) : Number(job.dueAt) };
}

/**
 * The first of the rows whose text contains what is asked for, within the bounds (but always the first one), looking at
 * `scanStep` rows or `scanBytes` of text at most; `next` is the cursor to go on from when there may be more.
 */
export function page<R extends Life>(
  rows: Iterable<R>,
  bodyOf: (row: R) => string,
  { limit, maxBytes, contains }: Bounds,
): { rows: R[]; next?: string } {
  const found: R[] = [];
  let last: R | undefined;
  let looked = 0;
  let lookedBytes = 0;
  let bytes = 0;
  const end = () => ({ rows: found, ...(last && { next: listCursor(standing(last)) }) });
  for (const row of rows) {
    if (found.length === limit) return end();
    if (looked === scanStep || lookedBytes > scanBytes) return end();
    const body = bodyOf(row);
    const size = Buffer.byteLength(body);
    if (contains === undefined || body.includes(contains)) {
      bytes += size;
      if (found.length > 0 && bytes > maxBytes) return end();
      found.push(row);
    }
    looked++;
    lookedBytes += size;
    last = row;
  }
  return { rows: found };
}
