/** From the input of an operation to an HTTP request, as the contract says. */

import { PresqueError } from './errors.js';
import type { Values, WireField, WireFields, WireRoute } from './wire.js';

export interface HttpRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: { [name: string]: string };
  readonly body?: string;
}

/** Throws a `PresqueError` for a name that a URL can't carry. */
export function requestOf(route: WireRoute, input: Values): HttpRequest {
  const query = new URLSearchParams();
  const headers: { [name: string]: string } = {};
  const preferences: string[] = [];
  let path = route.path;
  for (const [name, [place, key, form]] of Object.entries(route.fields)) {
    const value = input[name];
    if (value === undefined) continue;
    if (place === 'path') path = path.replace(`:${key}`, segment(key, value));
    else if (place === 'query') for (const text of texts(value, form)) query.append(key, text);
    else if (place === 'header') headers[key] = headerText(form === 'quoted' ? quoted(value) : String(value));
    else if (place === 'prefer') preferences.push(`${key}=${quoted(written(value, form))}`);
  }
  if (preferences.length > 0) headers.prefer = headerText(preferences.join(', '));
  const body = bodyOf(route, input);
  if (body) headers['content-type'] = body.type;
  const search = query.size > 0 ? `?${query}` : '';
  return { method: route.method, path: path + search, headers, ...(body && { body: body.text }) };
}

/** What a URL would take for a step to somewhere else is no name. */
function segment(key: string, value: unknown): string {
  const names = Array.isArray(value) ? value.map(String) : [String(value)];
  for (const name of names) {
    if (name !== '' && name !== '.' && name !== '..') continue;
    throw key === 'queue'
      ? new PresqueError('queue_invalid', 400, 'queue name is invalid')
      : new PresqueError('job_unknown', 404, 'no such job');
  }
  return names.map(encodeURIComponent).join(',');
}

const quoted = (value: unknown) => `"${String(value).replace(/["\\]/g, '\\$&')}"`;

/** What a header can't carry, `fetch` would tell like a lost connection: as a letter that no field takes it is the server that refuses it. */
export const headerText = (text: string) => text.replace(/[^ -~]/g, '\xff');

/** A value as text: durations are milliseconds here. */
function written(value: unknown, form: WireField[2]): string {
  if (form === 'duration') return `${value}ms`;
  if (form === 'backoff' && Array.isArray(value)) return value.map((ms) => `${ms}ms`).join(',');
  return String(value);
}

const texts = (value: unknown, form: WireField[2]): string[] =>
  Array.isArray(value) && form === 'repeated' ? value.map(String) : [written(value, form)];

function bodyOf(
  route: WireRoute,
  input: Values,
): { readonly type: string; readonly text: string } | undefined {
  const type = 'application/json';
  switch (route.body) {
    case undefined:
      return undefined;
    case 'job':
      return { type, text: String(input.job) };
    case 'batch':
      return { type, text: `{"jobs":[${(input.jobs as string[]).join(',')}]}` };
    case 'result':
      if (input.push !== undefined) {
        return { type: 'application/vnd.presque.done+json', text: objectText(route.fields, input) };
      }
      return input.result === undefined ? undefined : { type, text: String(input.result) };
    default: {
      const text = objectText(route.fields, input);
      return text === '{}' ? undefined : { type, text };
    }
  }
}

function objectText(fields: WireFields, values: Values): string {
  const members = Object.entries(fields).flatMap(([name, field]) => {
    const value = values[name];
    if (field[0] !== 'member' || value === undefined) return [];
    return [`${JSON.stringify(field[1])}:${memberText(field, value)}`];
  });
  return `{${members.join(',')}}`;
}

function memberText([, , form, each]: WireField, value: unknown): string {
  if (value === null) return 'null';
  if (form === 'json') return String(value);
  if (each) return `[${(value as Values[]).map((one) => objectText(each, one)).join(',')}]`;
  if (form === 'backoff' && Array.isArray(value)) return JSON.stringify(value.map((ms) => `${ms}ms`));
  return JSON.stringify(form === 'duration' ? `${value}ms` : value);
}
