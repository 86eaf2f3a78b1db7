/** Jobs kept in an order, in pieces: however many there are, few of them move when one comes or goes. */

import type { Job } from '../core/job.js';

export type Rows = ReturnType<typeof createRows>;

const mostPerPiece = 512;

export function createRows(order: (a: Job, b: Job) => number) {
  /** None of them is empty. */
  const pieces: Job[][] = [];
  let length = 0;

  /** Where the first piece is whose last job does not come before this one. */
  const pieceFor = (job: Job) => placeIn(pieces, (piece) => order(piece.at(-1) as Job, job) < 0);
  const placeFor = (piece: readonly Job[], job: Job) => placeIn(piece, (other) => order(other, job) < 0);

  return {
    get length() {
      return length;
    },

    /** The nth, counted from 0. */
    at(nth: number): Job | undefined {
      let place = nth;
      for (const piece of pieces) {
        if (place < piece.length) return piece[place];
        place -= piece.length;
      }
      return undefined;
    },

    add(job: Job) {
      const at = Math.min(pieceFor(job), Math.max(0, pieces.length - 1));
      const piece = pieces[at] ?? [];
      if (piece.length === 0) pieces.push(piece);
      piece.splice(placeFor(piece, job), 0, job);
      if (piece.length > mostPerPiece) pieces.splice(at + 1, 0, piece.splice(mostPerPiece / 2));
      length++;
    },

    /** Nothing happens when it is not there. */
    remove(job: Job) {
      const at = pieceFor(job);
      const piece = pieces[at];
      const place = piece ? placeFor(piece, job) : 0;
      if (!piece || piece[place]?.id !== job.id) return;
      piece.splice(place, 1);
      if (piece.length === 0) pieces.splice(at, 1);
      length--;
    },

    /** The first ones, so many at most, up to one of which it does not hold. */
    head(limit: number, holds: (job: Job) => boolean = () => true): Job[] {
      const found: Job[] = [];
      for (const job of this) {
        if (found.length === limit || !holds(job)) break;
        found.push(job);
      }
      return found;
    },

    /** In order; what is changed meanwhile may be met or not. */
    *[Symbol.iterator](): Generator<Job, undefined> {
      for (const piece of pieces) yield* piece;
    },
  };
}

/** How many of them, which stand first, it holds for. */
function placeIn<T>(rows: readonly T[], holds: (row: T) => boolean): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(rows[middle] as T)) low = middle + 1;
    else high = middle;
  }
  return low;
}
