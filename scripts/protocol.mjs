/** The protocol and the settings as Markdown, made from the contract and the table of settings. */

import { contract, refusals } from '../dist/api/contract.js';
import { errors } from '../dist/api/errors.js';
import { limits } from '../dist/api/limits.js';
import { answersOf } from '../dist/api/route.js';
import { anyRouteErrors, routeErrors } from '../dist/api/route-errors.js';
import { flagOf, settingNames, settings, variableOf } from '../dist/config.js';

const conventions = `# The protocol

Made from \`src/api/contract.ts\` by \`npm run docs\`; a test fails when it is not up to date. The same as OpenAPI 3.1 is at
\`/openapi.json\` of a running server.

## Conventions

- A job is any JSON value, in UTF-8. It is checked to be JSON and then kept and handed out **byte for byte**: large numbers,
  the order of keys, duplicate keys and white space survive. Bounds: 1 MiB a job and 16 MiB a batch (settings), nested at
  most ${limits.jobDepth} levels deep. \`Content-Encoding\` is a 415, a charset other than UTF-8 a 400.
- Other bounds: 64 KiB any other body (1 MiB one that settles a job, 16 MiB with follow-up jobs or many settlements); 16 MiB an answer with several jobs, which then has fewer than asked for; 100,000 names in a
  list of queues and ${limits.workersPerList} workers in a list (\`Link\` leads to the next page); ${limits.workers} registered workers (one more, and the one unseen
  for the longest is forgotten), each on ${limits.queuesPerWorker} queues at most. A fetch makes at most 1,000 due jobs ready, those due first.
- A settlement is repeated when verb and lease are the same: what it says counts the first time only.
- A queue exists from its first push or its first setting; reading never makes one.
- Beyond: ${limits.jobsPerTake} jobs a fetch, ${limits.settlements} settlements a call, ${limits.followUps} follow-up jobs a settlement, ${limits.tags} tags a job, ${limits.jobsPerBulk} jobs a call of a
  bulk action. Leases are from 1s to 12h, waits up to 60s. Of a job's attempts the latest 20 are kept; error texts and notes are cut at
  ${limits.noteChars} characters, and those of attempts before the latest at 1,024. Records: the latest 100,000 done jobs of a queue for 10 minutes, the latest 100,000 dead ones for 7 days, unless its policy
  says otherwise.
- Points in time are whole epoch **seconds**; those in answers about jobs are seconds with up to three decimals. Durations are \`500ms\`, \`30s\`, \`1h30m\`, \`7d\`, \`PT5M\`; a bare number is seconds.
- An error is \`{"error":"<sentence>"}\` with the status of the table below. With \`Accept: application/problem+json\` it is
  RFC 9457, with the same \`error\` beside \`type\`, \`title\`, \`status\`, \`detail\` and \`code\`.
- A parameter that is unknown, given twice, or out of its bounds is a 400 that names it. Empty pairs in a query are nothing.
- A worker's name comes as \`?worker_id=\`, in the body of \`/w\`, or in the header \`X-presque-workerid\`; the first of these counts.
- \`/w\`, \`/status\`, \`/j\`, \`/q\` … answer like \`/w/\`, \`/status/\`, \`/j/\`, \`/q/\`.
- Every answer has \`Cache-Control: no-store\` and \`X-Request-Id\` (the request's own, if it brings one). A \`GET\` that takes
  nothing may be a \`HEAD\`.
- The requests of one connection are done one after the other, in the order in which they were sent.
- The server answers to loopback names only (\`localhost\`, \`127.0.0.1\`, \`[::1]\`), others are a 421. A request that a browser
  sends from another site is a 403; opening the page \`/\` by a link is fine.

## Routes
`;

const code = (text) => `\`${text}\``;
const cell = (text) => String(text ?? '').replaceAll('|', '\\|');

function placesOf(field) {
  const places = [];
  if (field.path) places.push('path');
  if (field.query) places.push('query');
  if (field.member) places.push(field.query || field.header ? `body, as ${code(field.member)}` : 'body');
  if (field.header) places.push(`header ${code(field.header)}`);
  if (field.prefer) places.push(`header ${code(`Prefer: ${field.prefer}=`)}`);
  return places.length > 0 ? places.join(', ') : 'body';
}

