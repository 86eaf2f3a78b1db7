/** The errors of the client, and those by which a handler says what is to become of its job. */

import type { ErrorCode } from '../api/errors.js';
import { type Duration, millisecondsOf } from './duration.js';

/** Those of the server, and what a client finds by itself. */
export type PresqueErrorCode =
  | ErrorCode
  /** No connection, or none that lasted until an answer; status 0. */
  | 'unreachable'
  /** An answer that is not presque's. */
  | 'unexpected'
  /** The job had not ended when the time was over; status 0. */
  | 'not_ended';

/** What the client rejects with, but for an abort, which rejects with the signal's reason, and a `TypeError` for wrong arguments. */
export class PresqueError extends Error {
  override readonly name = 'PresqueError';
  readonly code: PresqueErrorCode | (string & {});
  /** The HTTP status, 0 without an answer. */
  readonly status: number;
  /** The server's name of the request, to be found in its log. */
  readonly requestId: string | undefined;
  /** The job that it is about, where the answer names one: that has the unique key, that is stored though not as durable as demanded. */
  readonly job: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(
    code: string,
    status: number,
    message: string,
    more: {
      readonly requestId?: string | undefined;
      readonly job?: string | undefined;
      readonly retryAfterMs?: number | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: more.cause });
    this.code = code;
    this.status = status;
    this.requestId = more.requestId;
    this.job = more.job;
    this.retryAfterMs = more.retryAfterMs;
  }
}

/** A handler that throws it has its job dead: it is not tried again. */
export class Dead extends Error {
  override readonly name = 'Dead';
}

/** A handler that throws it gives its job back, to come again after `delay`; no attempt is spent. Throws a `TypeError` for no duration. */
export class Snooze extends Error {
  override readonly name = 'Snooze';
  readonly delayMs: number;

  constructor(delay: Duration, message = 'snoozed') {
    super(message);
    this.delayMs = millisecondsOf(delay, 'delay');
  }
}

/** Why a handler's signal is aborted. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
  readonly code: 'timeout' | 'cancelled' | 'lost' | 'stopped';

  constructor(code: Stopped['code'], message: string) {
    super(message);
    this.code = code;
  }
}
