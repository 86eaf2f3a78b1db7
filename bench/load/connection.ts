// One keep-alive connection on a bare socket: one request out, one response in, never two at once.
import { connect } from 'node:net';
import { createResponseParser, type Response } from './response.js';

export interface Connection {
  /** Sends one request; `onResponse` is called once with its answer. The bytes may be reused after that. */
  send(request: Buffer): void;
  close(): void;
}

export interface ConnectionEvents {
  port: number;
  onResponse(response: Response): void;
  /** Called once; the connection is of no more use then. */
  onError(error: Error): void;
}

/** Resolves when connected; later trouble goes to `onError`. */
export function openConnection(events: ConnectionEvents): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const parse = createResponseParser();
    let closed = false;
    let waiting = false;

    const fail = (error: Error) => {
      if (closed) return;
      closed = true;
      socket.destroy();
      reject(error);
      events.onError(error);
    };
    const read = (chunk: Buffer) => {
      if (!waiting) throw new Error(`the server spoke unasked: ${chunk.toString('latin1', 0, 300)}`);
      const response = parse(chunk);
      if (!response) return;
      waiting = false;
      events.onResponse(response);
    };
    const buffer = Buffer.allocUnsafeSlow(16_384);
    const socket = connect({
      port: events.port,
      host: '127.0.0.1',
      noDelay: true,
      // Reading into one buffer of our own saves an allocation and a stream's bookkeeping per response.
      onread: {
        buffer,
        callback(length) {
          try {
            read(buffer.subarray(0, length));
          } catch (error) {
            fail(error instanceof Error ? error : new Error(String(error)));
          }
          return true;
        },
      },
    });
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('the server closed a connection')));
    socket.on('connect', () =>
      resolve({
        send(request) {
          waiting = true;
          socket.write(request);
        },
        close() {
          closed = true;
          socket.destroy();
        },
      }),
    );
  });
}
