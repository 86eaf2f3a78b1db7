/** From what stands on the wire to the type of a field. What can't be converted stays as it is, and does not fit. */

import parseDuration from 'parse-duration';
import type { Field } from '../api/route.js';
import type { Schema } from '../api/schema.js';

export type Convert = (found: unknown) => unknown;

export function converterOf({ form, schema, clamp }: Field): Convert | undefined {
  switch (form) {
    case 'duration':
      return toMilliseconds;
    case 'backoff':
      return toBackoff;
    case 'list':
      return (found) => String(found).split(',');
    case 'repeated':
      return (found) => (typeof found === 'string' ? [found] : found);
    case 'quoted':
      return toUnquoted;
    default:
      return schema.type === 'integer' ? toInteger(clamp ? schema : {}) : undefined;
  }
}

function toInteger({ maximum = Number.POSITIVE_INFINITY }: Schema): Convert {
  return (found) =>
    typeof found === 'string' && /^-?\d+$/.test(found) ? Math.min(Number(found), maximum) : found;
}

const duration =
  /^(?:\d+(?:\.\d+)?|(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+|P(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)$/;

/** `500ms`, `30s`, `1h30m`, `7d`, `PT5M` (ISO 8601), or a number of seconds. */
function toMilliseconds(found: unknown): unknown {
  if (typeof found === 'number') return found < 0 ? found : wholeMs(found * 1000);
  if (typeof found !== 'string' || !duration.test(found)) return found;
  const ms = parseDuration(found.replace(/^PT?|T/g, ''), 's');
  return ms === null ? found : wholeMs(ms * 1000);
}

/** Only zero is nothing; a fraction of a millisecond is one. What is over by a rounding error is not. */
const wholeMs = (ms: number) => Math.ceil(Number(ms.toPrecision(15)));

/** `exponential`, `fixed 30s`, `10s,1m,10m`, or an array of durations. */
function toBackoff(found: unknown): unknown {
  if (found === 'exponential') return found;
  if (typeof found === 'string')
    return found
      .replace(/^fixed /, '')
      .split(',')
      .map(toMilliseconds);
  return Array.isArray(found) ? found.map(toMilliseconds) : found;
}

/** A string of structured fields (RFC 9651, 3.3.3), or the bare text. */
function toUnquoted(found: unknown): unknown {
  const quoted = typeof found === 'string' ? /^"(.*)"$/.exec(found)?.[1] : undefined;
  return quoted === undefined ? found : quoted.replace(/\\(["\\])/g, '$1');
}
