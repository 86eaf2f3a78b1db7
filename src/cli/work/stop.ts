/** What stops a worker: signals, and what shows that it can't go on. */

import { failure } from '../exit.js';
import type { Output } from '../terminal/output.js';

export interface Stopping {
  /** Aborted once the worker is to stop. */
  readonly signal: AbortSignal;
  /** The exit status of one that can't go on. */
  readonly status: number | undefined;
  /** It can't go on: the first reason counts, and is answered with true. */
  stop(status: number): boolean;
}

/** The first of these signals stops it; a second one ends the process at once. `kill` is called however that ends. */
export function createStopping(output: Output, kill: () => void): Stopping {
  const controller = new AbortController();
  let status: number | undefined;
  let isTold = false;
  const onSignal = (name: NodeJS.Signals) => {
    // A terminal that is closed says so more than once.
    if (isTold && name === 'SIGHUP') return;
    if (isTold) process.exit(failure);
    isTold = true;
    output.say('stopping: no other job is taken; a second signal ends it at once');
    controller.abort();
  };
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, onSignal);
  process.on('exit', kill);
  return {
    signal: controller.signal,
    get status() {
      return status;
    },
    stop(reason) {
      const isFirst = status === undefined;
      status ??= reason;
      controller.abort();
      return isFirst;
    },
  };
}
