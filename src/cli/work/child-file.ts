/** A file that holds a job while a child works on it, for its owner only. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface JobFile {
  readonly path: string;
  remove(): void;
}

/** Throws what the file system says. */
export function writeJobFile(text: string): JobFile {
  const directory = mkdtempSync(join(tmpdir(), 'presque-job-'));
  const path = join(directory, 'job.json');
  const remove = () => rmSync(directory, { recursive: true, force: true });
  try {
    writeFileSync(path, text, { mode: 0o600 });
  } catch (error) {
    remove();
    throw error;
  }
  return { path, remove };
}
