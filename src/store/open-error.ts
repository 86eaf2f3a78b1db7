/** Why a store can't be opened: the message is for a person, and names the file or the address. */

export class OpenError extends Error {
  override readonly name = 'OpenError';
}
