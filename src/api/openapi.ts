/** The contract as an OpenAPI 3.1 document. */

import { contract, refusals } from './contract.js';
import { type ErrorCode, errors } from './errors.js';
import { type Answer, answersOf, type Field, type Route, settledType } from './route.js';
import { anyRouteErrors, routeErrors } from './route-errors.js';
import type { Schema } from './schema.js';

type Json = { [member: string]: unknown };

export function openapi(): Json {
  const paths: { [path: string]: Json } = {};
  for (const [name, route] of Object.entries(contract) as [string, Route][]) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] ??= {};
    const item = paths[path] as Json;
    const method = route.method.toLowerCase();
    item[method] = item[method]
      ? merged(item[method] as Json, operation(name, route))
      : operation(name, route);
  }
  for (const { method, path, error } of refusals) {
    const item = paths[path.replace(/:(\w+)/g, '{$1}')] as Json;
    item[method.toLowerCase()] = {
      summary: 'Not supported.',
      parameters: [{ name: 'queue', in: 'path', required: true, schema: { type: 'string' } }],
      responses: errorResponses([error]),
    };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'presque', version: '1', description: 'A job queue over HTTP: jobs are JSON.' },
    paths,
    components: {
      schemas: {
        Error: {
          type: 'object',
          properties: { error: { type: 'string' } },
          required: ['error'],
          additionalProperties: false,
        },
      },
    },
  };
}

function operation(operationId: string, route: Route): Json {
  const fields = Object.entries(route.input);
  const body = requestBody(route, fields);
  return {
    operationId,
    summary: route.summary,
    'x-scope': route.scope,
    parameters: [...fields.flatMap(([, field]) => parameters(field)), ...preferences(fields)],
    ...(body && { requestBody: body }),
    responses: {
      ...errorResponses([...routeErrors(route), ...anyRouteErrors]),
      ...answerResponses(route),
    },
  };
}

/** Routes of one path and method that differ by a parameter are one operation in OpenAPI. */
function merged(first: Json, second: Json): Json {
  return {
    ...first,
    operationId: second.operationId,
    summary: `${first.summary} ${second.summary}`,
    parameters: distinct([first, second].flatMap((entry) => optional(entry.parameters as Json[]))),
    responses: mergedResponses(first.responses as Responses, second.responses as Responses),
  };
}

type Responses = { [status: string]: Json };

function mergedResponses(one: Responses, other: Responses): Responses {
  const responses = { ...one };
  for (const [status, response] of Object.entries(other)) {
    const before = responses[status];
    if (!before) responses[status] = response;
    else if (Number(status) < 300) responses[status] = either(before, response);
    else
      responses[status] = { ...before, description: distinctWords(before.description, response.description) };
  }
  return responses;
}

const distinctWords = (...texts: unknown[]) =>
  [...new Set(texts.flatMap((text) => String(text).split(', ')))].join(', ');

const distinct = (list: Json[]) =>
  list.filter(
    ({ name, in: place }, at) => list.findIndex((one) => one.name === name && one.in === place) === at,
  );
const optional = (list: Json[]) =>
  list.map((parameter) => (parameter.in === 'path' ? parameter : { ...parameter, required: false }));

function parameters(field: Field): Json[] {
  const { path, query, header, member, missing } = field;
  const alone = missing !== undefined && [query, header, member].filter(Boolean).length === 1;
  const schema = wireSchema(field);
  const list: Json[] = [];
  if (path) list.push({ name: path, in: 'path', required: true, schema });
  if (query) list.push({ name: query, in: 'query', required: alone, schema });
  if (header) list.push({ name: header, in: 'header', required: alone, schema });
  return list;
}

/** What stands on the wire: a duration is a text there. */
function wireSchema({ form, schema }: Field): Json {
  const isText = form === 'duration' || form === 'backoff';
  return isText ? { type: 'string', description: schema.description } : plain(schema);
}

/** One header for all preferences (RFC 7240). */
function preferences(fields: [string, Field][]): Json[] {
  const names = fields.flatMap(([, { prefer, query, schema }]) => {
    if (!prefer) return [];
    return [
      query
        ? `\`${prefer}=\`: the parameter of that name.`
        : `\`${prefer}=\`: ${schema.description ?? schema.says}`,
    ];
  });
  if (names.length === 0) return [];
  const schema = { type: 'string', description: `Preferences (RFC 7240). ${names.join(' ')}` };
  return [{ name: 'Prefer', in: 'header', required: false, schema }];
}

