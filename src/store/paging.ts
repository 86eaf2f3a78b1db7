/** A bounded page of a list: how both stores go through jobs, and where they stop. */

import { type Job, type Life, rankOf } from '../core/job.js';
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

/** What a job weighs in an answer, about: its texts in bytes, and what else is known about it. */
export function weightOf({ body, result = '', details }: Job): number {
  return Buffer.byteLength(body) + Buffer.byteLength(result) + (details ? JSON.stringify(details).length : 0);
}

/**
 * The first of the jobs whose text contains what is asked for, within the bounds (but always the first one), looking at
 * `scanStep` jobs or `scanBytes` of text at most; `next` is the cursor to go on from when there may be more.
 */
export function page<J extends Job>(
  jobs: Iterable<J>,
  { limit, maxBytes, contains }: Bounds,
): { jobs: J[]; next?: string } {
  const found: J[] = [];
  let last: J | undefined;
  let looked = 0;
  let lookedBytes = 0;
  let bytes = 0;
  const end = () => ({ jobs: found, ...(last && { next: listCursor(standing(last)) }) });
  for (const job of jobs) {
    if (found.length === limit) return end();
    if (looked === scanStep || lookedBytes > scanBytes) return end();
    const weight = weightOf(job);
    if (contains === undefined || job.body.includes(contains)) {
      bytes += weight;
      if (found.length > 0 && bytes > maxBytes) return end();
      found.push(job);
    }
    looked++;
    lookedBytes += weight;
    last = job;
  }
  return { jobs: found };
}
