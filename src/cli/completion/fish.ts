/** Completion for fish, 3.0 and later. */

import { allOf, type Tree, type TreeOption, type Value } from './tree.js';

export function fishCompletion(program: Tree): string {
  const trees = allOf(program);
  return `# fish completion for presque, made by: presque completion fish

# Where the cursor is: the commands so far, a slash, the number of arguments after them; or -- and how many words follow it.
function __presque_where
    set -l words (commandline -opc)
    set -e words[1]
    set -l path ''
    set -l arguments 0
    set -l value no
    set -l rest no
    for word in $words
        if test $rest = yes
            set arguments (math $arguments + 1)
        else if test $value = yes
            set value no
        else if test "$word" = --
            set rest yes
            set path ' --'
            set arguments 0
        else if string match -q -- '-*' "$word"
            switch "$path $word"
${trees.flatMap(takingCase).join('\n')}
            end
        else
            switch "$path $word"
${trees.flatMap(commandCases).join('\n')}
                case '*'
                    set arguments (math $arguments + 1)
            end
        end
    end
    echo "$path/$arguments"
end

function __presque_in
    string match -q -- "$argv[1]/*" (__presque_where)
end

function __presque_at
    test "$argv[1]" = (__presque_where)
end

complete -c presque -f
complete -c presque -n '__presque_at " --/0"' -a '(__fish_complete_command)'
complete -c presque -n '__presque_in " --"' -F
${trees.flatMap(completions).join('\n')}
`;
}

const quoted = (text: string) => `'${text.replaceAll(/[\\']/g, '\\$&')}'`;

function takingCase({ path, options }: Tree): string[] {
  const flags = options.flatMap((option) => (option.value ? option.flags : []));
  if (flags.length === 0) return [];
  const words = flags.map((flag) => quoted(`${path} ${flag}`)).join(' ');
  return [`                case ${words}\n                    set value yes`];
}

function commandCases({ path, commands }: Tree): string[] {
  return commands.map((child) => {
    const words = [child.name, ...child.aliases].map((name) => quoted(`${path} ${name}`)).join(' ');
    return `                case ${words}
                    set path ${quoted(child.path)}
                    set arguments 0`;
  });
}

function completions(tree: Tree): string[] {
  const { path, commands, options, values } = tree;
  return [
    ...commands.map(({ name, about }) => `${at(`${path}/0`)} -a ${quoted(name)} -d ${quoted(about)}`),
    ...(commands.length > 0 ? [] : values.flatMap((value, index) => argumentLines(path, value, index))),
    ...options.map((option) => optionLine(path, option)),
  ];
}

const at = (where: string) => `complete -c presque -n ${quoted(`__presque_at "${where}"`)}`;
const inside = (path: string) => `complete -c presque -n ${quoted(`__presque_in "${path}"`)}`;

function argumentLines(path: string, value: Value, index: number): string[] {
  const action = actionOf(value);
  if (action === '') return [];
  return [`${value.isVariadic ? inside(path) : at(`${path}/${index}`)} ${action}`];
}

function optionLine(path: string, { flags, about, value }: TreeOption): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const taking = value === undefined ? '' : ` ${value.files === 'files' ? '-r' : '-x'} ${actionOf(value)}`;
  return `${inside(path)} ${names.join(' ')}${taking.trimEnd()} -d ${quoted(about)}`;
}

function actionOf({ choices, files }: Value): string {
  if (choices.length > 0) return `-a ${quoted(choices.join(' '))}`;
  if (files === undefined) return '';
  return files === 'files' ? '-F' : "-a '(__fish_complete_directories)'";
}
