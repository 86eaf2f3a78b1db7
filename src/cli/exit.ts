/** What the executable's exit statuses mean. */

/** The command line or the environment can't be understood. */
export const usageError = 2;
