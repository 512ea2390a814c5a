import { version } from '../../version.ts';
import type { CompletedCommand, CompletedOption } from './completed-programs.ts';

/** The completion of bash 4.2 and later; needs nothing of the package bash-completion. */
export function bashCompletion(commands: readonly CompletedCommand[]): string {
  const programs = commands.filter(({ path }) => path.length === 1).map(({ path }) => path[0] ?? '');
  return [
    `# Completion of ${programs.join(', ')} for bash, of gausskeep ${version}.`,
    '# Made by "gausskeep completion bash".',
    '',
    '# What may follow a command: words, options, and what its operands are.',
    '_gausskeep_command() {',
    '  commands= options= operand=none words=',
    '  case $1 in',
    ...commands.map(commandArm),
    '  esac',
    '}',
    '',
    '# What the value of an option of a command is: kind (empty: it takes none) and words.',
    '_gausskeep_value() {',
    '  kind= words=',
    '  case "$1 $2" in',
    ...commands.flatMap(valueArms),
    '  esac',
    '}',
    engine,
    `complete -F _gausskeep ${programs.join(' ')}`,
    '',
  ].join('\n');
}

function commandArm({ path, commands, options, operand }: CompletedCommand): string {
  const words = [
    ...(commands.length === 0 ? [] : [`commands='${commands.map(({ word }) => word).join(' ')}'`]),
    `options='${options.flatMap(spellings).join(' ')}'`,
    ...(operand.kind === 'none' ? [] : [`operand=${operand.kind}`]),
    ...('words' in operand ? [`words='${operand.words.join(' ')}'`] : []),
  ];
  return `  '${path.join(' ')}') ${words.join(' ')} ;;`;
}

function spellings({ long, short, values }: CompletedOption): string[] {
  const letter = short === undefined ? [] : [`-${short}`];
  if (values.kind === 'inline') return [...letter, `--${long}`, ...values.words.map((word) => `--${long}=${word}`)];
  return [...letter, values.kind === 'none' ? `--${long}` : `--${long}=`];
}

function valueArms({ path, options }: CompletedCommand): string[] {
  const byValue = new Map<string, string[]>();
  for (const { long, short, aliases, values } of options) {
    if (values.kind === 'none') continue;
    const value = `kind=${values.kind}${'words' in values ? ` words='${values.words.join(' ')}'` : ''}`;
    const letter = short === undefined || values.kind === 'inline' ? [] : [`-${short}`];
    const names = [...letter, ...[long, ...aliases].map((name) => `--${name}`)];
    byValue.set(value, [...(byValue.get(value) ?? []), ...names.map((name) => `'${path.join(' ')} ${name}'`)]);
  }
  return [...byValue].map(([value, names]) => `  ${names.join(' | ')}) ${value} ;;`);
}

// "=" and ":" are words of their own unless COMP_WORDBREAKS was changed. Paths are left to bash itself where nothing stands
// before them in the word: it knows about quotes and "~".
const engine = `
# Offers what is of KIND and begins with TEXT, each behind PREFIX.
_gausskeep_offer() {
  local kind=$1 prefix=$2 text=$3
  case $kind in
  words | inline)
    mapfile -t COMPREPLY < <(compgen -P "$prefix" -W "$words" -- "$text")
    if [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *[=:] ]]; then compopt -o nospace; fi
    ;;
  directory | mapping)
    if [[ -z $prefix ]]; then
      compopt -o dirnames
    else
      compopt -o filenames -o nospace
      mapfile -t COMPREPLY < <(compgen -P "$prefix" -d -- "$text")
    fi
    ;;
  file)
    if [[ -z $prefix ]]; then
      compopt -o default
    else
      compopt -o filenames -o nospace
      mapfile -t COMPREPLY < <(compgen -P "$prefix" -f -- "$text")
    fi
    ;;
  esac
}

# The letter of "-abc" whose value the rest of the word is, or the next word: sets at to its place, or to 0.
_gausskeep_letter() {
  local word=$2
  for ((at = 1; at < \${#word}; at++)); do
    _gausskeep_value "$1" "-\${word:at:1}"
    if [[ -n $kind ]]; then return; fi
  done
  at=0
}

_gausskeep() {
  COMPREPLY=()
  local command=\${1##*/} cur=\${COMP_WORDS[COMP_CWORD]} first=1 at index word
  local commands options operand kind words pending= last= ended= help=
  case $command in
  gs_basebackup | gs_tar) ;;
  *) command=gausskeep ;;
  esac
  if [[ $command == gausskeep && $COMP_CWORD -gt 1 && \${COMP_WORDS[1]} == help ]]; then help=1 first=2; fi
  _gausskeep_command "$command"
  while [[ $first -lt $COMP_CWORD && " $commands " == *" \${COMP_WORDS[first]} "* ]]; do
    command+=" \${COMP_WORDS[first]}"
    first=$((first + 1))
    _gausskeep_command "$command"
  done
  if [[ -n $help ]]; then operand=none options=; fi

  # The option whose value comes next, if any.
  for ((index = first; index < COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    if [[ $word == [=:]* ]]; then
      pending=$last
    elif [[ -n $pending ]]; then
      pending=
    elif [[ -n $ended || $word != -?* ]]; then
      last=
      if [[ -n $commands ]]; then return; fi
    elif [[ $word == -- ]]; then
      last= ended=1
    elif [[ $word == --*=* ]]; then
      last=
    elif [[ $word == --* ]]; then
      last=$word
      _gausskeep_value "$command" "$word"
      if [[ -n $kind && $kind != inline ]]; then pending=$word; fi
    else
      _gausskeep_letter "$command" "$word"
      last=
      if [[ $at -gt 0 ]]; then last=-\${word:at:1}; fi
      if [[ $at -eq $((\${#word} - 1)) ]]; then pending=$last; fi
    fi
  done
  if [[ $cur == [=:]* ]]; then cur= pending=$last; fi

  if [[ -n $pending ]]; then
    _gausskeep_value "$command" "$pending"
    _gausskeep_offer "$kind" '' "$cur"
  elif [[ -z $ended && $cur == --*=* ]]; then
    _gausskeep_value "$command" "\${cur%%=*}"
    _gausskeep_offer "$kind" "\${cur%%=*}=" "\${cur#*=}"
  elif [[ -z $ended && $cur == -[!-]* ]]; then
    _gausskeep_letter "$command" "$cur"
    if [[ $at -gt 0 ]]; then
      _gausskeep_offer "$kind" "\${cur:0:at+1}" "\${cur:at+1}"
    else
      words=$options
      _gausskeep_offer words '' "$cur"
    fi
  elif [[ -z $ended && $cur == -* ]]; then
    words=$options
    _gausskeep_offer words '' "$cur"
  elif [[ -n $commands ]]; then
    words=$commands
    _gausskeep_offer words '' "$cur"
  elif [[ $operand == none ]]; then
    words=$options
    _gausskeep_offer words '' "$cur"
  else
    _gausskeep_command "$command"
    _gausskeep_offer "$operand" '' "$cur"
  fi
}
`;