function requestBody({ body }: Route, fields: [string, Field][]): Json | undefined {
  if (body === undefined) return undefined;
  if (body === 'job') return { required: true, content: { 'application/json': { schema: {} } } };
  if (body === 'batch') {
    const jobs = fields.find(([name]) => name === 'jobs')?.[1].schema;
    const properties = { jobs: { ...plain(jobs ?? {}), items: {} } };
    const schema = { type: 'object', properties, required: ['jobs'] };
    return { required: true, content: { 'application/json': { schema } } };
  }
  const schema = membersSchema(fields.map(([, field]) => field));
  if (body === 'result') {
    return { required: false, content: { 'application/json': { schema: {} }, [settledType]: { schema } } };
  }
  return { required: false, content: { '*/*': { schema } } };
}

function membersSchema(fields: readonly Field[]): Json {
  const members = fields.flatMap((field) =>
    field.member ? [[field.member, memberSchema(field)] as const] : [],
  );
  const required = fields.flatMap(({ member, missing, query, header }) =>
    member && missing && !query && !header ? [member] : [],
  );
  return {
    type: 'object',
    properties: Object.fromEntries(members),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

/** What stands in a body: durations are texts, or numbers of seconds there. */
function memberSchema({ form, schema, each, nullable }: Field): Json {
  const { description } = schema;
  const value: Json = each
    ? { ...plain(schema), items: membersSchema(Object.values(each)) }
    : form === 'duration'
      ? { type: ['string', 'number'], description }
      : form === 'backoff'
        ? { type: ['string', 'array'], items: { type: ['string', 'number'] }, description }
        : plain(schema);
  return nullable ? { anyOf: [value, { type: 'null' }] } : value;
}

function answerResponses(route: Route): Json {
  const responses: Json = {};
  for (const answer of answersOf(route)) {
    const before = responses[answer.status] as Json | undefined;
    responses[answer.status] = before ? either(before, response(answer)) : response(answer);
  }
  return responses;
}

function response({ output, ...answer }: Answer & { readonly output?: Schema }): Json {
  const headers = Object.fromEntries(
    Object.keys(answer.headers ?? {}).map((name) => [name, { schema: { type: 'string' } }]),
  );
  const withHeaders = Object.keys(headers).length > 0 ? { headers } : {};
  if (!output || answer.empty) return { description: 'Done; no content.', ...withHeaders };
  const member = answer.body === undefined ? output : (output.properties?.[answer.body] ?? output);
  const schema = answer.text ? { description: member.description } : plain(member);
  return { description: 'OK', ...withHeaders, content: { 'application/json': { schema } } };
}

/** Two answers of one status. */
function either(one: Json, other: Json): Json {
  const contents = [one, other].flatMap(({ content }) =>
    content ? [content as { [type: string]: Json }] : [],
  );
  const schemas = contents.flatMap((content) => {
    const found = content['application/json']?.schema as Json;
    return 'oneOf' in found ? (found.oneOf as Json[]) : [found];
  });
  const headers = { ...(one.headers as Json), ...(other.headers as Json) };
  const schema = schemas.length > 1 ? { oneOf: schemas } : schemas[0];
  return {
    description: 'OK',
    ...(Object.keys(headers).length > 0 && { headers }),
    ...(schema !== undefined && { content: { 'application/json': { schema } } }),
  };
}

function errorResponses(codes: readonly ErrorCode[]): Json {
  const byStatus: { [status: string]: Json } = {};
  for (const code of codes) {
    const { status, sentence } = errors[code];
    const before = byStatus[status]?.description;
    byStatus[status] = {
      description: before === undefined ? `\`${sentence}\`` : `${before}, \`${sentence}\``,
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
    };
  }
  return byStatus;
}

/** A schema without what only presque reads. */
function plain({ says: _says, maxBytes: _maxBytes, raw, ...schema }: Schema): Json {
  if (raw) return { description: schema.description };
  const { items, properties, anyOf, ...rest } = schema;
  return {
    ...rest,
    ...(anyOf && { anyOf: anyOf.map(plain) }),
    ...(items && { items: plain(items) }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, plain(value)])),
    }),
  };
}
