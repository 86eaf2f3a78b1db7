/** From the output of an operation to the response: status, headers and body as the contract says. */

import type { ServerResponse } from 'node:http';
import { type Answer, answersOf, type Route } from '../api/route.js';
import type { Schema } from '../api/schema.js';
import type { InputValues } from './input.js';
import { createStringify } from './stringify.js';

/** A response that is ready to be sent. */
interface Content {
  readonly status: number;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: string | undefined;
  readonly bytes: number;
}

/** `origin` is where the client reached us, such as `http://127.0.0.1:5000`. */
export type Prepare = (input: InputValues, output: unknown, origin: string) => Content;

export function createPreparer(route: Route): Prepare {
  const answers = answersOf(route);
  if (answers.length === 1 && answers[0]) return createAnswer(answers[0]);
  const byName = new Map(answers.map((answer) => [answer.name, createAnswer(answer)]));
  return (input, output, origin) => {
    const prepare = byName.get((output as { answer: string }).answer) as Prepare;
    return prepare(input, output, origin);
  };
}

function createAnswer(answer: Answer & { readonly output?: Schema }): Prepare {
  const templates = Object.entries(answer.headers ?? {}).map(([name, template]) => ({
    name,
    fill: createTemplate(template),
  }));
  const bodyOf = createBody(answer);
  return (input, output, origin) => {
    const values = (output ?? {}) as InputValues;
    const headers: string[] = [];
    for (const { name, fill } of templates) {
      const value = fill(values, input, origin);
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
export type Send = (response: ServerResponse, base: string[], content: Content) => void;

/**
 * The answers of one turn of the event loop are written at its end, one right after the other. Were each written as soon
 * as it is there, each would wake a client that sleeps, which can cost more than all else that is done for a request.
 */
export function createSender(): Send {
  let ready: { readonly response: ServerResponse; readonly body: string | undefined }[] = [];

  function writeAll() {
    const answers = ready;
    ready = [];
    for (const { response, body } of answers) response.end(body);
  }

  return (response, base, { status, headers, body }) => {
    base.push(...headers);
    // A header that can't be sent is told here.
    response.writeHead(status, base);
    if (ready.length === 0) setImmediate(writeAll);
    ready.push({ response, body });
  };
}

function createBody({
  empty,
  body,
  text,
  output: schema,
}: Answer & { readonly output?: Schema }): (output: InputValues) => string | undefined {
  if (empty || !schema) return () => undefined;
  if (body === undefined) {
    const stringify = createStringify(schema);
    // These stand in headers.
    return ({ next: _, etag: __, answer: ___, ...output }) => stringify(output);
  }
  if (text) return (output) => output[body] as string;
  const stringify = createStringify(schema.properties?.[body] ?? {});
  return (output) => stringify(output[body]);
}

type Template = (output: InputValues, input: InputValues, origin: string) => string | undefined;

/** `{name}` stands for the value of that name, of the output or else of the input. */
function createTemplate(template: string): Template {
  const parts = template.split(/[{}]/);
  return (output, input, origin) => {
    let filled = parts[0] as string;
    for (let at = 1; at < parts.length; at += 2) {
      const name = parts[at] as string;
      const value = name === 'origin' ? origin : (output[name] ?? input[name]);
      if (value === undefined) return undefined;
      filled += (name === 'next' ? encodeURIComponent(String(value)) : String(value)) + parts[at + 1];
    }
    return filled;
  };
}
