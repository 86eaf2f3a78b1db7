/** From an HTTP response to the output of an operation, as the contract says, or to the error that it tells. */

import { itemTexts, memberTexts } from '../api/json.js';
import { PresqueError } from './errors.js';
import type { Values, WireAnswer, WireRoute } from './wire.js';

interface HttpResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Throws a `PresqueError` for every answer that the contract does not have for this route. */
export function outputOf(route: WireRoute, response: HttpResponse): unknown {
  const answer = answerOf(route.answers, response);
  if (!answer) throw errorOf(response);
  const { name, headers = {}, next } = answer;
  const output: { [member: string]: unknown } = name === undefined ? {} : { answer: name };
  for (const [member, [header, isNumber]] of Object.entries(headers)) {
    const value = response.headers.get(header);
    if (value !== null) output[member] = isNumber ? Number(value) : value;
  }
  const after = next ? nextOf(response.headers.get('link')) : undefined;
  if (after !== undefined) output.next = after;
  if (answer.empty) return Object.keys(output).length > 0 ? output : undefined;
  const body = bodyOf(answer, response);
  if (answer.body !== undefined) output[answer.body] = body;
  else Object.assign(output, body);
  return output;
}

/** Of several with the same status, the one without a body, or the one for jobs under leases, is told by what came. */
function answerOf(answers: readonly WireAnswer[], { status, headers, text }: HttpResponse) {
  const [first, second] = answers.filter((answer) => answer.status === status);
  if (!first || !second) return first;
  if (first.empty) return text === '' ? first : second;
  return headers.get('presque-delivery') === 'at-least-once' ? second : first;
}

/** `</status/?after=foo>; rel="next"` */
function nextOf(link: string | null): string | undefined {
  const target = /<([^>]*)>\s*;\s*rel="?next"?/.exec(link ?? '')?.[1];
  if (target === undefined) return undefined;
  return new URLSearchParams(target.replace(/^[^?]*\?/, '')).get('after') ?? undefined;
}

function bodyOf({ text: asIs, raw }: WireAnswer, response: HttpResponse): unknown {
  const { text } = response;
  if (asIs) return text;
  try {
    if (!raw) return JSON.parse(text);
    const items = itemTexts(text, Number.POSITIVE_INFINITY);
    return items ? items.map((item) => withRaw(item, raw)) : withRaw(text, raw);
  } catch {
    throw errorOf(response);
  }
}

function withRaw(text: string, raw: readonly string[]): Values {
  const entries = [...(memberTexts(text)?.members ?? [])].map(([name, value]) => [
    name,
    raw.includes(name) ? value : JSON.parse(value),
  ]);
  return Object.fromEntries(entries);
}

/** What the server says (RFC 9457), or that it says nothing that could be understood. */
function errorOf({ status, headers, text }: HttpResponse): PresqueError {
  const requestId = headers.get('x-request-id') ?? undefined;
  const job = headers.get('presque-job') ?? undefined;
  const location = headers.get('location') ?? undefined;
  const retryAfter = Number.parseInt(headers.get('retry-after') ?? '', 10);
  const more = {
    requestId,
    job: job ?? location?.split('/').at(-1),
    retryAfterMs: Number.isNaN(retryAfter) ? undefined : retryAfter * 1000,
  };
  try {
    const { code, error } = JSON.parse(text) as { code?: unknown; error?: unknown };
    if (typeof error === 'string' && typeof code === 'string') {
      return new PresqueError(code, status, error, more);
    }
  } catch {
    // No JSON: not from presque, or from something before it.
  }
  return new PresqueError('unexpected', status, `unexpected answer with status ${status}`, more);
}
