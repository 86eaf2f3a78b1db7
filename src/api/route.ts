/** What a route of the contract says: the shape of its entry. */

import type { ErrorCode } from './errors.js';
import type { Schema } from './schema.js';

/** One named value that an operation takes, and the places on the wire where it may stand (the first found counts). */
export interface Field {
  readonly schema: Schema;
  readonly path?: string | undefined;
  readonly query?: string;
  /** Member of the body, for a route whose body is `members`. */
  readonly member?: string;
  /** Lower-case name of the request header. */
  readonly header?: string;
  /** Name of a preference (`Prefer: wait=20`, RFC 7240). */
  readonly prefer?: string;
  /** `duration`: `500ms`, `30s`, `1h30m`, `PT5M`, or seconds, which become milliseconds. `list`: parted by commas. */
  readonly form?: 'duration' | 'list';
  /** The error when it stands nowhere; without one the value is optional. */
  readonly missing?: ErrorCode;
  /** The error when it does not fit its schema, `invalid` by default. */
  readonly invalid?: ErrorCode;
  /** A number beyond the schema's maximum counts as the maximum. */
  readonly clamp?: true;
}

/** How a request body is read: `job` one job, `batch` `{"jobs":[…]}`, `members` an object of fields (any content type). */
export type BodyKind = 'job' | 'batch' | 'members';

export interface Answer {
  readonly status: number;
  /** Response headers as templates over what came in and what goes out: `/j/{queue}/{id}`. Left out when a value is absent. */
  readonly headers?: { readonly [name: string]: string };
  /** The member of the output that is the body, all of it by default; `text` sends a string as it is. */
  readonly body?: string;
  readonly text?: true;
  /** The headers say all there is to say. */
  readonly empty?: true;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  /** The query parameter whose presence chooses this route among those of the same path. */
  readonly when?: string;
  readonly scope: 'open' | 'push' | 'take' | 'read' | 'control';
  readonly summary: string;
  readonly input: { readonly [name: string]: Field };
  readonly body?: BodyKind;
  readonly output?: Schema;
  readonly answer: Answer;
  /** Its own ones; more follow from the fields and the body (`route-errors.ts`). */
  readonly errors?: readonly ErrorCode[];
}

/** A method that a path refuses in words of its own instead of 405. */
export interface Refusal {
  readonly method: 'PUT' | 'DELETE';
  readonly path: string;
  readonly error: ErrorCode;
}
