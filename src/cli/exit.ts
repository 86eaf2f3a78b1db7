/** How the executable ends, and what its exit statuses mean. */

/** The command line or the environment can't be understood. */
export const usageError = 2;

/** Ends with one line that says why; 1: what was asked for can't be done. */
export function fail(message: string, code = 1): never {
  process.stderr.write(`presque: ${message}\n`);
  process.exit(code);
}
