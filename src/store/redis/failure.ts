/** What Redis or the way to it says went wrong, in the words of the house. */

import { ApiError } from '../../api/errors.js';

export const isAbout = (error: unknown, code: string) =>
  error instanceof Error && error.message.startsWith(code);

/** Without the command that failed: a job's text is not for the log. */
export function failure(error: unknown): ApiError {
  const cause = new Error(error instanceof Error ? error.message : String(error));
  const words = isAbout(error, 'OOM') ? { message: 'store is full' } : {};
  return new ApiError('storage_failed', { ...words, cause });
}
