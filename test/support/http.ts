/** Starts real servers for the HTTP suites, and talks to them: as a polite client, and in raw bytes. */

import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { createServer, type Presque } from '../../dist/index.js';

export const stores = ['memory:', 'sqlite:'] as const;

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

interface Options {
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string | Buffer;
}

/** A client of one server that is started before each test, and stopped and swept away after it. */
export class Client {
  port = 0;
  #agent = new Agent();

  open(port: number) {
    this.port = port;
    this.#agent = new Agent({ keepAlive: true });
  }

  close() {
    this.#agent.destroy();
  }

  /** Sends one request (`GET /q/foo`) exactly as it is spelled, and resolves with the whole answer. */
  ask(line: string, { headers = {}, body }: Options = {}): Promise<Reply> {
    const [method, path] = line.split(' ');
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.port, agent: this.#agent, method, path, headers };
      const sent = request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const whole = Buffer.concat(chunks);
          const { statusCode: status = 0, headers: fields } = response;
          resolve({ status, headers: fields, body: whole, text: whole.toString() });
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  /** Sends one request with a JSON body. */
  send(line: string, body: string | Buffer, headers: Options['headers'] = {}): Promise<Reply> {
    const length = String(Buffer.byteLength(body));
    const fields = { 'Content-Type': 'application/json', 'Content-Length': length };
    return this.ask(line, { headers: { ...fields, ...headers }, body });
  }

  /** Inserts a job; the test ends here when it is not taken in. */
  async push(path: string, job: string | Buffer): Promise<Reply> {
    const reply = await this.send(`POST ${path}`, job);
    expect(reply.status, reply.text).toBe(201);
    return reply;
  }

  /** The value in the JSON answer to a request that succeeds. */
  async read(line: string, options: Options = {}): Promise<unknown> {
    const reply = await this.ask(line, options);
    expect(reply.status, reply.text).toBe(200);
    expect(reply.headers['content-type']).toBe('application/json');
    return JSON.parse(reply.text);
  }

  /** Every job of the queue, in order, taken out one by one. */
  async drain(queue: string): Promise<string[]> {
    const texts: string[] = [];
    for (;;) {
      const reply = await this.ask(`GET /q/${queue}`);
      if (reply.status !== 200) return texts;
      texts.push(reply.text);
    }
  }

  /** Sends bytes on a connection of their own; see `exchange`. */
  exchange(bytes: string | Buffer, options: ExchangeOptions = {}): Promise<Exchange> {
    return exchange(this.port, bytes, options);
  }
}

/** Starts a server before each test and stops it after, with what it kept on the disk. */
export function useServer(
  store: (typeof stores)[number],
  settings: Parameters<typeof createServer>[0] = {},
): Client {
  const client = new Client();
  let server: Presque;
  let directory: string;
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'presque-http-'));
    const url = store === 'memory:' ? store : `sqlite:${join(directory, 'presque.db')}`;
    server = await createServer({ store: url, port: 0, ...settings });
    client.open(Number(new URL(server.url).port));
  });
  afterEach(async () => {
    client.close();
    await server.stop();
    rmSync(directory, { recursive: true });
  });
  return client;
}

/** What every error has: its status, its sentence and nothing else, as JSON that nobody keeps. */
export function expectError(reply: Reply | RawReply, status: number, sentence: string | RegExp) {
  expect(reply.status, reply.text).toBe(status);
  expect(reply.headers['content-type']).toBe('application/json');
  expect(reply.headers['cache-control']).toBe('no-store');
  const error = typeof sentence === 'string' ? sentence : expect.stringMatching(sentence);
  expect(JSON.parse(reply.text)).toEqual({ error });
}

export interface RawReply extends Pick<Reply, 'status' | 'text'> {
  readonly headers: { readonly [name: string]: string };
}

interface Exchange {
  readonly replies: readonly RawReply[];
  /** Whether the server closed the connection. */
  readonly closed: boolean;
  /** All that came, as it came. */
  readonly text: string;
}

interface ExchangeOptions {
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
function exchange(port: number, bytes: string | Buffer, options: ExchangeOptions): Promise<Exchange> {
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
