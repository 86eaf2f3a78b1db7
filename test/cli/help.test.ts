/** Every command explains itself, and a command below another one behaves as all do. */

import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { createProgram } from '../../src/cli/program.js';
import { runPresque } from '../support/process.js';
import { runPiped } from '../support/terminal.js';

function pathsOf(command: Command, path: readonly string[] = []): (readonly string[])[] {
  return [path, ...command.commands.flatMap((child) => pathsOf(child, [...path, child.name()]))];
}

describe.each(pathsOf(createProgram()).map((path) => ({ name: ['presque', ...path].join(' '), path })))(
  '$name --help',
  ({ name, path }) => {
    test('has a description and examples of itself', async () => {
      const { code, stdout, stderr } = await runPresque([...path, '--help']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout.startsWith(`Usage: ${name} `)).toBe(true);
      expect(stdout).toMatch(/^Usage: .*\n\n\w[\s\S]*?\.\n\n/);
      const [, examples = ''] = stdout.split(/^Examples:$/m);
      expect(examples).toContain(name);
    });

    test('says what every option and argument means', () => {
      const command = path.reduce<Command>(
        (parent, word) => parent.commands.find((child) => child.name() === word) ?? parent,
        createProgram(),
      );
      const nameless = [...command.options, ...command.registeredArguments]
        .filter(({ description }) => description === '')
        .map((each) => ('flags' in each ? each.flags : each.name()));
      expect(nameless).toEqual([]);
    });
  },
);

describe('a command below another one', () => {
  const group = (...args: string[]) =>
    runPiped(`
      import { createProgram } from 'DIST/cli/program.js';
      const program = createProgram();
      const things = program.command('things').description('All about things.');
      things.command('list').description('List them.').option('--limit <N>', 'how many').action(() => {});
      await program.parseAsync(${JSON.stringify(args)}, { from: 'user' });
    `);

  test.each([
    ['an unknown one, with the nearest', ['things', 'lst'], /lst'[\s\S]*list/],
    ['an unknown flag, with the nearest', ['things', 'list', '--limt', '1'], /--limt[\s\S]*--limit/],
    ['a word too many', ['things', 'list', 'x'], /argument/],
    ['a flag without its value', ['things', 'list', '--limit'], /--limit/],
    ['none at all', ['things'], /Usage: presque things/],
  ])('exit 2 for %s', async (_, args, says) => {
    const { code, stdout, stderr } = await group(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(says);
  });

  test.each([[['things', '--help']], [['help', 'things']], [['things', 'help', 'list']]])(
    '%j is helped with',
    async (args) => {
      const { code, stdout, stderr } = await group(...args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/^Usage: presque things /);
    },
  );
});

test('what is wrong points to the help of the command it is about', async () => {
  expect((await runPresque(['completion', 'tcsh'])).stderr).toContain('(presque completion --help ');
});
