/** Makes `src/client/routes.ts`: of the contract what a client needs to know, without what is for people and for validation. */

import { root } from './setup.mjs';

const { contract } = await import(`${root}dist/api/contract.js`);
const { answersOf } = await import(`${root}dist/api/route.js`);

const hasMembers = (body) => ['members', 'settlement', 'settlements'].includes(body);

/** Of the places where it may stand, one. */
function placeOf(name, field, body) {
  if (field.path !== undefined) return ['path', field.path];
  if (field.member !== undefined && (hasMembers(body) || field.each || field.form === 'json'))
    return ['member', field.member];
  if (field.query !== undefined) return ['query', field.query];
  if (field.header !== undefined) return ['header', field.header];
  if (field.prefer !== undefined) return ['prefer', field.prefer];
  return field.member === undefined ? ['body', name] : ['member', field.member];
}

function fieldsOf(fields, body) {
  const entries = Object.entries(fields).map(([name, field]) => {
    const place = placeOf(name, field, body);
    if (field.each) return [name, [...place, 'each', fieldsOf(field.each, 'members')]];
    return [name, field.form === undefined ? place : [...place, field.form]];
  });
  return Object.fromEntries(entries);
}

/** A header that is one value, and which. */
const whole = /^\{(\w+)\}$/;

function answerOf({ name, status, headers = {}, body, text, empty, output }) {
  const ofHeaders = Object.entries(headers).flatMap(([header, template]) => {
    const member = whole.exec(template)?.[1];
    if (member === undefined) return [];
    const isNumber = output?.properties[member]?.type === 'integer';
    return [[member, isNumber ? [header.toLowerCase(), true] : [header.toLowerCase()]]];
  });
  const shown = body === undefined ? output : output.properties[body];
  const raws = Object.entries((shown?.items ?? shown)?.properties ?? {}).filter(([, { raw }]) => raw);
  return {
    status,
    ...(name !== undefined && { name }),
    ...(ofHeaders.length > 0 && { headers: Object.fromEntries(ofHeaders) }),
    ...(headers.Link?.includes('{next}') && { next: true }),
    ...(body !== undefined && { body }),
    ...(text && { text }),
    ...((empty || !output) && { empty: true }),
    ...(raws.length > 0 && { raw: raws.map(([raw]) => raw) }),
  };
}

const routeOf = (route) => ({
  method: route.method,
  path: route.path,
  ...(route.body && { body: route.body }),
  fields: fieldsOf(route.input, route.body),
  answers: answersOf(route).map(answerOf),
});

/** `src/client/routes.ts` */
export function clientRoutes() {
  const lines = Object.entries(contract).map(
    ([name, route]) => `  ${name}: ${JSON.stringify(routeOf(route))},`,
  );
  return `/** Every route as the client needs to know it. Made from \`src/api/contract.ts\` by \`npm run docs\`. */

import type { RouteName } from '../api/types.js';
import type { WireRoute } from './wire.js';

export const routes: { readonly [R in RouteName]: WireRoute } = {
${lines.join('\n')}
};
`;
}
