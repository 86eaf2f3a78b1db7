/** Completion for bash, 3.2 and later, without any package of it. */

import { allOf, type Tree, type TreeOption, type Value } from './tree.js';

export function bashCompletion(program: Tree): string {
  const trees = allOf(program);
  const arms = (made: readonly string[]) => [...made, '*) ;;'].map((arm) => `    ${arm}`).join('\n');
  return `# bash completion for presque, made by: presque completion bash
_presque_files() {
  local name
  compopt -o filenames 2>/dev/null
  while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen "$1" -- "$cur")
}

# Sets value to the option that takes the next word.
_presque_option() {
  case "$path $1" in
${arms(trees.flatMap(takingArms))}
  esac
}

# Goes one command down, or counts an argument.
_presque_word() {
  case "$path $1" in
${trees
  .flatMap(commandArms)
  .map((arm) => `    ${arm}`)
  .join('\n')}
    *) arguments=$((arguments + 1)) ;;
  esac
}

_presque_values() {
  case "$path $value" in
${arms(trees.flatMap(valueArms))}
  esac
}

_presque_arguments() {
  case "$path $arguments" in
${arms(trees.flatMap(argumentArms))}
  esac
}

_presque_options() {
  case "$path" in
${arms(trees.map(optionsArm))}
  esac
}

_presque() {
  local IFS=$' \\t\\n' cur=\${COMP_WORDS[COMP_CWORD]} path='' value='' words='' arguments=0 i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
      # Bash parts words at these: what follows belongs to what was before, or is the whole of it.
      '=' | '@') ;;
      ':') i=$((i + 1)) ;;
      *)
        if [[ -n $value ]]; then
          value=''
        elif [[ \${COMP_WORDS[i]} == -- ]]; then
          if ((COMP_CWORD == i + 1)); then _presque_files -c; else _presque_files -f; fi
          return
        elif [[ \${COMP_WORDS[i]} == -* ]]; then
          _presque_option "\${COMP_WORDS[i]}"
        else
          _presque_word "\${COMP_WORDS[i]}"
        fi
        ;;
    esac
  done
  if [[ $cur == '=' ]]; then cur=''; fi
  if [[ -n $value ]]; then
    _presque_values
  elif [[ $cur == -* ]]; then
    _presque_options
  else
    _presque_arguments
  fi
  if [[ -n $words ]]; then COMPREPLY=($(compgen -W "$words" -- "$cur")); fi
}
complete -F _presque presque
`;
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

const patterns = (path: string, words: readonly string[]) =>
  words.map((word) => quoted(`${path} ${word}`)).join(' | ');

const taking = ({ options }: Tree) =>
  options.filter((option): option is TreeOption & { value: Value } => option.value !== undefined);

function takingArms(tree: Tree): string[] {
  const flags = taking(tree).flatMap((option) => option.flags);
  return flags.length === 0 ? [] : [`${patterns(tree.path, flags)}) value=$1 ;;`];
}

function commandArms({ path, commands }: Tree): string[] {
  return commands.map(
    (child) => `${patterns(path, [child.name, ...child.aliases])}) path=${quoted(child.path)} arguments=0 ;;`,
  );
}

function completed({ choices, files }: Pick<Value, 'choices' | 'files'>): string | undefined {
  if (choices.length > 0) return `words=${quoted(choices.join(' '))}`;
  if (files === undefined) return undefined;
  return `_presque_files ${files === 'files' ? '-f' : '-d'}`;
}

function valueArms(tree: Tree): string[] {
  return taking(tree).flatMap(({ flags, value }) => {
    const action = completed(value);
    return action === undefined ? [] : [`${patterns(tree.path, flags)}) ${action} ;;`];
  });
}

function argumentArms({ path, values, commands }: Tree): string[] {
  if (commands.length > 0) {
    return [`${quoted(`${path} 0`)}) words=${quoted(commands.map(({ name }) => name).join(' '))} ;;`];
  }
  return values.flatMap((value, at) => {
    const action = completed(value);
    if (action === undefined) return [];
    return [`${value.isVariadic ? `${quoted(`${path} `)}*` : quoted(`${path} ${at}`)}) ${action} ;;`];
  });
}

function optionsArm({ path, options }: Tree): string {
  return `${quoted(path)}) words=${quoted(options.flatMap(({ flags }) => flags).join(' '))} ;;`;
}
