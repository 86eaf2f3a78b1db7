/** The shape of the client's table of routes (`routes.ts`). */

import type { BodyKind, Form } from '../api/route.js';

/** Where a value stands and under which name, and how it is written there. */
export type WireField =
  | readonly [place: Place, name: string, form?: Form]
  | readonly [place: 'member', name: string, form: 'each', each: WireFields];

type Place = 'path' | 'query' | 'header' | 'prefer' | 'member' | 'body';

export interface WireFields {
  readonly [name: string]: WireField;
}

export interface WireAnswer {
  readonly status: number;
  readonly name?: string;
  /** By the member of the output: the header that it stands in, and whether it is a number. */
  readonly headers?: { readonly [member: string]: readonly [name: string, isNumber?: boolean] };
  /** `Link` leads to the next page. */
  readonly next?: boolean;
  /** The member of the output that is the body, all of it by default; `text`: as it is. */
  readonly body?: string;
  readonly text?: boolean;
  readonly empty?: boolean;
  /** Members of the body, or of each of its elements, that are kept as their texts. */
  readonly raw?: readonly string[];
}

export interface WireRoute {
  readonly method: string;
  readonly path: string;
  readonly body?: BodyKind;
  readonly fields: WireFields;
  readonly answers: readonly WireAnswer[];
}

export interface Values {
  readonly [name: string]: unknown;
}
