/** The cursor of a list: the last job seen, and where it stood: its rank among the ready ones, else its time. */

import { ApiError } from '../api/errors.js';

export interface ListFrom {
  readonly at: number;
  readonly id: number;
}

export const listCursor = ({ at, id }: ListFrom) => `${at}-${id}`;

/** Reads what `listCursor` wrote; anything else is an `ApiError`. */
export function parseCursor(cursor: string | undefined): ListFrom | undefined {
  if (cursor === undefined) return undefined;
  const [, at, id] = /^(\d{1,15})-(\d{1,15})$/.exec(cursor) ?? [];
  if (id === undefined) throw new ApiError('invalid', { message: 'after is not a cursor of this list' });
  return { at: Number(at), id: Number(id) };
}
