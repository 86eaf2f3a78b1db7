/** Each shell completes with the script that presque prints for it, without presque being run. */

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { describe, expect, test } from 'vitest';
import { bashCompletion } from '../../src/cli/completion/bash.js';
import { fishCompletion } from '../../src/cli/completion/fish.js';
import { allOf, type Tree, treeOf } from '../../src/cli/completion/tree.js';
import { zshCompletion } from '../../src/cli/completion/zsh.js';
import { createProgram } from '../../src/cli/program.js';
import { runPresque, startProcess, temporaryDirectory, within } from '../support/process.js';

const made: { readonly [shell: string]: (program: Tree) => string } = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** Ours, and commands below another one, one that runs another program, and words that shells give a meaning. */
function createRichProgram(): Command {
  const program = createProgram();
  const things = program.command('things').description('All about things.');
  things.command('list').alias('ls').description('List them.').option('--limit <N>', 'how many');
  things.command('import').description('Import.').argument('<NAME>').argument('[FILE]');
  program
    .command('carry')
    .description(`It's 50% [of: "$HOME" and \`x\`].`)
    .argument('<NAME>')
    .argument('[COMMAND...]')
    .option('-j, --jobs <N>', "how many: it's [50%]")
    .addOption(new Option('--state <STATE>', 'a state').choices(['done', 'dead']));
  return program;
}

/** A directory with the script as `script`, and something to complete as a file. */
function prepared(shell: string): string {
  const cwd = temporaryDirectory();
  writeFileSync(join(cwd, 'script'), made[shell]?.(treeOf(createRichProgram())) ?? '');
  writeFileSync(join(cwd, 'zz top.json'), '');
  return cwd;
}

