/** Keeps long polls open, one on each connection, and asks again as soon as one is answered. */
import { performance } from 'node:perf_hooks';
import { type Connection, openConnection } from './connection.js';
import type { Response } from './response.js';

export interface Polls {
  port: number;
  connections: number;
  request: Buffer;
  /** Called with an answer when it has been read, at `readAtMs`. */
  receive(response: Response, readAtMs: number, waitedMs: number): void;
  onError(error: Error): void;
}

/** Resolves when all polls are sent; the function closes them, answered or not. */
export async function holdPolls(polls: Polls): Promise<() => void> {
  const open: Connection[] = [];
  const close = () => {
    for (const connection of open) connection.close();
  };
  try {
    for (let index = 0; index < polls.connections; index += 1) {
      let sentAtMs = 0;
      const ask = () => {
        sentAtMs = performance.now();
        connection.send(polls.request);
      };
      const connection = await openConnection({
        port: polls.port,
        onError: polls.onError,
        onResponse(response) {
          const readAtMs = performance.now();
          polls.receive(response, readAtMs, readAtMs - sentAtMs);
          ask();
        },
      });
      open.push(connection);
      ask();
    }
  } catch (error) {
    close();
    throw error;
  }
  return close;
}
