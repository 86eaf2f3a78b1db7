/** SQLite stores in files that the tests can look into. */

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DatabaseSync } from '@photostructure/sqlite';
import { test } from 'vitest';
import { openStore } from '../../dist/store/open.js';
import type { Store } from '../../dist/store/store.js';
import { noFailure, tempDirectory } from './store.js';

export interface StoreFile {
  /** Of the database, in a directory that is not there before the first opening. */
  readonly path: string;
  /** The store is closed after the test, when the test has not done it. */
  open(onFailure?: (error: Error) => void): Promise<Store>;
  close(store: Store): Promise<void>;
  /** Names in the directory of the database. */
  names(): string[];
}

/** A test with a database file of its own, in `under` or a directory for temporary files. */
export function fileTest(name: string, run: (file: StoreFile) => Promise<void>, under?: () => string) {
  test(name, async () => {
    const directory = tempDirectory(under?.());
    const path = join(directory.path, 'data', 'presque.db');
    const opened = new Set<Store>();
    const close = async (store: Store) => {
      opened.delete(store);
      await store.close();
    };
    try {
      await run({
        path,
        async open(onFailure = noFailure) {
          const store = await openStore(`sqlite:${path}`, onFailure);
          opened.add(store);
          return store;
        },
        close,
        names: () => readdirSync(dirname(path)).sort(),
      });
    } finally {
      for (const store of opened) await close(store);
      directory.remove();
    }
  });
}

/** A digest of every file in the directory of the database, by name. */
export function contents({ path }: StoreFile): { [name: string]: string } {
  const directory = dirname(path);
  if (!existsSync(directory)) return {};
  const digest = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(directory, name)))
      .digest('hex');
  return Object.fromEntries(
    readdirSync(directory)
      .sort()
      .map((name) => [name, digest(name)]),
  );
}

/** What keeps the store from opening, as a person reads it: the error's name and message. */
export async function refusalOf(opening: Promise<unknown>): Promise<string> {
  try {
    await opening;
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
  return 'opened';
}

export const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

export const makeDirectoryOf = ({ path }: StoreFile) => mkdirSync(dirname(path), { recursive: true });

/** The database itself, while no store has it open. */
export function openRaw(path: string) {
  const sqlite = createRequire(import.meta.url)('@photostructure/sqlite') as {
    DatabaseSync: typeof DatabaseSync;
  };
  return new sqlite.DatabaseSync(path);
}

const openModule = fileURLToPath(new URL('../../dist/store/open.js', import.meta.url));

/** Another process that has opened the store at `path` and runs `body` with it as `store`. */
export function inAnotherProcess(path: string, body: string) {
  const script = `
    try {
      const { openStore } = await import(${JSON.stringify(openModule)});
      const store = await openStore('sqlite:' + ${JSON.stringify(path)}, () => {});
      ${body}
    } catch (error) {
      console.log(error.name + ': ' + error.message);
      process.exit(1);
    }`;
  const child = spawn(process.execPath, ['--eval', `(async () => {${script}})()`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  const exited = new Promise<string>((resolve) => child.once('close', () => resolve(output.trim())));
  const firstLine = new Promise<string>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk;
      if (output.includes('\n')) resolve(output.trim());
    });
  });
  return { firstLine, exited, kill: () => child.kill('SIGKILL') };
}
