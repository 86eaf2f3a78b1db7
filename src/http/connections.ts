/** The open connections, and how a stop ends them: who asked is answered, who asks nothing is not waited for. */

import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

interface State {
  /** Answers that are not on their way yet. */
  underWay: number;
  /** What had been read when the last answer was done: when more was read since, a request is arriving. */
  readThen: number;
}

export interface Connections {
  /** An answer that is owed from now on, until it is closed. */
  owe(socket: Socket, response: ServerResponse): void;
  /** From now on connections are closed as soon as nothing is owed on them. Resolves when there are none. */
  stop(): Promise<void>;
  readonly isStopping: boolean;
}

/** Node's own idea of an idle connection counts an answer as done that was written but not sent yet. */
export function createConnections(server: Server): Connections {
  const states = new Map<Socket, State>();
  let stopped: (() => void) | undefined;

  function closeIfIdle(socket: Socket) {
    const state = states.get(socket);
    if (state?.underWay === 0 && socket.bytesRead === state.readThen) socket.destroy();
  }

  server.on('connection', (socket) => {
    if (stopped) return void socket.destroy();
    states.set(socket, { underWay: 0, readThen: 0 });
    socket.once('close', () => {
      states.delete(socket);
      if (states.size === 0) stopped?.();
    });
  });

  return {
    owe(socket, response) {
      const state = states.get(socket);
      if (!state) return;
      state.underWay++;
      response.once('close', () => {
        state.underWay--;
        state.readThen = socket.bytesRead;
        if (stopped) closeIfIdle(socket);
      });
    },
    stop() {
      return new Promise((resolve) => {
        stopped = resolve;
        for (const socket of states.keys()) closeIfIdle(socket);
        if (states.size === 0) resolve();
      });
    },
    get isStopping() {
      return stopped !== undefined;
    },
  };
}
