/** HTTP as the end-to-end tests speak it: one request, one answer, nothing retried. */

import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** From the moment it was asked to the last byte. */
  readonly ms: number;
}

export interface Client {
  /** Rejects when no whole answer comes. */
  ask(method: string, path: string, body?: string, headers?: { [name: string]: string }): Promise<Answer>;
  /** As JSON; rejects when the status is another one. */
  json(path: string, status?: number): Promise<unknown>;
  push(queue: string, job: string): Promise<Answer>;
  pushMany(queue: string, jobs: readonly string[]): Promise<Answer>;
  /** Takes until there is nothing left. */
  takeAll(queue: string): Promise<string[]>;
}

const json = { 'Content-Type': 'application/json' };

export function createClient(url: string): Client {
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());

  const ask: Client['ask'] = (method, path, body, headers = body === undefined ? {} : json) =>
    new Promise((resolve, reject) => {
      const begun = performance.now();
      const asked = request(`${url}${path}`, { method, agent, headers, timeout: 30_000 }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const ms = performance.now() - begun;
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, ms });
        });
      });
      asked.on('error', reject);
      asked.on('timeout', () => asked.destroy(new Error(`no answer to ${method} ${path}`)));
      asked.end(body);
    });

  return {
    ask,
    async json(path, status = 200) {
      const answer = await ask('GET', path);
      if (answer.status !== status) throw new Error(`${path}: ${answer.status} ${answer.text}`);
      return JSON.parse(answer.text);
    },
    push: (queue, job) => ask('POST', `/q/${queue}`, job),
    pushMany: (queue, jobs) => ask('POST', `/qb/${queue}`, `{"jobs":[${jobs.join()}]}`),
    async takeAll(queue) {
      const jobs: string[] = [];
      for (let round = 0; round < 10_000; round++) {
        const { status, text } = await ask('GET', `/qb/${queue}?batch_size=1000`);
        if (status === 404) return jobs;
        if (status !== 200) throw new Error(`GET /qb/${queue}: ${status} ${text}`);
        jobs.push(...(JSON.parse(text) as string[]));
      }
      throw new Error(`${queue} does not end`);
    },
  };
}

export interface Wire {
  readonly socket: Socket;
  write(text: string): void;
  /** All that came until the server closed the connection. */
  readonly received: Promise<string>;
}

/** A bare connection, for requests that take their time. */
export async function openWire(url: string): Promise<Wire> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  let text = '';
  const received = new Promise<string>((resolve) => {
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
  });
  return { socket, received, write: (chunk) => void socket.write(chunk) };
}

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** How often each text occurs, for those that do so more than once. */
export function doubles(texts: readonly string[]): string[] {
  const seen = new Set<string>();
  return texts.filter((text) => seen.has(text) || !seen.add(text));
}
