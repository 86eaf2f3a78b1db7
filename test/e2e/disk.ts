/** A disk so small that it can be filled: a tmpfs of its own for the test that runs. */

import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { temporaryDirectory } from '../support/process.js';
import { works } from './needs.js';

/** The path of a disk of 24 MiB, which goes when the test ends. */
export function smallDisk(): string {
  const path = join(temporaryDirectory(), 'disk');
  mkdirSync(path);
  expect(works('mount', '-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', path)).toBe(true);
  onTestFinished(() => {
    works('umount', '-l', path);
  });
  return path;
}

export function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}

/** Leaves no room; gives what makes room again. */
export function fill(path: string): () => void {
  const filler = join(path, 'filler');
  for (let chunk = 1024 * 1024; chunk >= 4096; chunk /= 4) {
    while (freeBytes(path) >= chunk) writeFileSync(filler, Buffer.alloc(chunk), { flag: 'a' });
  }
  return () => rmSync(filler);
}
