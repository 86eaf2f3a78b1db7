/** Opens SQLite by whichever binding this Node has: the built-in one, or the package with the same interface. */

import process from 'node:process';
import type { DatabaseSync } from '@photostructure/sqlite';

export type Database = InstanceType<typeof DatabaseSync>;

interface Binding {
  readonly DatabaseSync: new (path: string, options?: { readOnly?: boolean }) => Database;
}

const builtIn = process.getBuiltinModule?.('node:sqlite') as Binding | undefined;
const binding: Binding = builtIn ?? (await import('@photostructure/sqlite'));

export function openDatabase(path: string, options: { readOnly?: boolean } = {}): Database {
  return new binding.DatabaseSync(path, options);
}

/** SQLite's primary result code of an error that a call threw, if it is one. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number')
    return undefined;
  return error.errcode & 0xff;
}

/** https://sqlite.org/rescode.html */
export const resultCode = { busy: 5, ioError: 10, corrupt: 11, full: 13, notADatabase: 26 } as const;