/** Where a route takes these from the query, or they stand among an object's members. */
function rowsOf(fields, route, prefix = '') {
  return Object.entries(fields).flatMap(([name, field]) => {
    const onWire = route.body === 'job' || route.body === 'batch' ? { ...field, member: undefined } : field;
    const wire =
      prefix +
      (prefix
        ? field.member
        : (field.path ?? field.query ?? field.member ?? field.header ?? field.prefer ?? name));
    const needed = field.missing === undefined ? '' : ' Required.';
    const { description, enum: values, says } = field.schema;
    const meaning = description ?? values?.map((value) => code(`"${value}"`)).join(' or ') ?? says ?? '';
    const where = prefix ? 'body' : placesOf(onWire);
    const row = `| ${code(wire)} | ${where} | ${cell(meaning)}${needed} |`;
    return field.each ? [row, ...rowsOf(field.each, route, `${wire}[].`)] : [row];
  });
}

function shape(schema) {
  if (schema.raw) return 'any JSON';
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' or ');
  if (schema.anyOf) return schema.anyOf.map(shape).join(' or ');
  if (schema.type === 'array') return `[${shape(schema.items)}, …]`;
  if (schema.type !== 'object') return schema.type;
  const members = Object.entries(schema.properties).map(([name, member]) => {
    const optional = schema.required.includes(name) ? '' : '?';
    return `${JSON.stringify(name)}${optional}: ${shape(member)}`;
  });
  return `{${members.join(', ')}}`;
}

function answerText({ output, ...answer }) {
  const headers = Object.entries(answer.headers ?? {}).map(([name, value]) => code(`${name}: ${value}`));
  const lines = [`**${answer.status}**${headers.length > 0 ? `, ${headers.join(', ')}` : ''}`];
  if (!output || answer.empty) return `${lines[0]}, no body.`;
  if (answer.text) return `${lines[0]}, the ${answer.body}'s own bytes.`;
  const body = answer.body === undefined ? output : output.properties[answer.body];
  return `${lines[0]}:\n\n\`\`\`\n${shape(body)}\n\`\`\``;
}

const errorList = (names) =>
  names.map((name) => `${errors[name].status} ${code(errors[name].sentence)}`).join(', ');

function routeText(route) {
  const when = route.when === undefined ? '' : `?${route.when}=`;
  const rows = rowsOf(route.input, route);
  return [
    `### ${route.method} ${route.path}${when}`,
    route.summary,
    ...(rows.length > 0 ? [['| parameter | where | |', '|---|---|---|', ...rows].join('\n')] : []),
    answersOf(route).map(answerText).join('\n\nOr '),
    ...(routeErrors(route).length > 0 ? [`Errors: ${errorList(routeErrors(route))}.`] : []),
  ].join('\n\n');
}

function errorTable() {
  const rows = Object.entries(errors).map(
    ([name, { status, sentence }]) => `| ${status} | ${code(name)} | ${cell(sentence)} |`,
  );
  return ['| status | code | sentence |', '|---|---|---|', ...rows].join('\n');
}

/** `docs/protocol.md` */
export function protocol() {
  const refused = refusals.map(({ method, path, error }) => {
    const sentence = errors[error].sentence.replace('{method}', method);
    return `\`${method} ${path}\` is a ${errors[error].status} \`${sentence}\`.`;
  });
  const pages = '`GET /` is a page for people, `GET /openapi.json` this contract for programs.';
  return [
    conventions.trimEnd(),
    ...Object.values(contract).map(routeText),
    [...refused, pages].join(' '),
    '## Errors',
    `Any route may answer ${errorList(anyRouteErrors)}.`,
    'The sentence may say more than the one here, such as the name of a parameter or a bound.',
    `${errorTable()}\n`,
  ].join('\n\n');
}

/** `docs/settings.md` */
export function settingsText() {
  const rows = settingNames.map((name) => {
    const { default: value, meaning } = settings[name];
    return `| ${code(flagOf(name))} | ${code(variableOf(name))} | ${value === '' ? '' : code(value)} | ${cell(meaning)} |`;
  });
  return [
    '# Settings',
    'Made from `src/config.ts` by `npm run docs`. A flag counts before its environment variable.',
    `${['| flag | variable | default | |', '|---|---|---|---|', ...rows].join('\n')}\n`,
  ].join('\n\n');
}
