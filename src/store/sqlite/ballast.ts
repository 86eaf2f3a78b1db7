/**
 * Room held back on the disk. A full disk would stop even deletes, since SQLite writes what it deletes to its log
 * first: then the ballast is let go, and what frees room has room to work in.
 */

import { closeSync, fsyncSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

const bytes = 4 * 1024 * 1024;

export type Ballast = ReturnType<typeof createBallast>;

export function createBallast(path: string) {
  let held = false;

  function roomFor(size: number): boolean {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize >= size;
  }

  function write() {
    const file = openSync(path, 'w', 0o600);
    try {
      const block = Buffer.alloc(64 * 1024);
      for (let at = 0; at < bytes; at += block.length) {
        if (writeSync(file, block) < block.length) throw new Error('no room');
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }

  return {
    get held() {
      return held;
    },

    /** Takes the room again when there is as much left beside it; otherwise leaves it. */
    hold(): boolean {
      if (held) return true;
      try {
        if (!roomFor(2 * bytes)) return false;
        write();
        held = true;
      } catch {
        this.release();
      }
      return held;
    },

    release() {
      held = false;
      try {
        rmSync(path, { force: true });
      } catch {
        // Whatever is wrong with the directory shows in the next commit.
      }
    },
  };
}
