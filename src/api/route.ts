/** What a route of the contract says: the shape of its entry. */

import type { ErrorCode } from './errors.js';
import type { Schema } from './schema.js';

/** One named value that an operation takes, and the places on the wire where it may stand (the first found counts). */
export interface Field {
  readonly schema: Schema;
  readonly path?: string | undefined;
  readonly query?: string;
  /** Member of the body, for a route whose body is `members`. */
  readonly member?: string | undefined;
  /** Lower-case name of the request header. */
  readonly header?: string | undefined;
  /** Name of a preference (`Prefer: wait=20`, RFC 7240). */
  readonly prefer?: string;
  /** How it is written, where that is not plain text, or the member's JSON. */
  readonly form?: Form;
  /** In a body: null is a value of its own. */
  readonly nullable?: true;
  /** The value is an array of objects, of which these are the members. */
  readonly each?: { readonly [name: string]: Field };
  /** The error when it stands nowhere; without one the value is optional. */
  readonly missing?: ErrorCode;
  /** The error when it does not fit its schema, `invalid` by default. */
  readonly invalid?: ErrorCode;
  /** A number beyond the schema's maximum counts as the maximum. */
  readonly clamp?: true;
}

/**
 * - `duration`: `500ms`, `30s`, `1h30m`, `PT5M`, or seconds, which become milliseconds; `backoff`: one or several of them, or a word
 * - `list`: parted by commas; `repeated`: the parameter may be given several times
 * - `json`: any JSON value, kept as its text; `quoted`: with or without quotation marks
 */
export type Form = 'duration' | 'backoff' | 'list' | 'repeated' | 'json' | 'quoted';

/**
 * How a request body is read: `job` one job, `batch` `{"jobs":[…]}`, `result` any JSON value or none; the others, of any content
 * type, an object of fields: `members` a small one, `settlement` one as large as a job, `settlements` as large as a batch.
 * A `result` of the type `settledType` is an object of fields, too.
 */
export type BodyKind = 'job' | 'batch' | 'result' | 'members' | 'settlement' | 'settlements';

export const settledType = 'application/vnd.presque.done+json';

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
  readonly answer?: Answer;
  /** Where there are several: by the name that the output has as `answer`, each with its output. The first is the usual one. */
  readonly answers?: { readonly [name: string]: Answer & { readonly output?: Schema } };
  /** Its own ones; more follow from the fields and the body (`route-errors.ts`). */
  readonly errors?: readonly ErrorCode[];
}

/** Everything that a route may answer when nothing went wrong, the usual one first; the name is the output's `answer`. */
export function answersOf(route: Route): (Answer & { readonly name?: string; readonly output?: Schema })[] {
  const { answer, answers, output } = route;
  if (answer) return [{ ...answer, ...(output && { output }) }];
  return Object.entries(answers ?? {}).map(([name, one]) => ({ name, ...one }));
}

/** A method that a path refuses in words of its own instead of 405. */
export interface Refusal {
  readonly method: 'PUT' | 'DELETE';
  readonly path: string;
  readonly error: ErrorCode;
}
