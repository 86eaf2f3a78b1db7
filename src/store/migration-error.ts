/** Why a store can't be copied into another one: the message is for a person, and names them. */

export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}
