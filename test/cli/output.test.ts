/** What commands write looks right in a real terminal and is plain in a pipe. */

import { describe, expect, test } from 'vitest';
import { columnsOf } from '../../src/cli/terminal/text.js';
import { runInTerminal, runPiped } from '../support/terminal.js';

const output = (flags: object = {}) => `
  import { createOutput } from 'DIST/cli/terminal/output.js';
  import { endOnClosedPipe } from 'DIST/cli/terminal/pipes.js';
  endOnClosedPipe();
  const output = createOutput(${JSON.stringify(flags)});
`;
const list = `
  const rows = [{ name: 'mail', n: 3, job: '"\\x1b[2J' + 'x'.repeat(300) + '"' }, { name: '日本', n: 12, job: '1' }];
  await output.list([
    { title: 'NAME', value: (row) => row.name },
    { title: 'N', value: (row) => row.n, align: 'right' },
    { title: 'JOB', value: (row) => row.job, flexible: true },
  ], rows);
`;

describe('a list', () => {
  test.each([80, 200])('fits a terminal of %i columns', async (columns) => {
    const { code, screen } = await runInTerminal(output() + list, { columns });
    const lines = screen.trimEnd().split('\r\n');
    expect({ code, lines: lines.length }).toEqual({ code: 0, lines: 3 });
    expect(lines[0]).toContain('\x1b[1mNAME\x1b[22m  ');
    expect(lines[1]).toMatch(/^mail {3}3 {2}"\\x1b\[2Jx+…$/);
    expect(columnsOf(lines[1] ?? '')).toBe(columns);
    expect(lines[2]).toBe('日本  12  1');
  });

  test.each([
    ['--no-color', { color: false }, {}],
    ['NO_COLOR', {}, { NO_COLOR: '1' }],
    ['TERM=dumb', {}, { TERM: 'dumb' }],
  ])('has no colours with %s', async (_, flags, env) => {
    const { screen } = await runInTerminal(output(flags) + list, { env: env as { [name: string]: string } });
    expect(screen).toMatch(/^NAME /);
    expect(screen).not.toContain('\x1b');
  });

  test('is plain and whole in a pipe', async () => {
    const { code, stdout, stderr } = await runPiped(output() + list);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(`NAME   N  JOB\nmail   3  "\\x1b[2J${'x'.repeat(300)}"\n日本  12  1\n`);
  });

  test('is one JSON value a line with --json', async () => {
    const { stdout } = await runPiped(output({ json: true }) + list);
    const [first, second, ...none] = stdout.trimEnd().split('\n');
    expect(JSON.parse(first ?? '')).toMatchObject({ name: 'mail', n: 3 });
    expect(second).toBe('{"name":"日本","n":12,"job":"1"}');
    expect(none).toEqual([]);
  });

  test('ends quietly, with 0, when nobody reads on', async () => {
    const endless = `for (;;) { output.line('x'.repeat(1_000)); await new Promise(setImmediate); }`;
    const { code, stdout, stderr } = await runPiped(output() + endless, { after: '| head -1' });
    expect({ code, stderr, lines: stdout.split('\n').length }).toEqual({ code: 0, stderr: '', lines: 2 });
  });
});

test('talk is harmless, and quiet when asked to be', async () => {
  const talk = `output.say('\\x1b[2Ja\\nb'); output.warn('c\\u202e');`;
  const loud = await runPiped(output() + talk);
  expect(loud).toEqual({ code: 0, stdout: '', stderr: '\\x1b[2Ja\nb\npresque: c\\u202e\n' });
  expect((await runPiped(output({ quiet: true }) + talk)).stderr).toBe('presque: c\\u202e\n');
});

test('talk that nobody reads is no end', async () => {
  const talk = `for (let i = 0; i < 2_000; i++) { output.say('x'.repeat(1_000)); await new Promise(setImmediate); } output.line('done');`;
  const { code, stdout } = await runPiped(output() + talk, { after: '2> >(head -1 > /dev/null)' });
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'done\n' });
});

test('JSON of a job obeys no escape on a terminal, and is its own bytes in a pipe', async () => {
  const job = `output.raw('"\\u009b2J"');`;
  expect((await runInTerminal(output() + job)).screen).toBe('"\\u009b2J"\r\n');
  expect((await runPiped(output() + job)).stdout).toBe('"\u009b2J"\n');
});

describe('progress', () => {
  const push = `
    const progress = output.progress({ label: 'pushed', total: 40 });
    for (let i = 0; i <= 40; i++) { progress.update(i); await new Promise((resolve) => setTimeout(resolve, 10)); }
    output.say('a word');
    progress.update(40);
    progress.end();
  `;

  test.each([80, 200])('is one line of a terminal of %i columns, and leaves one', async (columns) => {
    const { screen } = await runInTerminal(output({ color: false }) + push, { columns });
    const lines = screen.trimEnd().split('\r\n');
    expect(lines).toHaveLength(2);
    const drawn = (lines[0] ?? '')
      .replaceAll('\x1b[K', '\r')
      .split('\r')
      .filter((text) => text !== '');
    expect(drawn.pop()).toBe('a word');
    expect(drawn.length).toBeGreaterThan(1);
    for (const text of drawn) {
      expect(text).toMatch(/^[█░]+ +\d+% {2}pushed: \d+ of 40, \d+ a second/);
      expect(columnsOf(text)).toBeLessThan(columns);
    }
    expect(lines[1]).toMatch(/^pushed: 40 of 40, \d+ a second$/);
  });

  test('is one plain line elsewhere, and nothing with --quiet', async () => {
    const { stdout, stderr } = await runPiped(output() + push);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^a word\npushed: 40 of 40, \d+ a second\n$/);
    expect((await runPiped(output({ quiet: true }) + push)).stderr).toBe('');
    expect((await runInTerminal(output({ quiet: true }) + push)).screen).toBe('');
  });
});

describe('a question', () => {
  const question = (yes?: boolean) => `
    ${output()}
    await output.ask('Delete 12 jobs of foo?', { yes: ${yes} });
    process.stdout.write('deleted\\n');
  `;

  test.each(['y\\n', 'Yes\\n'])('is answered by %s', async (input) => {
    const { code, screen } = await runInTerminal(question(), { input });
    expect(screen).toContain('Delete 12 jobs of foo? [y/N] ');
    expect(screen).toContain('deleted\r\n');
    expect(code).toBe(0);
  });

  test.each([['n\\n'], ['\\n'], ['yellow\\n'], ['']])('does nothing when the answer is %j', async (input) => {
    const { code, screen } = await runInTerminal(question(), { input });
    expect(screen).toContain('nothing was done');
    expect(screen).not.toContain('deleted');
    expect(code).toBe(1);
  });

  test('asks for --yes where nobody can be asked, with 2', async () => {
    const { code, stdout, stderr } = await runPiped(question(), { after: '< /dev/null' });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^presque: .*--yes.*\n$/);
  });

  test('is not asked with --yes', async () => {
    const { code, stdout, stderr } = await runPiped(question(true), { after: '< /dev/null' });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'deleted\n', stderr: '' });
  });
});
