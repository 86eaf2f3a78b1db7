/** The cursor of a peek: the last job seen among the ready ones (`id`), or among the due ones (`time.id`). */

import { ApiError } from '../api/errors.js';

export interface PeekFrom {
  readonly id: number;
  /** Only when the page before ended among the due jobs. */
  readonly time?: number;
}

export function peekCursor(id: number, time?: number): string {
  return time === undefined ? `${id}` : `${time}.${id}`;
}

/** Reads what `peekCursor` wrote; anything else is an `ApiError`. */
export function parseCursor(cursor: string | undefined): PeekFrom {
  if (cursor === undefined) return { id: 0 };
  const match = /^(?:(\d{1,15})\.)?(\d{1,16})$/.exec(cursor);
  if (!match) throw new ApiError('invalid', { message: 'after is not a cursor of this list' });
  const id = Number(match[2]);
  return match[1] === undefined ? { id } : { id, time: Number(match[1]) };
}
