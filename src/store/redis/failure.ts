/** What Redis or the way to it says went wrong, in the words of the house. */

import { ApiError } from '../../api/errors.js';

export const isAbout = (error: unknown, code: string) =>
  error instanceof Error && error.message.startsWith(code);

/** Without the command that failed: a job's text is not for the log. */
export function failure(error: unknown): ApiError {
  const cause = new Error(error instanceof Error ? error.message : String(error));
  // What Redis itself says of a command is an answer: anything else means that none came.
  cause.name = error instanceof Error ? error.name : 'Error';
  const words = isAbout(error, 'OOM') ? { message: 'store is full' } : {};
  return new ApiError('storage_failed', { ...words, cause });
}

const causeOf = (error: unknown) =>
  error instanceof ApiError && error.cause instanceof Error ? error.cause : undefined;

/** Redis said it. */
export const isAnswer = (error: unknown) => causeOf(error)?.name === 'ReplyError';

/** It was sent and no answer came: it may have been done, or may still be. */
export function isUncertain(error: unknown): boolean {
  const cause = causeOf(error);
  return cause !== undefined && !isAnswer(error) && !isAbout(cause, "Stream isn't writeable");
}

/** It was waited for as long as one waits. */
export const isTimeout = (error: unknown) => isAbout(causeOf(error), 'Command timed out');
