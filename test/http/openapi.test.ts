/** `/openapi.json` says all that the contract does: every route, every field of it, every answer. */

import { beforeAll, describe, expect, it } from 'vitest';
import { contract } from '../../dist/api/contract.js';
import { errors } from '../../dist/api/errors.js';
import { openapi } from '../../dist/api/openapi.js';
import { answersOf, type Field, type Route, settledType } from '../../dist/api/route.js';
import { routeErrors } from '../../dist/api/route-errors.js';
import { useServer } from '../support/http.js';

type Json = { readonly [member: string]: unknown };
interface Operation {
  readonly parameters: readonly { name: string; in: string; schema: Json }[];
  readonly requestBody?: { readonly content: { readonly [type: string]: { readonly schema: Json } } };
  readonly responses: { readonly [status: string]: { headers?: Json; content?: Json; description: string } };
}

const routes = Object.entries(contract) as [string, Route][];
const document = openapi() as { paths: { [path: string]: { [method: string]: Operation } } };

function operationOf({ path, method }: Route): Operation {
  const operation = document.paths[path.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()];
  if (!operation) throw new Error(`${method} ${path} is not there`);
  return operation;
}

/** The schemas of the request body's members, nested ones by `list[].member`. */
function membersOf(schema: Json | undefined, prefix = ''): string[] {
  const properties = (schema?.properties ?? {}) as { [name: string]: Json };
  return Object.entries(properties).flatMap(([name, value]) => [
    prefix + name,
    ...membersOf(value.items as Json | undefined, `${prefix}${name}[].`),
  ]);
}

function fieldMembers(fields: { readonly [name: string]: Field }, prefix = ''): string[] {
  return Object.values(fields).flatMap(({ member, each }) =>
    member === undefined ? [] : [prefix + member, ...fieldMembers(each ?? {}, `${prefix}${member}[].`)],
  );
}

describe('/openapi.json', () => {
  const client = useServer('memory:');

  it('is what the contract gives', async () => {
    expect(await client.read('GET /openapi.json')).toEqual(JSON.parse(JSON.stringify(document)));
  });
});

describe.each(routes)('the operation %s', (_name, route) => {
  let operation: Operation;
  beforeAll(() => {
    operation = operationOf(route);
  });

  it('has every field where it may stand', () => {
    for (const field of Object.values(route.input)) {
      const places = [
        ['path', field.path],
        ['query', field.query],
        ['header', field.header],
        ['header', field.prefer === undefined ? undefined : 'Prefer'],
      ] as const;
      for (const [place, name] of places) {
        if (name === undefined) continue;
        expect(operation.parameters).toContainEqual(
          expect.objectContaining({ name, in: place, schema: expect.any(Object) }),
        );
      }
    }
  });

  it('says of each preference that it is one', () => {
    const preferences = operation.parameters.filter(({ name }) => name === 'Prefer');
    const text = JSON.stringify(preferences);
    const wanted = Object.values(route.input).flatMap(({ prefer }) => prefer ?? []);
    for (const prefer of wanted) expect(text).toContain(prefer);
    expect(preferences.length).toBeLessThanOrEqual(1);
  });

  it('has every member of its body, and no other', () => {
    const { body } = route;
    const content = operation.requestBody?.content;
    expect(content !== undefined).toBe(body !== undefined);
    if (body === undefined || body === 'job' || body === 'batch') return;
    const type = body === 'result' ? settledType : '*/*';
    expect(membersOf(content?.[type]?.schema).sort()).toEqual(fieldMembers(route.input).sort());
  });

  it('has every answer with its headers, and every error with its sentence', () => {
    for (const { status, headers = {}, empty, output } of answersOf(route)) {
      const response = operation.responses[status];
      for (const name of Object.keys(headers)) expect(response?.headers ?? {}).toHaveProperty([name]);
      if (output && !empty) expect(response?.content).toHaveProperty(['application/json', 'schema']);
    }
    for (const code of routeErrors(route)) {
      const { status, sentence } = errors[code];
      expect(operation.responses[status]?.description).toContain(sentence);
    }
  });

  it('shows nothing that only presque reads', () => {
    expect(JSON.stringify(operation)).not.toMatch(/"(says|raw|maxBytes)":/);
  });
});
