/** From what stands on the wire to the input of an operation: finds, converts and validates every field. */

import type { IncomingHttpHeaders } from 'node:http';
import { ApiError } from '../api/errors.js';
import { itemTexts, memberTexts } from '../api/json.js';
import type { Field, Route } from '../api/route.js';
import { isRepeated } from './access.js';
import type { BodyContent } from './body.js';
import { converterOf } from './convert.js';
import type { Query } from './query.js';
import { checkJsonBounds, createValidator, wireNameOf } from './validation.js';

export interface Wire {
  readonly params: { readonly [name: string]: string | undefined };
  readonly query: Query;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: BodyContent;
}

export type InputValues = { [name: string]: unknown };

type Fields = { readonly [name: string]: Field };
type Bounds = { readonly maxJobBytes: number };

/** Reads the input of one route. Throws an `ApiError` that names the field which does not fit. */
export function createInputReader(route: Route, bounds: Bounds): (wire: Wire) => InputValues {
  const readAll = createFieldsReader(route.input, finder, bounds);
  // Most requests have no query and no preference: then what could only stand there is not looked for.
  const always = Object.entries(route.input).filter(([, field]) => !isSparable(route, field));
  const readAlways = createFieldsReader(Object.fromEntries(always), finder, bounds);
  const queryNames = new Set(Object.values(route.input).flatMap(({ query }) => query ?? []));
  const checkMembers = createMembersCheck(route.input);
  return (wire) => {
    const isBare = wire.query.size === 0 && wire.headers.prefer === undefined;
    const input = isBare ? readAlways(wire) : readAll(wire);
    for (const name of wire.query.keys()) if (!queryNames.has(name)) throw unknownParameter(name);
    if (wire.body.members) checkMembers(wire.body.members);
    return input;
  };
}

export const unknownParameter = (name: string) =>
  new ApiError('invalid', { message: `${JSON.stringify(name)} is not a parameter of this route` });

/** What can only stand in a query or a preference. */
function isSparable({ body }: Route, { query, prefer, header, path, member, missing }: Field): boolean {
  const hasMembers = body !== undefined && body !== 'job' && body !== 'batch';
  if (path !== undefined || header !== undefined || missing !== undefined) return false;
  return (query !== undefined || prefer !== undefined) && !(hasMembers && member !== undefined);
}

function createFieldsReader<W>(
  fields: Fields,
  finderOf: (name: string, field: Field) => (wire: W) => unknown,
  bounds: Bounds,
): (wire: W) => InputValues {
  const readers = Object.entries(fields).map(([name, field]) => {
    const find = finderOf(name, field);
    const read = createReader(name, field, bounds);
    return { name, read: (wire: W) => read(find(wire)) };
  });
  return (wire) => {
    const input: InputValues = {};
    for (const { name, read } of readers) {
      const value = read(wire);
      if (value !== undefined) input[name] = value;
    }
    return input;
  };
}

/** Converts and validates what was found for a field. */
function createReader(name: string, field: Field, bounds: Bounds): (found: unknown) => unknown {
  const wireName = wireNameOf(name, field);
  const readValue = field.each
    ? createListReader(field, field.each, bounds)
    : field.form === 'json'
      ? createJsonReader(wireName, bounds)
      : createValueReader(wireName, field);
  return (found) => {
    if (found === undefined || (found === '' && field.missing !== undefined)) {
      if (field.missing === undefined) return undefined;
      throw new ApiError(field.missing);
    }
    if (found === null && field.nullable) return null;
    return readValue(found);
  };
}

function createValueReader(wireName: string, field: Field): (found: unknown) => unknown {
  const check = createValidator(wireName, field);
  const convert = converterOf(field);
  return (found) => {
    const value = convert ? convert(found) : found;
    check(value);
    return value;
  };
}

function createJsonReader(name: string, { maxJobBytes }: Bounds): (found: unknown) => unknown {
  return (found) => {
    const text = String(found);
    checkJsonBounds(name, text, maxJobBytes);
    return text;
  };
}

/** The objects of an array, each of these fields. */
function createListReader(
  { member = '', schema }: Field,
  fields: Fields,
  bounds: Bounds,
): (found: unknown) => InputValues[] {
  const readFields = createFieldsReader(fields, memberFinder, bounds);
  const checkMembers = createMembersCheck(fields);
  const limit = schema.maxItems ?? 0;
  const refuse = () => new ApiError('invalid', { message: schema.says ?? `${member} must be an array` });

  function readItem(text: string): InputValues {
    const item = memberTexts(text);
    if (!item) throw new ApiError('invalid', { message: 'must be an object' });
    if (item.repeated !== undefined) {
      throw new ApiError('invalid', { message: `${item.repeated} is given more than once` });
    }
    checkMembers(item.members);
    return readFields(item.members);
  }

  return (found) => {
    const items = itemTexts(String(found), limit);
    if (!items || items.length > limit) throw refuse();
    return items.map((text, index) => {
      try {
        return readItem(text);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        throw new ApiError(error.code, { message: `${member}[${index}]: ${error.message}` });
      }
    });
  };
}

function createMembersCheck(fields: Fields): (members: ReadonlyMap<string, string>) => void {
  const known = new Set(Object.values(fields).flatMap(({ member }) => member ?? []));
  return (members) => {
    for (const name of members.keys()) if (!known.has(name)) throw unknownParameter(name);
  };
}

function finder(name: string, field: Field): (wire: Wire) => unknown {
  const { path, query, member, header, prefer, form } = field;
  if (path !== undefined) return ({ params }) => params[path];
  const inMembers = memberFinder(name, field);
  const ofBody = name as keyof BodyContent;
  return (wire) => {
    const inQuery = query === undefined ? undefined : wire.query.get(query);
    if (typeof inQuery === 'object' && form !== 'repeated') {
      throw new ApiError('invalid', { message: `${query} is given more than once` });
    }
    if (inQuery !== undefined) return inQuery;
    const inBody =
      member !== undefined && wire.body.members ? inMembers(wire.body.members) : wire.body[ofBody];
    if (inBody !== undefined) return inBody;
    const inHeader = header === undefined ? undefined : headerOf(wire, header);
    if (inHeader !== undefined) return inHeader;
    return prefer === undefined ? undefined : preference(wire.headers.prefer, prefer);
  };
}

function memberFinder(_name: string, { member = '', form, each }: Field) {
  const staysText = form === 'json' || each !== undefined;
  return (members: ReadonlyMap<string, string>): unknown => {
    const text = members.get(member);
    return text === undefined || staysText ? text : JSON.parse(text);
  };
}

function headerOf({ headers, rawHeaders }: Wire, name: string): unknown {
  const value = headers[name];
  // Node joins what is given twice.
  if (value?.includes(', ') && isRepeated(rawHeaders, name)) {
    throw new ApiError('invalid', { message: `${name} is given more than once` });
  }
  // Old clients send the worker's name on every request, also when they have none.
  return value === '' && name === 'x-presque-workerid' ? undefined : value;
}

/** The value of a preference, with or without quotes (RFC 7240); commas in quotes part nothing. */
function preference(header: string | string[] | undefined, name: string): string | undefined {
  const preferences = String(header ?? '').matchAll(
    /([^\s=;,"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*))/g,
  );
  for (const [, found = '', quoted, bare] of preferences) {
    if (found.toLowerCase() === name) return (quoted ?? bare)?.trim();
  }
  return undefined;
}
