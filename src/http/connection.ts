/**
 * One request at a time per connection. Node starts pipelined requests side by side; here the next one waits for the
 * answer of the one before, so that a client's requests are done in the order in which it sent them.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** From so many waiting requests on, no more is read from the connection until half of them are answered. */
const maxWaiting = 64;

interface Line {
  last: ServerResponse;
  waiting: number;
}

export interface Turns {
  /** Calls `serve` when the connection's earlier requests are answered; never, if it is closed before. */
  take(request: IncomingMessage, response: ServerResponse, serve: () => void): void;
  /** Calls `run` when all that was asked on the connection is answered. */
  after(socket: Socket, run: () => void): void;
}

export function createTurns(): Turns {
  const lines = new WeakMap<Socket, Line>();

  return {
    take({ socket }, response, serve) {
      const line = lines.get(socket);
      if (!line) {
        lines.set(socket, { last: response, waiting: 0 });
        return serve();
      }
      const before = line.last;
      line.last = response;
      if (before.writableFinished) return serve();
      line.waiting++;
      if (line.waiting === maxWaiting) socket.pause();
      before.once('close', () => {
        line.waiting--;
        if (line.waiting === maxWaiting / 2) socket.resume();
        if (!socket.destroyed) serve();
      });
    },

    after(socket, run) {
      const last = lines.get(socket)?.last;
      // A request that is not whole is the one that is broken: nothing is owed for it but this.
      if (last?.req.complete && !last.writableFinished) last.once('close', run);
      else run();
    },
  };
}
