/** Reads the query of a URL: names to values, each name once, empty pairs skipped. */

import { ApiError } from '../api/errors.js';

export type Query = ReadonlyMap<string, string>;

const none: Query = new Map();

export function parseQuery(text: string): Query {
  if (text === '') return none;
  const query = new Map<string, string>();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    if (query.has(name)) throw new ApiError('invalid', { message: `${name} is given more than once` });
    query.set(name, equals < 0 ? '' : decode(pair.slice(equals + 1)));
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
