/** Sends requests over one connection at a steady pace, each when it is due or, if that is later, when the one before is answered. */
import { performance } from 'node:perf_hooks';
import { openConnection } from './connection.js';
import type { Response } from './response.js';

export interface Pace {
  port: number;
  perSecond: number;
  /** The next request, about to be written. */
  next(): Buffer;
  receive(response: Response): void;
  onError(error: Error): void;
}

export interface Pacer {
  /** Sends no more; resolves when the last request is answered. */
  stop(): Promise<void>;
  close(): void;
}

export async function startPace(pace: Pace): Promise<Pacer> {
  const intervalMs = 1000 / pace.perSecond;
  let dueAtMs = performance.now();
  let timer: NodeJS.Timeout | undefined;
  let rest: (() => void) | undefined;

  const connection = await openConnection({
    port: pace.port,
    onError: pace.onError,
    onResponse(response) {
      pace.receive(response);
      if (rest) return rest();
      // Being late is not made up for by a burst: every request is to meet a server at rest.
      dueAtMs = Math.max(dueAtMs + intervalMs, performance.now());
      schedule();
    },
  });
  const schedule = () => {
    timer = setTimeout(send, dueAtMs - performance.now());
  };
  const send = () => {
    timer = undefined;
    connection.send(pace.next());
  };
  schedule();

  return {
    stop: () =>
      new Promise((resolve) => {
        rest = resolve;
        if (timer === undefined) return;
        clearTimeout(timer);
        resolve();
      }),
    close() {
      clearTimeout(timer);
      connection.close();
    },
  };
}
