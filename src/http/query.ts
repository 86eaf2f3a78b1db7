/** Reads the query of a URL: names to values, to all of them where a name is given several times; empty pairs are skipped. */

import { ApiError } from '../api/errors.js';

export type Query = ReadonlyMap<string, string | readonly string[]>;

const none: Query = new Map();

export function parseQuery(text: string): Query {
  if (text === '') return none;
  const query = new Map<string, string | readonly string[]>();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? '' : decode(pair.slice(equals + 1));
    const before = query.get(name);
    query.set(name, before === undefined ? value : [before, value].flat());
  }
  return query;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new ApiError('invalid', { message: 'query is not valid percent-encoded UTF-8' });
  }
}
