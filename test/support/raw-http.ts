/** Talks to a server in raw bytes, and reads what comes back. */

import { connect } from 'node:net';

export interface RawReply {
  readonly status: number;
  readonly text: string;
  readonly headers: { readonly [name: string]: string };
}

export interface Exchange {
  readonly replies: readonly RawReply[];
  /** Whether the server closed the connection. */
  readonly closed: boolean;
  /** All that came, as it came. */
  readonly text: string;
}

export interface ExchangeOptions {
  /** So many answers are waited for; by default all until the server closes the connection. */
  readonly replies?: number;
  /** The client says after its bytes that no more will come. */
  readonly end?: boolean;
  /** The client reads nothing before it has sent all. */
  readonly sendFirst?: boolean;
  /** The answers have heads only. */
  readonly head?: boolean;
}

const patience = 10_000;

/** Sends bytes as they are and collects the answers. */
export function exchange(port: number, bytes: string | Buffer, options: ExchangeOptions): Promise<Exchange> {
  const { replies: wanted = Number.POSITIVE_INFINITY, end = false, head = false, sendFirst } = options;
  return new Promise((resolve, reject) => {
    let received: Buffer = Buffer.alloc(0);
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const finish = (closed: boolean) => {
      clearTimeout(deadline);
      socket.destroy();
      resolve({ replies: parseReplies(received, head), closed, text: received.toString('latin1') });
    };
    const deadline = setTimeout(() => {
      socket.destroy();
      reject(new Error(`still open after ${patience} ms, with ${JSON.stringify(received.toString())}`));
    }, patience);
    socket.on('error', () => finish(true));
    socket.on('end', () => finish(true));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (parseReplies(received, head).length >= wanted) finish(false);
    });
    if (sendFirst) socket.pause();
    socket.write(bytes, () => socket.resume());
    if (end) socket.end();
  });
}

function parseReplies(bytes: Buffer, head: boolean): RawReply[] {
  const replies: RawReply[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf('\r\n\r\n', at);
    if (end < 0) return replies;
    const [line = '', ...fields] = bytes.toString('latin1', at, end).split('\r\n');
    const headers: { [name: string]: string } = {};
    for (const field of fields) {
      const [name = '', ...value] = field.split(/:\s*/);
      headers[name.toLowerCase()] = value.join(':');
    }
    const length = head ? 0 : Number(headers['content-length'] ?? 0);
    at = end + 4 + length;
    if (at > bytes.length) return replies;
    replies.push({ status: Number(line.split(' ')[1]), headers, text: bytes.toString('utf8', end + 4, at) });
  }
  return replies;
}
