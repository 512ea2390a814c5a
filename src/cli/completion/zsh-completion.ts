import { version } from '../../version.ts';
import type { OptionValues } from '../../config/option-values.ts';
import type { CompletedCommand, CompletedOption } from './completed-programs.ts';

/** The completion of zsh, for a directory of `fpath` (as `_gausskeep`) or to be sourced. */
export function zshCompletion(commands: readonly CompletedCommand[]): string {
  const programs = commands.filter(({ path }) => path.length === 1).map(({ path }) => path[0] ?? '');
  return [
    `#compdef ${programs.join(' ')}`,
    `# Completion of ${programs.join(', ')} for zsh, of gausskeep ${version}.`,
    '# Made by "gausskeep completion zsh".',
    '',
    '_gausskeep_options() {',
    '  local curcontext=$curcontext ret=1',
    '  case $1 in',
    ...commands.filter((command) => command.commands.length === 0).flatMap(optionArm),
    '  esac',
    '  return ret',
    '}',
    '',
    '# The words that may follow: sets commands; none behind a whole command.',
    '_gausskeep_commands() {',
    '  commands=()',
    '  case $1 in',
    ...commands.filter((command) => command.commands.length > 0).flatMap(commandArm),
    '  esac',
    '}',
    engine,
    `compdef _gausskeep ${programs.join(' ')}`,
    '# Read from fpath, this file is the function itself.',
    'if [[ ${funcstack[1]} == _gausskeep ]]; then _gausskeep "$@"; fi',
    '',
  ].join('\n');
}

const engine = `
# OLDDIR=NEWDIR.
_gausskeep_mapping() {
  if compset -P '*='; then _files -/; else _files -/ -S '='; fi
}

_gausskeep() {
  local command=\${service:-gausskeep} helping=
  local -a commands
  if [[ $command != gs_basebackup && $command != gs_tar ]]; then command=gausskeep; fi
  if [[ $command == gausskeep && $CURRENT -gt 2 && $words[2] == help ]]; then
    helping=1
    shift words
    CURRENT=$((CURRENT - 1))
  fi
  _gausskeep_commands $command
  while (( CURRENT > 2 )) && (( \${commands[(I)$words[2]:*]} )); do
    command="$command $words[2]"
    shift words
    CURRENT=$((CURRENT - 1))
    _gausskeep_commands $command
  done
  if (( $#commands )); then
    if (( CURRENT > 2 )); then return 1; fi
    if [[ $PREFIX == -* ]]; then
      commands=('--help' '--version')
      if [[ $command != gausskeep ]]; then commands=('--help'); fi
      compadd -a commands
    else
      _describe -t commands 'command' commands
    fi
    return
  fi
  if [[ -n $helping ]]; then return 1; fi
  _gausskeep_options $command
}
`;

function commandArm({ path, commands }: CompletedCommand): string[] {
  return [
    `  ${quoted(path.join(' '))})`,
    '    commands=(',
    ...commands.map(
      ({ word, help }) => `      ${quoted(`${word.replaceAll(':', '\\:')}:${help.replaceAll('\\', '\\\\')}`)}`,
    ),
    '    )',
    '    ;;',
  ];
}

function optionArm({ path, options, operand }: CompletedCommand): string[] {
  const rest = operand.kind === 'none' ? [] : [`*:${operandName(operand)}:${action(operand)}`];
  const specs = [...options.flatMap(optionSpecs), ...rest];
  return [
    `  ${quoted(path.join(' '))})`,
    '    _arguments -s -S : \\',
    ...specs.map((spec) => `      ${quoted(spec)} \\`),
    '      && ret=0',
    '    ;;',
  ];
}

/** Each spelling is a specification of `_arguments`; one of them takes the other's place. */
function optionSpecs({ long, short, repeatable, placeholder, values, help }: CompletedOption): string[] {
  const names = [...(short === undefined ? [] : [`-${short}`]), `--${long}`];
  const before = repeatable ? '*' : names.length > 1 ? `(${names.join(' ')})` : '';
  const value = `:${escaped(placeholder)}:${action(values)}`;
  return names.map((name) => {
    const explained = `[${escaped(help)}]`;
    if (values.kind === 'none' || (values.kind === 'inline' && name !== `--${long}`))
      return `${before}${name}${explained}`;
    if (values.kind === 'inline') return `${before}${name}=-${explained}:${value}`;
    return `${before}${name}${name.startsWith('--') ? '=' : '+'}${explained}${value}`;
  });
}

function operandName(operand: OptionValues): string {
  return operand.kind === 'words' ? 'word' : operand.kind;
}

function action(values: OptionValues): string {
  switch (values.kind) {
    case 'words':
    case 'inline':
      return `(${values.words.map(escaped).join(' ')})`;
    case 'file':
      return '_files';
    case 'directory':
      return '_files -/';
    case 'mapping':
      return '_gausskeep_mapping';
    case 'text':
    case 'none':
      return ' ';
  }
}

/** Inside a specification: what ends its parts. */
function escaped(text: string): string {
  return text.replace(/[\\[\]:]/g, '\\$&');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
