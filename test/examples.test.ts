/** Every program on the pages is type-checked as it stands, runs, and prints what it says. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createServer } from '../dist/index.js';
import { startProcess, temporaryDirectory, within } from './support/process.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

interface Program {
  readonly name: string;
  readonly text: string;
  /** What it prints: the comments behind its `console.log`. */
  readonly prints: string;
}

function programsOf(page: string): Program[] {
  const blocks = read(`docs/${page}.md`).matchAll(/^##+ ([^\n]*)$|^```ts\n(.*?)^```$/gms);
  let heading = 'the start';
  const programs: Program[] = [];
  for (const [, title, text] of blocks) {
    heading = title ?? heading;
    if (text === undefined) continue;
    const prints = Array.from(text.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm), ([, line]) => `${line}\n`);
    programs.push({ name: `${page}-${programs.length + 1}: ${heading}`, text, prints: prints.join('') });
  }
  return programs;
}

const programs = ['client', 'embedding'].flatMap(programsOf);
const fileOf = ({ name }: Program) => name.replace(/:.*/, '');

/** In the repository, where `presque/client` is this package. */
let folder: string;

beforeAll(() => {
  mkdirSync(join(root, 'build'), { recursive: true });
  folder = mkdtempSync(join(root, 'build', 'examples-'));
  for (const program of programs) writeFileSync(join(folder, `${fileOf(program)}.ts`), program.text);
  const compilerOptions = { noEmit: false, rootDir: '.', outDir: 'out', allowJs: false };
  const config = { extends: '../../tsconfig.json', compilerOptions, include: ['*.ts'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the types of all programs are right', () => {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  expect(spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' }).stdout).toBe('');
});

describe('runs and prints what it says', () => {
  test.each(programs)('$name', async (program) => {
    const server = await createServer({ port: 0, store: 'memory:' });
    const path = join(folder, 'out', `${fileOf(program)}.js`);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll('http://127.0.0.1:5000', server.url));
    const started = startProcess(process.execPath, [path], { cwd: temporaryDirectory() });
    if (program.text.includes('signals: true')) {
      await started.printed(/\n/);
      started.signal('SIGTERM');
    }
    const exit = await within(30_000, `end of ${program.name}`, started.exited);
    await server.stop();
    expect({ ...exit, stderr: started.stderr }).toEqual({ code: 0, signal: null, stderr: '' });
    expect(started.stdout).toBe(program.prints);
  });
});

/** The first cells of the rows below a heading. */
function rowsBelow(heading: string): string[] {
  const [, section = ''] = read('docs/client.md').split(`### ${heading}\n`);
  return Array.from(section.split(/^#/m)[0]?.matchAll(/^\| (`.*?) \|/gm) ?? [], ([, cell = '']) => cell)
    .flatMap((cell) => Array.from(cell.matchAll(/`(\w+)/g), ([, name = '']) => name))
    .toSorted();
}

const membersOf = (path: string, start: string, pattern: RegExp) => {
  const body = read(path).split(start)[1]?.split('\n}')[0] ?? '';
  return Array.from(body.matchAll(pattern), ([, name]) => name).toSorted();
};
const optional = /^ {2}readonly (\w+)\?/gm;

test.each([
  ['Options of connect', membersOf('src/client/client.ts', 'interface ConnectOptions', optional)],
  ['Options of a worker', membersOf('src/client/work-options.ts', 'interface WorkOptions', optional)],
  ['Events', membersOf('src/client/worker.ts', 'type WorkerEvents', /^ {2}(\w+): \[/gm)],
])('the table of "%s" has all there are', (heading, names) => {
  expect(names.length).toBeGreaterThan(4);
  expect(rowsBelow(heading)).toEqual(names);
});
