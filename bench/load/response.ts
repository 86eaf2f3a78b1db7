// Parses the few HTTP/1.1 responses that a bench may meet, and refuses all others loudly.

export interface Response {
  status: number;
  /** Status line and headers, without the empty line. */
  head: string;
  /** Valid during the callback only: the bytes belong to the socket's read buffer. */
  body: Buffer;
}

const EMPTY = Buffer.alloc(0);

/** Returns a function which is fed what arrives, and answers with the response once it is whole. */
export function createResponseParser(): (chunk: Buffer) => Response | undefined {
  let pending: Buffer = EMPTY;
  let needed = 0;

  return (chunk) => {
    const bytes = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    if (bytes.length < needed) {
      pending = bytes;
      return undefined;
    }
    const parsed = parse(bytes);
    if ('needed' in parsed) {
      // A copy, since the socket will read into `chunk` again.
      pending = bytes === chunk ? Buffer.from(chunk) : bytes;
      needed = parsed.needed;
      return undefined;
    }
    pending = EMPTY;
    needed = 0;
    return parsed;
  };
}

function parse(bytes: Buffer): Response | { needed: number } {
  const end = bytes.indexOf('\r\n\r\n', 0, 'latin1');
  if (end < 0) return bytes.length > 16_384 ? refuse('a head over 16 KiB', bytes) : { needed: 0 };
  const head = bytes.toString('latin1', 0, end);
  if (!head.startsWith('HTTP/1.1 ')) return refuse('not HTTP/1.1', bytes);
  const status = Number(head.slice(9, 12));
  const length = contentLength(head);
  if (!(status >= 200 && status <= 599)) return refuse('a status out of 200…599', bytes);
  if (length === undefined && status !== 204) return refuse('no Content-Length', bytes);
  const start = end + 4;
  const stop = start + (length ?? 0);
  if (bytes.length < stop) return { needed: stop };
  if (bytes.length > stop) return refuse('bytes after the response', bytes);
  return { status, head, body: stop === start ? EMPTY : bytes.subarray(start, stop) };
}

function contentLength(head: string): number | undefined {
  // The spelling that node writes first: a regular expression over each head would cost more than all the rest.
  const at = head.indexOf('\r\nContent-Length: ');
  if (at >= 0) return Number.parseInt(head.slice(at + 18, at + 30), 10);
  const found = /\r\ncontent-length:[ \t]*(\d+)/i.exec(head);
  return found ? Number(found[1]) : undefined;
}

/** The value of a header, spelled as our server spells it; throws without one. */
export function headerOf(head: string, name: string): string {
  const mark = `\r\n${name}: `;
  const at = head.indexOf(mark);
  if (at < 0) throw new Error(`no ${name} in ${JSON.stringify(head)}`);
  const start = at + mark.length;
  const end = head.indexOf('\r\n', start);
  return head.slice(start, end < 0 ? undefined : end);
}

/** What a person is told of an answer that should not have come. */
export function describe(response: Response): string {
  return `${response.status} ${response.body.toString('latin1', 0, 120)}`.trim();
}

function refuse(what: string, bytes: Buffer): never {
  throw new Error(`unexpected response (${what}): ${JSON.stringify(bytes.toString('latin1', 0, 300))}`);
}
