/**
 * One request at a time per connection. Node starts pipelined requests side by side; here the next one waits for the
 * answer of the one before, so that a client's requests are done in the order in which it sent them.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A client that pipelines more than this is cut off: what waits takes memory. */
const maxWaiting = 256;

interface Line {
  last: ServerResponse;
  waiting: number;
}

export type TakeTurn = (request: IncomingMessage, response: ServerResponse, serve: () => void) => void;

/** Calls `serve` when the connection's earlier requests are answered; never, if it is closed before. */
export function createTurns(): TakeTurn {
  const lines = new WeakMap<Socket, Line>();

  return ({ socket }, response, serve) => {
    const line = lines.get(socket);
    if (!line) {
      lines.set(socket, { last: response, waiting: 0 });
      return serve();
    }
    const before = line.last;
    line.last = response;
    if (before.writableFinished) return serve();
    if (line.waiting >= maxWaiting) return void socket.destroy();
    line.waiting++;
    before.once('close', () => {
      line.waiting--;
      if (!socket.destroyed) serve();
    });
  };
}
