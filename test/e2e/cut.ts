/** One fetch on a connection of its own, that its client cuts. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Fetch {
  /** The beginning of the answer, as far as it was read. */
  readonly head: string;
  /** Resolves when so many bytes of the answer are read, or the connection has ended. */
  read(bytes: number): Promise<void>;
  /** The client leaves: with a FIN, or with a reset. */
  cut(how: 'end' | 'reset'): void;
}

const headLength = 4_096;
const open = new Set<Socket>();

export const requestOf = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

/** To be called once by a test that begins fetches. */
export function cutAllInTheEnd() {
  onTestFinished(() => open.forEach((socket) => void socket.destroy()));
}

/** Begins a fetch by writing `text`: a request, or the beginning of one. */
export async function beginFetch(url: string, text: string): Promise<Fetch> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {});
  open.add(socket);
  let head = '';
  let received = 0;
  let ended = false;
  let reader: { readonly bytes: number; resolve(): void } | undefined;
  const look = () => {
    if (!reader || (received < reader.bytes && !ended)) return;
    socket.pause();
    reader.resolve();
    reader = undefined;
  };
  socket.on('data', (chunk: Buffer) => {
    received += chunk.length;
    head = (head + chunk.toString('latin1', 0, headLength)).slice(0, headLength);
    look();
  });
  socket.on('close', () => {
    ended = true;
    open.delete(socket);
    look();
  });
  socket.pause();
  await once(socket, 'connect');
  socket.write(text);
  return {
    get head() {
      return head;
    },
    read(bytes) {
      return new Promise((resolve) => {
        reader = { bytes, resolve };
        socket.resume();
        look();
      });
    },
    cut: (how) => void (how === 'end' ? socket.destroy() : socket.resetAndDestroy()),
  };
}
