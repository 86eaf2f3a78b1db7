/** What can be completed: commands, options and arguments, read off the program itself. */

import type { Argument, Command, Option } from 'commander';

/** What comes after an option, or stands as an argument. */
export interface Value {
  readonly name: string;
  readonly choices: readonly string[];
  readonly files?: 'files' | 'directories';
  /** Takes all words that are left. */
  readonly isVariadic: boolean;
}

export interface TreeOption {
  /** `-j`, `--jobs` */
  readonly flags: readonly string[];
  readonly about: string;
  /** Without it, the option takes no word. */
  readonly value?: Value;
  readonly isRepeatable: boolean;
}

export interface Tree {
  readonly name: string;
  /** The names that lead to it, each after a space; nothing for the program itself. */
  readonly path: string;
  readonly about: string;
  readonly aliases: readonly string[];
  readonly options: readonly TreeOption[];
  readonly values: readonly Value[];
  readonly commands: readonly Tree[];
}

export function treeOf(command: Command, path = ''): Tree {
  const help = command.createHelp();
  const visible = help.visibleCommands(command);
  const names = visible.map((child) => child.name()).filter((name) => name !== 'help');
  return {
    name: command.name(),
    path,
    about: command.description(),
    aliases: command.aliases(),
    options: help.visibleOptions(command).map(optionOf),
    values: command.registeredArguments.map(argumentValue),
    commands: visible.map((child) => {
      const tree = treeOf(child, `${path} ${child.name()}`);
      // Commander makes this one up, without the names that it takes.
      return child.name() === 'help'
        ? { ...tree, values: tree.values.map((value) => ({ ...value, choices: names })) }
        : tree;
    }),
  };
}

/** A command and all below it. */
export function allOf(tree: Tree): Tree[] {
  return [tree, ...tree.commands.flatMap(allOf)];
}

function optionOf(option: Option): TreeOption {
  const name = /[<[]([^>\].]+)/.exec(option.flags)?.[1] ?? 'VALUE';
  const { argChoices: choices = [], variadic: isVariadic } = option;
  return {
    flags: [option.short, option.long].filter((flag) => flag !== undefined),
    about: option.description,
    // One whose value may be left out says nothing about the word after it.
    ...(option.required && { value: { name, choices, isVariadic, ...filesOf(name) } }),
    isRepeatable: isVariadic,
  };
}

function argumentValue(argument: Argument): Value {
  const name = argument.name();
  return { name, choices: argument.argChoices ?? [], isVariadic: argument.variadic, ...filesOf(name) };
}

function filesOf(name: string): Pick<Value, 'files'> {
  if (/FILE|PATH/i.test(name)) return { files: 'files' };
  return /DIR/i.test(name) ? { files: 'directories' } : {};
}
