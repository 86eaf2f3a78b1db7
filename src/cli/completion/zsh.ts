/** Completion for zsh: a function for each command, by `_arguments`. */

import { allOf, type Tree, type TreeOption, type Value } from './tree.js';

export function zshCompletion(program: Tree): string {
  return `#compdef presque
# zsh completion for presque, made by: presque completion zsh
${allOf(program).map(functionOf).join('\n')}
if [ "$funcstack[1]" = "_presque" ]; then
  _presque "$@"
else
  compdef _presque presque
fi
`;
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
/** In the specs of `_arguments` and `_describe` these have a meaning. */
const plain = (text: string) => text.replaceAll(/[\\:[\]]/g, '\\$&');
const nameOf = ({ path }: Tree) => `_presque${path.replaceAll(/[^a-z0-9]/g, '_')}`;

function functionOf(tree: Tree): string {
  const options = tree.options.flatMap(optionSpecs);
  return tree.commands.length === 0 ? leaf(tree, options) : group(tree, options);
}

/** After \`--\` there are no options. */
function leaf(tree: Tree, options: readonly string[]): string {
  const specs = [...options, ...tree.values.map(argumentSpec)].map(quoted);
  return `${nameOf(tree)}() {
  _arguments -S ${specs.map((spec) => `\\\n    ${spec}`).join(' ')}
}
`;
}

/** The list may not be called `commands`: that is zsh's own table of what can be run. */
function group(tree: Tree, options: readonly string[]): string {
  const specs = [...options, '1: :->command', '*:: :->rest'].map(quoted);
  const described = tree.commands.map(({ name, about }) => quoted(`${plain(name)}:${plain(about)}`));
  const arms = tree.commands.map(
    (child) => `    ${[child.name, ...child.aliases].join('|')}) ${nameOf(child)} ;;`,
  );
  return `${nameOf(tree)}() {
  local context state state_descr line
  typeset -A opt_args
  local -a below
  below=(${described.map((text) => `\n    ${text}`).join('')}
  )
  _arguments -C ${specs.map((spec) => `\\\n    ${spec}`).join(' ')}
  case $state in
  command) _describe -t commands command below ;;
  rest)
    case $line[1] in
${arms.join('\n')}
    esac
    ;;
  esac
}
`;
}

function optionSpecs({ flags, about, value, isRepeatable }: TreeOption): string[] {
  return flags.map((flag) => {
    const others = isRepeatable ? '*' : `(${flags.join(' ')})`;
    const joined = flag.startsWith('--') ? '=' : '+';
    return `${others}${flag}${value ? joined : ''}[${plain(about)}]${value ? `:${plain(value.name)}:${action(value)}` : ''}`;
  });
}

function argumentSpec(value: Value, at: number): string {
  // The command line of another program, whose own completion takes over; three colons: it begins here.
  if (value.isVariadic && /COMMAND/i.test(value.name)) return `*:::${plain(value.name)}: _normal`;
  return `${value.isVariadic ? '*' : at + 1}:${plain(value.name)}:${action(value)}`;
}

function action({ choices, files }: Value): string {
  if (choices.length > 0) return `(${choices.join(' ')})`;
  if (files === undefined) return ' ';
  return files === 'files' ? '_files' : '_files -/';
}
