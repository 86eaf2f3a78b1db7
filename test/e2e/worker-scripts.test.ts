/** Shows that the workers of docs/workers.md do what that page says, each in its language, and that the page shows them. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { freePort } from '../support/ports.js';
import { type Process, startProcess, startServer, temporaryDirectory } from '../support/process.js';
import { createClient } from './client.js';
import { commandMissing, testUnless, works } from './needs.js';

const docs = fileURLToPath(new URL('../../docs/', import.meta.url));
const read = (path: string) => readFileSync(join(docs, path), 'utf8');

interface Language {
  readonly file: string;
  readonly command: string;
  readonly missing: string | undefined;
  /** What to put in after the line `after`, so that the work writes that it begins, takes a second, and writes that it has. */
  readonly after: string;
  readonly slow: string;
}

const perlModules = ['HTTP::Tiny', 'JSON::PP', 'List::Util'];

const languages: readonly Language[] = [
  {
    file: 'worker.sh',
    command: 'bash',
    missing: commandMissing('bash') ?? commandMissing('curl') ?? commandMissing('awk'),
    after: 'work() {',
    slow: 'echo at work >&2; sleep 1; echo a second later >&2',
  },
  {
    file: 'worker.py',
    command: 'python3',
    missing: works('python3', '-c', '') ? undefined : 'python3 is not installed',
    after: 'def work(job):',
    slow: '    print("at work", file=sys.stderr); time.sleep(1); print("a second later", file=sys.stderr)',
  },
  {
    file: 'worker.pl',
    command: 'perl',
    missing: works('perl', ...perlModules.map((name) => `-M${name}`), '-e', '1')
      ? undefined
      : `perl with ${perlModules.join(', ')} is not installed`,
    after: 'sub work {',
    slow: 'warn "at work\\n"; select undef, undef, undef, 0.2 for 1 .. 5; warn "a second later\\n";',
  },
  {
    file: 'worker.mjs',
    command: process.execPath,
    missing: undefined,
    after: 'async function work(job) {',
    slow: 'console.error("at work"); await new Promise((go) => setTimeout(go, 1_000)); console.error("a second later");',
  },
];

const start = ({ command, file }: Language, url: string) =>
  startProcess(command, [join(docs, 'workers', file), url, 'sums']);

function startSlow({ command, file, after, slow }: Language, url: string): Process {
  const directory = join(temporaryDirectory(), 'workers');
  const text = read(`workers/${file}`);
  const lines = text.split('\n');
  const at = lines.findIndex((line) => line.trimStart().startsWith(after));
  expect(at).toBeGreaterThan(0);
  mkdirSync(directory);
  writeFileSync(join(directory, file), [...lines.slice(0, at + 1), slow, ...lines.slice(at + 1)].join('\n'));
  return startProcess(command, [join(directory, file), url, 'sums']);
}

function createQueue(url: string) {
  const { ask, json, pushMany } = createClient(url);
  return {
    /** The new job's path. */
    async push(job: string, options = ''): Promise<string> {
      const { status, headers } = await ask('POST', `/q/sums${options}`, job);
      expect(status).toBe(201);
      return headers.location as string;
    },
    pushMany: (jobs: readonly string[]) => pushMany('sums', jobs),
    look: (path: string) => json(path) as Promise<{ state: string }>,
    /** The job once it is done or dead. */
    end: (path: string) => json(`${path}?wait=30s`),
    status: () =>
      json('/status/sums') as Promise<{ ready: number; leased: number; done: number; dead: number }>,
  };
}

const sum = (...numbers: number[]) => `{"numbers":[${numbers}]}`;
/** What a worker says of a server that is not there. */
const unreachable = /refused|connect to/i;
const stopped = { code: 0, signal: null };
/** More than a worker does until the test stops it. */
const many = 5_000;

test.each(languages.map(({ file }) => file))('docs/workers.md shows %s in full', (file) => {
  expect(read('workers.md')).toContain(`\n${read(`workers/${file}`)}\`\`\`\n`);
});

