/** How the executable ends, and what its exit statuses mean. */

/** What was asked for can't be done. */
export const failure = 1;
/** The command line or the environment can't be understood. */
export const usageError = 2;
/** There is no such thing. */
export const notFoundStatus = 3;
/** The server asks for a token, or for another one. */
export const authStatus = 4;
/** No server answers (EX_UNAVAILABLE). */
export const unreachableStatus = 69;

/** Ends with one line that says why; 1: what was asked for can't be done. */
export function fail(message: string, code = failure): never {
  process.stderr.write(`presque: ${message}\n`);
  process.exit(code);
}
