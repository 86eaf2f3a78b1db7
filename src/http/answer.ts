/** From the output of an operation to the response: status, headers and body as the contract says. */

import type { ServerResponse } from 'node:http';
import type { Answer, Route } from '../api/route.js';
import type { InputValues } from './input.js';

/** Sends what an operation gave. */
export type Send = (response: ServerResponse, base: string[], input: InputValues, output: unknown) => void;

export function createSender(route: Route): Send {
  const { answer } = route;
  const headers = Object.entries(answer.headers ?? {}).map(([name, template]) => ({
    name,
    fill: createTemplate(template),
  }));
  const bodyOf = createBody(route.output === undefined ? { ...answer, empty: true } : answer);
  const type = answer.type ?? 'application/json';
  return (response, base, input, output) => {
    const values = (output ?? {}) as InputValues;
    for (const { name, fill } of headers) {
      const value = fill(values, input);
      if (value !== undefined) base.push(name, value);
    }
    const body = bodyOf(values);
    if (body === undefined) {
      // A 204 has no length (RFC 9110, 8.6).
      if (answer.status !== 204) base.push('Content-Length', '0');
      response.writeHead(answer.status, base).end();
      return;
    }
    base.push('Content-Type', type, 'Content-Length', String(Buffer.byteLength(body)));
    response.writeHead(answer.status, base).end(body);
  };
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
      filled += String(value) + parts[at + 1];
    }
    return filled;
  };
}
