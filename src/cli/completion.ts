/** `presque completion`: a script that completes our commands in a shell, without starting presque. */

import { Argument, type Command } from 'commander';
import { bashCompletion } from './completion/bash.js';
import { fishCompletion } from './completion/fish.js';
import { type Tree, treeOf } from './completion/tree.js';
import { zshCompletion } from './completion/zsh.js';
import { createOutput } from './terminal/output.js';

const shells: { readonly [shell: string]: (program: Tree) => string } = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

export function addCompletion(program: Command) {
  program
    .command('completion')
    .description('Print a script that completes commands and options in a shell.')
    .addArgument(new Argument('<SHELL>', 'the shell it is for').choices(Object.keys(shells)))
    .addHelpText(
      'after',
      `
The script knows the commands of the version that printed it: print it again after an update.

Examples:
  $ source <(presque completion bash)                  in this shell; in ~/.bashrc for all
  $ presque completion bash > ~/.local/share/bash-completion/completions/presque
  $ source <(presque completion zsh)                   in ~/.zshrc, after compinit
  $ presque completion zsh > "\${fpath[1]}/_presque"
  $ presque completion fish > ~/.config/fish/completions/presque.fish`,
    )
    .action((shell: string) => {
      createOutput({}).line(shells[shell]?.(treeOf(program)).trimEnd() ?? '');
    });
}