test.each(languages.map(({ file }) => file))(
  '%s has twenty lines of code at most, none a long one',
  (file) => {
    const lines = read(`workers/${file}`).split('\n');
    const code = lines.filter((line) => !/^\s*($|#|\/\/|\/\*\*.*\*\/$)/.test(line));
    expect(code.length).toBeGreaterThan(5);
    expect(code.length).toBeLessThanOrEqual(20);
    expect(lines.filter((line) => line.length > 110)).toEqual([]);
  },
);

describe.each(languages)('$file', (language) => {
  const run = testUnless(language.missing);

  run('does what it can, fails on the rest, and stops between two jobs', async () => {
    const { url } = await startServer({ data: temporaryDirectory() });
    const queue = createQueue(url);
    const good = [await queue.push(sum(1, 2, 3.5)), await queue.push(' { "numbers" : [ ] } ')];
    const bad = [];
    for (const job of ['{"number":[1]}', '[7]', '{"numbers":"\\"\\\\é"}', '{"numbers":[1e999]}']) {
      bad.push(await queue.push(job, '?attempts=1'));
    }
    await queue.pushMany(Array.from({ length: many }, (_, n) => sum(n, 1)));
    const worker = start(language, url);

    expect(await queue.end(good[0] as string)).toMatchObject({ state: 'done', result: 6.5 });
    expect(await queue.end(good[1] as string)).toMatchObject({ state: 'done', result: 0 });
    const error = expect.stringMatching(/^.{8,}$/s);
    for (const path of bad) {
      expect(await queue.end(path)).toMatchObject({
        state: 'dead',
        reason: 'failed',
        attempts: [{ attempt: 1, outcome: 'failed', error }],
      });
    }
    expect(await worker.stop()).toEqual(stopped);
    const { ready, leased, done, dead } = await queue.status();
    expect({ leased, dead, all: ready + done }).toEqual({
      leased: 0,
      dead: bad.length,
      all: good.length + many,
    });
    expect(ready).toBeGreaterThan(0);
  });

  run('finishes the job in hand when it is to stop, and takes no other', async () => {
    const { url } = await startServer({ data: temporaryDirectory() });
    const queue = createQueue(url);
    const first = await queue.push(sum(1, 2));
    const second = await queue.push(sum(3, 4));
    const worker = startSlow(language, url);
    await worker.printed(/at work/);
    expect(await worker.stop()).toEqual(stopped);
    expect(await queue.look(first)).toMatchObject({ state: 'done', result: 3, failures: 0, crashes: 0 });
    expect(await queue.look(second)).toMatchObject({ state: 'ready', attempts: [] });
  });

  run('stops while there is no server', async () => {
    const worker = start(language, `http://127.0.0.1:${await freePort()}`);
    await worker.printed(unreachable);
    expect(await worker.stop()).toEqual(stopped);
  });

  run('settles the job in hand, and goes on, after the server was killed and came back', async () => {
    const data = temporaryDirectory();
    const options = { data, args: ['--port', `${await freePort()}`] };
    const server = await startServer(options);
    const path = await createQueue(server.url).push(sum(1, 2));
    const worker = startSlow(language, server.url);
    await worker.printed(/at work/);
    await server.kill();
    await worker.printed(/a second later/);
    const queue = createQueue((await startServer(options)).url);
    expect(await queue.end(path)).toMatchObject({ state: 'done', result: 3, attempt: 1, crashes: 0 });
    expect(await queue.end(await queue.push(sum(3, 4)))).toMatchObject({ state: 'done', result: 7 });

    expect(await worker.stop()).toEqual(stopped);
  });

  run('asks on after the server was killed and came back', async () => {
    const options = { data: temporaryDirectory(), args: ['--port', `${await freePort()}`] };
    const server = await startServer(options);
    const worker = start(language, server.url);
    const before = createQueue(server.url);
    expect(await before.end(await before.push(sum(1, 2)))).toMatchObject({ state: 'done', result: 3 });
    await server.kill();
    await worker.printed(unreachable);
    const after = createQueue((await startServer(options)).url);
    expect(await after.end(await after.push(sum(3, 4)))).toMatchObject({ state: 'done', result: 7 });

    const begun = performance.now();
    expect(await worker.stop()).toEqual(stopped);
    expect(performance.now() - begun).toBeLessThan(12_000);
    expect(await after.status()).toMatchObject({ ready: 0, leased: 0, done: 2, dead: 0 });
  });
});
