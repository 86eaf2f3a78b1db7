/** The jobs that a take would give, shown without taking them. */

import { type PeekFrom, parseCursor, peekCursor } from '../cursor.js';
import type { Peek } from '../store.js';
import type { Database } from './binding.js';
import { isSound } from './jobs.js';
import type { QueueRow, Queues } from './queues.js';
import { rank } from './schema.js';

interface PeekedRow {
  readonly id: number;
  /** Of ready jobs only. */
  readonly rank?: number;
  readonly crc: number;
  readonly body: string;
  /** Of due jobs only. */
  readonly run_at?: number;
}

export function createPeek(db: Database, queues: Queues) {
  const selectPeeked = db.prepare(
    `SELECT rank, id, crc, body FROM job
     WHERE queue = ? AND rank <= ${rank.lastReady} AND (rank, id) > (?, ?) ORDER BY rank, id`,
  );
  const selectDue = db.prepare(
    `SELECT id, run_at, crc, body FROM job INDEXED BY job_due
     WHERE queue = ? AND rank = ${rank.delayed} AND run_at <= ? AND (run_at, id) > (?, ?)
     ORDER BY run_at, id`,
  );

  function* peeked(queue: QueueRow, now: number, from: PeekFrom): Generator<PeekedRow> {
    if ('rank' in from) yield* selectPeeked.iterate(queue.key, from.rank, from.id) as Iterable<PeekedRow>;
    const [time, id] = 'time' in from ? [from.time, from.id] : [-1, 0];
    yield* selectDue.iterate(queue.key, now, time, id) as Iterable<PeekedRow>;
  }

  return function peek(
    now: number,
    { queue: name, limit, maxBytes, after }: Peek,
  ): { bodies: string[]; next?: string } {
    const from = parseCursor(after);
    const queue = queues.find(name);
    if (!queue) return { bodies: [] };
    const bodies: string[] = [];
    let size = 0;
    let last: PeekedRow | undefined;
    for (const row of peeked(queue, now, from)) {
      if (!isSound(row)) continue;
      size += Buffer.byteLength(row.body);
      if (bodies.length === limit || (bodies.length > 0 && size > maxBytes)) {
        return { bodies, next: cursorAfter(last) };
      }
      bodies.push(row.body);
      last = row;
    }
    return { bodies };
  };
}

function cursorAfter(last: PeekedRow | undefined): string {
  const { id = 0, rank: lastRank = 0, run_at } = last ?? {};
  return peekCursor(run_at === undefined ? { rank: lastRank, id } : { time: run_at, id });
}
