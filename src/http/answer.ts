/** From the output of an operation to the response: status, headers and body as the contract says. */

import type { ServerResponse } from 'node:http';
import type { Answer, Route } from '../api/route.js';
import type { InputValues } from './input.js';

/** A response that is ready to be sent. */
export interface Content {
  readonly status: number;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: string | undefined;
  readonly bytes: number;
}

export type Prepare = (input: InputValues, output: unknown) => Content;

export function createPreparer(route: Route): Prepare {
  const { answer } = route;
  const templates = Object.entries(answer.headers ?? {}).map(([name, template]) => ({
    name,
    fill: createTemplate(template),
  }));
  const bodyOf = createBody(route.output === undefined ? { ...answer, empty: true } : answer);
  return (input, output) => {
    const values = (output ?? {}) as InputValues;
    const headers: string[] = [];
    for (const { name, fill } of templates) {
      const value = fill(values, input);
      if (value !== undefined) headers.push(name, value);
    }
    const body = bodyOf(values);
    const bytes = body === undefined ? 0 : Buffer.byteLength(body);
    if (body !== undefined) headers.push('Content-Type', 'application/json');
    // A 204 has no length (RFC 9110, 8.6).
    if (answer.status !== 204) headers.push('Content-Length', String(bytes));
    return { status: answer.status, headers, body, bytes };
  };
}

/** Sends what was prepared, with the headers that every answer has. */
export function send(response: ServerResponse, base: string[], { status, headers, body }: Content) {
  base.push(...headers);
  response.writeHead(status, base).end(body);
}

function createBody({ empty, body, text }: Answer): (output: InputValues) => string | undefined {
  if (empty) return () => undefined;
  if (text && body !== undefined) return (output) => output[body] as string;
  if (body !== undefined) return (output) => JSON.stringify(output[body]);
  return ({ next: _, ...output }) => JSON.stringify(output);
}

type Template = (output: InputValues, input: InputValues) => string | undefined;

/** `{name}` stands for the value of that name, of the output or else of the input. */
function createTemplate(template: string): Template {
  const parts = template.split(/[{}]/);
  return (output, input) => {
    let filled = parts[0] as string;
    for (let at = 1; at < parts.length; at += 2) {
      const name = parts[at] as string;
      const value = output[name] ?? input[name];
      if (value === undefined) return undefined;
      filled += (name === 'next' ? encodeURIComponent(String(value)) : String(value)) + parts[at + 1];
    }
    return filled;
  };
}
