/** Starts real servers for the HTTP suites, and talks to them as a polite client. */

import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { createServer, type Presque } from '../../dist/index.js';
import { type Exchange, type ExchangeOptions, exchange, type RawReply } from './raw-http.js';

export type { RawReply } from './raw-http.js';

export const stores = ['memory:', 'sqlite:'] as const;

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

export interface Leased {
  readonly id: string;
  readonly lease: string;
  /** Path of the job. */
  readonly at: string;
  readonly reply: Reply;
}

export interface JobRecord {
  readonly id: string;
  readonly state: string;
  readonly attempts: readonly { readonly [member: string]: unknown }[];
  readonly [member: string]: unknown;
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

  /** Leases one job, which has to be there. */
  async lease(queue: string, query = 'lease=60s', headers: Options['headers'] = {}): Promise<Leased> {
    const reply = await this.ask(`GET /q/${queue}?${query}`, { headers });
    expect(reply.status, reply.text).toBe(200);
    const { 'presque-job': id, 'presque-lease': lease } = reply.headers as { [name: string]: string };
    return { id: id ?? '', lease: lease ?? '', at: `/j/${queue}/${id}`, reply };
  }

  /** Pushes a job and leases it. */
  async pushAndLease(queue: string, options = '', query?: string): Promise<Leased> {
    await this.push(`/q/${queue}?${options}`, '1');
    return this.lease(queue, query);
  }

  /** Says what came of a lease, with a body as `curl -d` sends it. */
  settle({ at, lease }: Leased, act: string, body?: string | object, query = ''): Promise<Reply> {
    const line = `POST ${at}/${act}?lease=${lease}${query}`;
    if (body === undefined) return this.ask(line);
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    return this.ask(line, { headers, body: typeof body === 'string' ? body : JSON.stringify(body) });
  }

  /** All that is known about a job. */
  job(at: string, query = ''): Promise<JobRecord> {
    return this.read(`GET ${at}${query}`) as Promise<JobRecord>;
  }

  /** Sets the policy, or stops or starts the queue. */
  async control(queue: string, members: object): Promise<Reply> {
    const reply = await this.ask(`POST /control/${queue}`, { body: JSON.stringify(members) });
    expect(reply.status, reply.text).toBe(200);
    return reply;
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

/** The URLs of a `Link` header by their relation (RFC 8288). */
export function linksOf(link: string | string[] | undefined): { readonly [rel: string]: string } {
  const found = String(link ?? '').matchAll(/<([^>]*)>;\s*rel="?(\w+)"?/g);
  return Object.fromEntries(Array.from(found, ([, url = '', rel = '']) => [rel, url]));
}
