/** The command line as Markdown, made from the commands themselves. */

import { createProgram } from '../dist/cli/program.js';

/** An option that as many commands spell and mean alike is told once. */
const shared = 4;

const code = (text) => `\`${text}\``;
const cell = (text) => String(text ?? '').replaceAll('|', '\\|');
const table = (rows) => ['| | |', '|---|---|', ...rows].join('\n');

/** A command and all below it, with the names that lead to it. */
function commandsOf(command, path = command.name()) {
  const below = command
    .createHelp()
    .visibleCommands(command)
    .filter((child) => child.name() !== 'help');
  return [{ command, path }, ...below.flatMap((child) => commandsOf(child, `${path} ${child.name()}`))];
}

/** What stands below the options in a command's help. */
function afterHelp(command) {
  let all = '';
  command.configureOutput({ writeOut: (text) => (all += text), getOutHelpWidth: () => 110 });
  const own = command.helpInformation();
  command.outputHelp();
  return all.slice(own.length).trim();
}

function afterText(command) {
  const [prose, examples] = afterHelp(command).split(/^Examples:\n/m);
  const lines = examples?.replace(/^ {2}/gm, '').trimEnd();
  return [prose.trim(), ...(lines ? [`\`\`\`sh\n${lines}\n\`\`\``] : [])].filter((text) => text !== '');
}

const rowOf = (help, option) =>
  `| ${code(help.optionTerm(option))} | ${cell(help.optionDescription(option))} |`;

function rowsOf(command) {
  const help = command.createHelp();
  return help.visibleOptions(command).map((option) => ({
    flag: option.long ?? option.short,
    row: rowOf(help, option),
  }));
}

function sharedRows(commands) {
  const times = new Map();
  for (const { command } of commands) {
    for (const { row } of rowsOf(command)) times.set(row, (times.get(row) ?? 0) + 1);
  }
  return [...times].filter(([, many]) => many >= shared).map(([row]) => row);
}

function commandText({ command, path }, common) {
  const help = command.createHelp();
  const rows = rowsOf(command);
  const own = rows.filter(({ row }) => !common.includes(row));
  const others = rows.filter(({ row }) => common.includes(row)).map(({ flag }) => code(flag));
  const values = help
    .visibleArguments(command)
    .map(
      (argument) => `| ${code(help.argumentTerm(argument))} | ${cell(help.argumentDescription(argument))} |`,
    );
  const below = command.commands.map(
    (child) => `| ${code(`${path} ${child.name()}`)} | ${cell(child.description())} |`,
  );
  return [
    `## ${path}`,
    command.description(),
    `\`\`\`\n${help.commandUsage(command)}\n\`\`\``,
    ...(below.length > 0 ? [table(below)] : []),
    ...(values.length > 0 ? [table(values)] : []),
    ...(own.length > 0 ? [table(own.map(({ row }) => row))] : []),
    ...(others.length > 0 ? [`Also ${others.join(', ')}: see above.`] : []),
    ...afterText(command),
  ].join('\n\n');
}

/** `docs/cli.md` */
export function commandsText() {
  const commands = commandsOf(createProgram());
  const common = sharedRows(commands);
  const text = [
    '# The command line',
    'Made from the commands by `npm run docs`; `presque help COMMAND` says the same.',
    'Data goes to stdout, talk to stderr. Exit status: 0 all right, 1 it failed, 2 the command line can not be understood, 3 nothing was found, 4 the server asks for another token, 69 no server was reached.',
    ...(common.length > 0 ? ['Options that many commands have:', table(common)] : []),
    ...commands.map((each) => commandText(each, common)),
  ];
  return `${text.join('\n\n')}\n`;
}
