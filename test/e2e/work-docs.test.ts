/** Shows that what docs/worker-command.md tells to type does what that page says. */

import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runPresque, startProcess, startServer, temporaryDirectory } from '../support/process.js';
import { until } from '../support/until.js';
import { commandMissing, testUnless } from './needs.js';
import { createWork } from './work.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(join(root, 'docs/worker-command.md'), 'utf8');
const [tour, shell, extend, bare] = blocks('bash') as [string, string, string, string];
const [record] = blocks('json') as [string];
const run = testUnless(commandMissing('bash') ?? commandMissing('curl') ?? commandMissing('seq'));

function blocks(language: string): string[] {
  return [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter(([, of]) => of === language)
    .map(([, , text]) => text as string);
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** A terminal in an empty directory, where `presque` is installed and a server runs. */
async function createTerminal() {
  const { url } = await startServer({ data: temporaryDirectory() });
  const cwd = temporaryDirectory();
  const bin = join(cwd, 'bin');
  mkdirSync(bin);
  const main = join(root, 'dist/cli/main.js');
  writeFileSync(join(bin, 'presque'), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`, {
    mode: 0o755,
  });
  symlinkSync(process.execPath, join(bin, 'node'));
  const env = { PRESQUE_URL: url, PATH: `${bin}:${process.env.PATH}`, CURL_HOME: '/nonexistent' };
  return {
    ...createWork(url),
    async type(script: string) {
      const bash = startProcess('bash', ['-c', script], { cwd, env });
      const { code } = await bash.exited;
      return { code, stdout: bash.stdout, stderr: bash.stderr };
    },
  };
}

test('the tour is of fifteen lines at most', () => {
  expect(tour.trimEnd().split('\n').length).toBeLessThanOrEqual(15);
});

run(
  'the tour: a thousand jobs are done by a script, one is dead, and then there is none',
  async () => {
    const { type, counts } = await createTerminal();
    const many = Number(process.env.TEST_WORK_JOBS ?? 100);
    const { stdout } = await type(tour.replaceAll('1000', `${many}`));
    expect(stdout).toMatch(/"state":"done".*"result":36.*"state":"dead".*"error":"there is no n".*\D3\n$/s);
    expect(await counts()).toMatchObject({ ready: 0, leased: 0, delayed: 0, done: many + 1, dead: 1 });
  },
  180_000,
);

run('a line for the shell, and what a job makes of it', async () => {
  const { type, client } = await createTerminal();
  const { stdout } = await type(shell);
  const job = await client.json(`/j/images/${stdout.trim()}`);
  expect(job).toMatchObject({ state: 'done', result: expect.stringMatching(/example\.org/) });
});

run('how it goes, told by the command', async () => {
  const { push, start, look } = await createTerminal();
  const id = await push('1');
  start(['--', 'sh', '-c', `${extend}sleep 30`]);
  await until(async () => (await look(id)).progress === 0.4);
  expect(await look(id)).toMatchObject({ progress: 0.4, note: 'page 4 of 10' });
});

run('what a command says by itself, with presque alone', async () => {
  const { push, type, look } = await createTerminal();
  const id = await push('1');
  const { code, stderr } = await type(`presque work sums --once --shell -- ${quoted(`set -e\n${bare}`)}`);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(await look(id)).toMatchObject({ state: 'done', progress: 0.9, result: { pages: 10 } });
});

run('the record of a job that ended', async () => {
  const { push, work } = await createTerminal();
  const id = await push('{"n":7}');
  const { stdout } = await work(['--json', '--drain', '--', 'echo', '49']);
  const { id: _, ms: __, ...like } = JSON.parse(record) as { [member: string]: unknown };
  expect(JSON.parse(stdout)).toEqual({ ...like, id, ms: expect.any(Number) });
});

test('every option of presque work --help that the page names is there', async () => {
  const { stdout } = await runPresque(['work', '--help']);
  const named = new Set([...page.matchAll(/`(--[a-z-]+)`/g)].map(([, name]) => name as string));
  expect(named.size).toBeGreaterThan(5);
  expect([...named].filter((name) => !stdout.includes(name))).toEqual([]);
});
