/** Shows that the workers of docs/workers.md do what that page says, each in its language, and that the page shows them. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type Process, startProcess, startServer, temporaryDirectory } from '../support/process.js';
import { createClient } from './client.js';
import { commandMissing, freePort, testUnless, works } from './needs.js';

const docs = fileURLToPath(new URL('../../docs/', import.meta.url));
const read = (path: string) => readFileSync(join(docs, path), 'utf8');

interface Language {
  readonly file: string;
  readonly command: string;
  readonly missing: string | undefined;
  /** Lines to put in after the line `after`, so that the work says that it is half done and then takes a second. */
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
    slow: 'extend 0.5; sleep 1',
  },
  {
    file: 'worker.py',
    command: 'python3',
    missing: works('python3', '-c', '') ? undefined : 'python3 is not installed',
    after: 'def work(job, extend):',
    slow: '    extend(0.5); time.sleep(1)',
  },
  {
    file: 'worker.pl',
    command: 'perl',
    missing: works('perl', ...perlModules.map((name) => `-M${name}`), '-e', '1')
      ? undefined
      : `perl with ${perlModules.join(', ')} is not installed`,
    after: 'my ($job, $extend) = @_;',
    slow: '$extend->(0.5); select undef, undef, undef, 0.2 for 1 .. 5;',
  },
  {
    file: 'worker.mjs',
    command: process.execPath,
    missing: undefined,
    after: 'async function work(job, _extend) {',
    slow: 'await _extend(0.5); await pause(1_000);',
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
  const { ask, json } = createClient(url);
  return {
    /** The new job's path. */
    async push(job: string, options = ''): Promise<string> {
      const { status, headers } = await ask('POST', `/q/sums${options}`, job);
      expect(status).toBe(201);
      return headers.location as string;
    },
    look: (path: string) => json(path) as Promise<{ progress?: number; worker?: string }>,
    /** The job once it is done or dead. */
    end: (path: string) => json(`${path}?wait=30s`),
    status: () =>
      json('/status/sums') as Promise<{ ready: number; leased: number; done: number; dead: number }>,
  };
}

type Queue = ReturnType<typeof createQueue>;

/** Resolves when the job is at work and has said that it is half done. */
async function halfDone({ look }: Queue, path: string) {
  await expect.poll(async () => (await look(path)).progress, { timeout: 20_000, interval: 20 }).toBe(0.5);
}

const sum = (...numbers: number[]) => `{"numbers":[${numbers}]}`;
const stopped = { code: 0, signal: null };

test.each(languages.map(({ file }) => file))('docs/workers.md shows %s in full', (file) => {
  expect(read('workers.md')).toContain(`\n${read(`workers/${file}`)}\`\`\`\n`);
});

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
    for (let n = 0; n < 300; n++) await queue.push(sum(n, 1));
    const worker = start(language, url);

    expect(await queue.end(good[0] as string)).toMatchObject({ state: 'done', result: 6.5 });
    expect(await queue.end(good[1] as string)).toMatchObject({ state: 'done', result: 0 });
    const error = expect.stringMatching(/^.{8,}$/s);
    const worked = expect.stringContaining(`${language.file}-`);
    for (const path of bad) {
      expect(await queue.end(path)).toMatchObject({
        state: 'dead',
        reason: 'failed',
        attempts: [{ attempt: 1, outcome: 'failed', worker: worked, error }],
      });
    }
    expect(await worker.stop()).toEqual(stopped);
    const { ready, leased, done, dead } = await queue.status();
    expect({ leased, dead, all: ready + done }).toEqual({ leased: 0, dead: bad.length, all: 302 });
    expect(ready).toBeGreaterThan(0);
  });

  run('finishes the job in hand when it is to stop, and takes no other', async () => {
    const { url } = await startServer({ data: temporaryDirectory() });
    const queue = createQueue(url);
    const first = await queue.push(sum(1, 2));
    const second = await queue.push(sum(3, 4));
    const worker = startSlow(language, url);
    await halfDone(queue, first);
    expect(await worker.stop()).toEqual(stopped);
    expect(await queue.look(first)).toMatchObject({ state: 'done', result: 3, failures: 0, crashes: 0 });
    expect(await queue.look(second)).toMatchObject({ state: 'ready', attempts: [] });
  });

  run('settles the job in hand, and goes on, after the server was killed and came back', async () => {
    const data = temporaryDirectory();
    const options = { data, args: ['--port', `${await freePort()}`] };
    const server = await startServer(options);
    const path = await createQueue(server.url).push(sum(1, 2));
    const worker = startSlow(language, server.url);
    await halfDone(createQueue(server.url), path);
    await server.kill();
    await worker.printed(/refused|connect to/i);
    const queue = createQueue((await startServer(options)).url);
    expect(await queue.end(path)).toMatchObject({ state: 'done', result: 3, attempt: 1, crashes: 0 });
    expect(await queue.end(await queue.push(sum(3, 4)))).toMatchObject({ state: 'done', result: 7 });

    const begun = performance.now();
    expect(await worker.stop()).toEqual(stopped);
    expect(performance.now() - begun).toBeLessThan(10_000);
  });
});
