/** Why a store can't be opened. */

/** The message is for a person, and names the file. */
export class OpenError extends Error {
  override readonly name = 'OpenError';
}
