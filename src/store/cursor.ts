/** The cursor of a peek: the last job seen, among the ready ones (`rank-id`) or among the due ones (`time.id`). */

import { ApiError } from '../api/errors.js';

/** Where a peek goes on: after the job `id` of that rank, or after the job `id` that was due at that time. */
export type PeekFrom =
  | { readonly id: number; readonly rank: number }
  | { readonly id: number; readonly time: number };

export function peekCursor(from: PeekFrom): string {
  return 'rank' in from ? `${from.rank}-${from.id}` : `${from.time}.${from.id}`;
}

/** Reads what `peekCursor` wrote; anything else is an `ApiError`. */
export function parseCursor(cursor: string | undefined): PeekFrom {
  if (cursor === undefined) return { rank: 0, id: 0 };
  const [, rank, time, id] = /^(?:(\d)-|(\d{1,15})\.)(\d{1,16})$/.exec(cursor) ?? [];
  if (id === undefined) throw new ApiError('invalid', { message: 'after is not a cursor of this list' });
  return rank === undefined ? { time: Number(time), id: Number(id) } : { rank: Number(rank), id: Number(id) };
}
