/** A child with all that it started: asked to end, then made to. */

import { setTimeout as pause } from 'node:timers/promises';

const lookEveryMs = 20;

/** Signals every process of the group; whether there was one. */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leader, signal);
  } catch (error) {
    // One that may not be signalled (it changed its user) is there all the same.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** SIGTERM, and SIGKILL for what is left of the group after `killAfterMs`. Resolves when nothing is left, or was killed. */
export async function endGroup(leader: number, killAfterMs: number): Promise<void> {
  const end = performance.now() + killAfterMs;
  signalGroup(leader, 'SIGTERM');
  while (signalGroup(leader, 0)) {
    if (performance.now() >= end) {
      signalGroup(leader, 'SIGKILL');
      return;
    }
    await pause(lookEveryMs);
  }
}
