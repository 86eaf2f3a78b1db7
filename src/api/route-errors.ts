/** What a route may answer instead: its own errors, and those that follow from what it takes. */

import type { ErrorCode } from './errors.js';
import type { BodyKind, Route } from './route.js';

const membersErrors = ['body_invalid', 'charset', 'content_encoding', 'too_large', 'busy'] as const;

const bodyErrors: { readonly [K in BodyKind]: readonly ErrorCode[] } = {
  job: ['content_type', 'charset', 'content_encoding', 'job_invalid', 'too_large', 'busy'],
  batch: ['content_type', 'charset', 'content_encoding', 'job_missing', 'job_invalid', 'too_large', 'busy'],
  result: membersErrors,
  members: membersErrors,
  settlement: membersErrors,
  settlements: membersErrors,
};

/** The errors of a route, beside those that every route may have (`anyRouteErrors`). */
export function routeErrors(route: Route): ErrorCode[] {
  const fields = Object.values(route.input).flatMap(({ missing, invalid }) =>
    [missing ?? [], invalid ?? []].flat(),
  );
  const stores = route.method === 'POST' || route.method === 'PUT';
  return [
    ...new Set<ErrorCode>([
      ...fields,
      ...(route.body === undefined ? [] : bodyErrors[route.body]),
      ...(route.errors ?? []),
      ...(stores ? (['storage_full'] as const) : []),
    ]),
  ];
}

export const anyRouteErrors: readonly ErrorCode[] = [
  'invalid',
  'foreign_site',
  'wrong_host',
  'storage_failed',
  'internal',
];