test.each(Object.keys(made))('presque completion %s prints the script', async (shell) => {
  const { code, stdout, stderr } = await runPresque(['completion', shell]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toBe(made[shell]?.(treeOf(createProgram())));
});

async function run(cwd: string, command: string, ...args: string[]): Promise<string> {
  // Nothing of ours may be run, which would be found under its name only.
  const child = startProcess(command, args, { cwd, env: { PATH: '/usr/bin:/bin', TERM: 'dumb', HOME: cwd } });
  const { code } = await within(20_000, `end of ${command}`, child.exited);
  expect({ code, stderr: child.stderr }).toEqual({ code: 0, stderr: '' });
  return child.stdout;
}

const has = (shell: string) => spawnSync(shell, ['-c', 'exit 0']).status === 0;
const lines = (text: string) => text.split('\n').filter((line) => line !== '');

/** What bash offers for the last of the words, which are parted as bash parts them. */
async function bash(cwd: string, ...words: string[]): Promise<string[]> {
  const program = `set -eu; source ./script; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _presque || exit 9
    printf '%s\\n' \${COMPREPLY[@]+"\${COMPREPLY[@]}"}`;
  return lines(await run(cwd, 'bash', '--norc', '-c', program, 'bash', 'presque', ...words));
}

describe('bash', () => {
  test('completes every command and every option', async () => {
    const cwd = prepared('bash');
    for (const { path, commands, options, aliases } of allOf(treeOf(createRichProgram()))) {
      const words = path.split(' ').filter((word) => word !== '');
      const flags = options.flatMap((option) => option.flags);
      expect((await bash(cwd, ...words, '-')).sort()).toEqual([...flags].sort());
      if (commands.length > 0)
        expect(await bash(cwd, ...words, '')).toEqual(commands.map(({ name }) => name));
      for (const alias of aliases) expect(await bash(cwd, ...words.slice(0, -1), alias, '-')).toEqual(flags);
    }
  });

  const cases: { readonly [name: string]: [words: string[], offered: string[]] } = {
    'a command': [['comp'], ['completion']],
    'a choice': [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    'nothing after the last argument': [['completion', 'bash', ''], []],
    'a command to be helped with': [['help', 'mig'], ['migrate']],
    'an option after the value of another': [['serve', '--port', '1', '--por'], ['--port']],
    'an option after a URL': [['serve', '--store', 'redis', ':', '//x', '--por'], ['--port']],
    'an option after --option=value': [['serve', '--port', '=', '1', '--por'], ['--port']],
    'a file as a value': [['serve', '--redis-ca', 'zz'], ['zz top.json']],
    'a file after =': [['serve', '--redis-ca', '=', 'zz'], ['zz top.json']],
    'nothing for a value that is free': [['serve', '--port', ''], []],
    'no command as a value': [['serve', '--port', 'se'], []],
    'no option after --': [['serve', '--', 'x', '--por'], []],
    'files after --': [['serve', '--', 'x', 'zz'], ['zz top.json']],
    'a program right after --': [['serve', '--', 'basenam'], ['basename']],
    'nothing for a command that there is not': [['nothing', ''], []],
    'what is below a command': [
      ['things', ''],
      ['list', 'import', 'help'],
    ],
    'an option of a command by its other name': [['things', 'ls', '--l'], ['--limit']],
    'a file as the second argument only': [['things', 'import', 'zz'], []],
    'a file as the second argument': [['things', 'import', 'x', 'zz'], ['zz top.json']],
    'a choice of an option': [
      ['carry', 'x', '-j', '4', '--state', 'd'],
      ['done', 'dead'],
    ],
    'no harm by a word with quotes and patterns': [['$(exit 3)', '*', '"\'`', 'x'], []],
  };
  for (const [name, [words, offered]] of Object.entries(cases)) {
    test(`offers ${name}`, async () => {
      const cwd = prepared('bash');
      expect([...new Set(await bash(cwd, ...words))]).toEqual(offered);
    });
  }
});

describe.skipIf(!has('fish'))('fish (skipped where it is not installed)', () => {
  const cases: { readonly [line: string]: RegExp } = {
    'presque ': /^completion\tPrint .*\n(.*\n)*help\t.*\n(.*\n)*serve\tServe /m,
    'presque serve --por': /^--port\tport to listen on/,
    'presque completion ': /^bash\nfish\nzsh\n$/,
    'presque completion bash ': /^$/,
    'presque help mig': /^migrate\n$/,
    'presque serve --port ': /^$/,
    'presque serve --port 1 --por': /^--port\t/,
    'presque serve --redis-ca zz': /^zz top\.json\n$/,
    'presque serve -- x --por': /^$/,
    'presque serve -- basenam': /^basename\t?.*\n/,
    'presque carr': /^carry\tIt's 50% \[of: "\$HOME" and `x`\]\.\n$/,
    'presque things ls --l': /^--limit\thow many\n$/,
    'presque things import x zz': /^zz top\.json\n$/,
    'presque carry x -j 4 --state d': /^dead\t?.*\ndone\t?.*\n$/,
    'presque carry x -- basenam': /^basename\t?.*\n/,
  };
  for (const [line, offered] of Object.entries(cases)) {
    test(`completes ${line}`, async () => {
      const cwd = prepared('fish');
      const program = 'source ./script; complete -C $argv[1]';
      expect(await run(cwd, 'fish', '--no-config', '-c', program, line)).toMatch(offered);
    });
  }
});

describe.skipIf(!has('zsh'))('zsh (skipped where it is not installed)', () => {
  // A zsh at a terminal of its own, in which the line is typed and Tab pressed twice.
  const harness = `
    zmodload zsh/zpty
    zpty z zsh -f -i
    zpty -w z "PS1=; stty cols 200 rows 100; autoload -Uz compinit; compinit -u -D; unsetopt automenu; source ./script; print RE''ADY"
    zpty -r -m z seen '*READY*'
    zpty -w -n z "$1"$'\\t\\t; print E\\\\ND\\n'
    zpty -r -m z seen '*END*'
    print -r -- $seen
    zpty -d z
  `;
  const cases: { readonly [line: string]: RegExp } = {
    'presque ser': /presque serve/,
    'presque ': /completion +-- Print .*[\s\S]*serve +-- Serve /,
    'presque serve --por': /--port/,
    'presque serve --log': /--log-format +-- json, pretty, or auto: pretty/,
    'presque completion ': /bash[\s\S]*fish[\s\S]*zsh/,
    'presque serve --redis-ca zz': /zz\\ top\.json/,
    'presque carr': /presque carry/,
    'presque carry -': /--jobs +-j +-- how many: it's \[50%\]/,
    'presque things ls --l': /--limit/,
    'presque things import x zz': /zz\\ top\.json/,
    'presque carry x --state do': /--state done/,
    'presque carry x -- basenam': /-- basename/,
  };
  for (const [line, offered] of Object.entries(cases)) {
    test(`completes ${line}`, async () => {
      expect(await run(prepared('zsh'), 'zsh', '-f', '-c', harness, 'zsh', line)).toMatch(offered);
    });
  }
});

test.each(['', 'tcsh'])('there is none for the shell %j', async (shell) => {
  const { code, stdout, stderr } = await runPresque(['completion', ...(shell ? [shell] : [])]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/shell/i);
});

test('the page of commands says how to install each', () => {
  const page = readFileSync('docs/cli.md', 'utf8');
  for (const shell of ['bash', 'zsh', 'fish']) expect(page).toContain(`presque completion ${shell} `);
});
