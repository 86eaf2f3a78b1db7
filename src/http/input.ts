/** From what stands on the wire to the input of an operation: finds, converts and validates every field. */

import type { IncomingHttpHeaders } from 'node:http';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import parseDuration from 'parse-duration';
import { ApiError } from '../api/errors.js';
import type { Field, Route } from '../api/route.js';
import type { Schema } from '../api/schema.js';
import { isRepeated } from './access.js';
import type { BodyContent } from './body.js';
import type { Query } from './query.js';

export interface Wire {
  readonly params: { readonly [name: string]: string | undefined };
  readonly query: Query;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: BodyContent;
}

export type InputValues = { [name: string]: unknown };

const ajv = new Ajv({ verbose: true, strict: true });
ajv.addKeyword({
  keyword: 'maxBytes',
  type: 'string',
  validate: (limit: number, value: string) => Buffer.byteLength(value) <= limit,
});
ajv.addKeyword('says');

/** Reads the input of one route. Throws an `ApiError` that names the field which does not fit. */
export function createInputReader(route: Route): (wire: Wire) => InputValues {
  const fields = Object.entries(route.input).map(([name, field]) => createField(name, field));
  const queryNames = new Set(Object.values(route.input).flatMap(({ query }) => query ?? []));
  const memberNames = new Set(Object.values(route.input).flatMap(({ member }) => member ?? []));
  return (wire) => {
    const input: InputValues = {};
    for (const { name, read } of fields) {
      const value = read(wire);
      if (value !== undefined) input[name] = value;
    }
    for (const name of wire.query.keys()) if (!queryNames.has(name)) throw unknownParameter(name);
    for (const name in wire.body.members) if (!memberNames.has(name)) throw unknownParameter(name);
    return input;
  };
}

export const unknownParameter = (name: string) =>
  new ApiError('invalid', { message: `${JSON.stringify(name)} is not a parameter of this route` });

function createField(name: string, field: Field) {
  const validate: ValidateFunction = ajv.compile(field.schema);
  const find = finder(name, field);
  const convert = converter(field);
  const wireName = field.query ?? field.member ?? field.header ?? name;
  return {
    name,
    read(wire: Wire): unknown {
      const found = find(wire);
      if (found === undefined || (found === '' && field.missing !== undefined)) {
        if (field.missing === undefined) return undefined;
        throw new ApiError(field.missing);
      }
      const value = convert ? convert(found) : found;
      if (validate(value)) return value;
      throw new ApiError(field.invalid ?? 'invalid', { message: sentence(wireName, validate.errors?.[0]) });
    },
  };
}

function finder(name: string, { path, query, member, header, prefer }: Field): (wire: Wire) => unknown {
  if (path !== undefined) return ({ params }) => params[path];
  if (query === undefined && member === undefined && header === undefined) {
    return ({ body }) => body[name as keyof BodyContent];
  }
  return (wire) => {
    const inQuery = query === undefined ? undefined : wire.query.get(query);
    if (inQuery !== undefined) return inQuery;
    const inBody = member === undefined ? undefined : memberOf(wire.body, member);
    if (inBody !== undefined) return inBody;
    const inHeader = header === undefined ? undefined : headerOf(wire, header);
    if (inHeader !== undefined) return inHeader;
    return prefer === undefined ? undefined : preference(wire.headers.prefer, prefer);
  };
}

function headerOf({ headers, rawHeaders }: Wire, name: string): unknown {
  const value = headers[name];
  // Node joins what is given twice.
  if (value?.includes(', ') && isRepeated(rawHeaders, name)) {
    throw new ApiError('invalid', { message: `${name} is given more than once` });
  }
  return value === '' ? undefined : value;
}

/** The value of a preference, with or without quotes (RFC 7240). */
function preference(header: string | string[] | undefined, name: string): string | undefined {
  for (const part of String(header ?? '').split(',')) {
    const match = /^\s*([^\s=;]+)\s*=\s*"?([^";]*)"?\s*(?:;.*)?$/.exec(part);
    if (match?.[1]?.toLowerCase() === name) return match[2]?.trim();
  }
  return undefined;
}

function memberOf({ members }: BodyContent, name: string): unknown {
  return members && Object.hasOwn(members, name) ? members[name] : undefined;
}

/** From text to the type of the schema. What can't be converted stays text, which does not fit. */
function converter({ form, schema, clamp }: Field): ((found: unknown) => unknown) | undefined {
  if (form === 'duration') return toMilliseconds;
  if (form === 'list') return (found) => String(found).split(',');
  return schema.type === 'integer' ? toInteger(clamp ? schema : {}) : undefined;
}

function toInteger({ maximum = Number.POSITIVE_INFINITY }: Schema) {
  return (found: unknown) =>
    typeof found === 'string' && /^-?\d+$/.test(found) ? Math.min(Number(found), maximum) : found;
}

const duration =
  /^(?:\d+(?:\.\d+)?|(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+|P(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)$/;

/** `500ms`, `30s`, `1h30m`, `7d`, `PT5M` (ISO 8601), or a number of seconds. */
function toMilliseconds(found: unknown): unknown {
  if (typeof found !== 'string' || !duration.test(found)) return found;
  const ms = parseDuration(found.replace(/^PT?|T/g, ''), 's');
  return ms === null ? found : Math.round(ms * 1000);
}

function sentence(name: string, error: ErrorObject | undefined): string {
  const says = (error?.parentSchema as Schema | undefined)?.says;
  return says ?? `${name} ${error?.message ?? 'is invalid'}`;
}
