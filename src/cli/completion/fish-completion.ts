import { version } from '../../version.ts';
import type { OptionValues } from '../../config/option-values.ts';
import type { CompletedCommand, CompletedOption } from './completed-programs.ts';

/** The completion of fish 3.0 and later. */
export function fishCompletion(commands: readonly CompletedCommand[]): string {
  const programs = commands.filter(({ path }) => path.length === 1).map(({ path }) => path[0] ?? '');
  return [
    `# Completion of ${programs.join(', ')} for fish, of gausskeep ${version}.`,
    '# Made by "gausskeep completion fish".',
    engine,
    ...programs.map((program) => `complete -c ${program} -f`),
    ...commands.flatMap(linesOf),
    '',
  ].join('\n');
}

const engine = `
# Whether the words before the cursor begin with these; with --end, whether there are no others.
function __gausskeep_at
    set -l given (commandline -opc)
    set -e given[1]
    if test "$argv[1]" = --end
        set -e argv[1]
        test (count $given) -eq (count $argv)
        or return 1
    end
    test (count $given) -ge (count $argv)
    or return 1
    for index in (seq (count $argv))
        test "$given[$index]" = "$argv[$index]"
        or return 1
    end
    return 0
end
`;

function linesOf(command: CompletedCommand): string[] {
  const [program = '', ...words] = command.path;
  const rest = words.join(' ');
  const at = program === 'gausskeep' ? ` -n ${quoted(`__gausskeep_at ${rest}`.trim())}` : '';
  const before = `complete -c ${program}`;
  if (command.commands.length === 0) {
    return [
      ...command.options.map((option) => `${before}${at} ${optionWords(option)}`),
      ...command.options.flatMap((option) => inlineLines(before, command.path, option)),
      ...(command.operand.kind === 'none' ? [] : [`${before}${at}${valueWords(command.operand)}`]),
    ];
  }
  const end = ` -n ${quoted(`__gausskeep_at --end ${rest}`.trim())}`;
  const helped = ` -n ${quoted(`__gausskeep_at --end help ${rest}`.trim())}`;
  return [
    ...command.options.map((option) => `${before}${end} ${optionWords(option)}`),
    ...[end, helped].flatMap((condition) =>
      command.commands
        .filter(({ word }) => condition === end || word !== 'help')
        .map(({ word, help }) => `${before}${condition} -a ${quoted(word)} -d ${quoted(help)}`),
    ),
  ];
}

function optionWords({ long, short, values, help }: CompletedOption): string {
  const letter = short === undefined ? '' : `-s ${quoted(short)} `;
  if (values.kind === 'none' || values.kind === 'inline') return `${letter}-l ${long} -d ${quoted(help)}`;
  return `${letter}-l ${long} -r${valueWords(values)} -d ${quoted(help)}`;
}

/** A value that is taken in the same word only: fish has no such options, so that each spelling is a word of its own. */
function inlineLines(before: string, path: readonly string[], { long, values, help }: CompletedOption): string[] {
  if (values.kind !== 'inline') return [];
  const [program, ...words] = path;
  const at = program === 'gausskeep' ? `__gausskeep_at ${words.join(' ')}; and ` : '';
  const condition = quoted(`${at}string match -q -- '--*' (commandline -ct)`);
  return values.words.map((word) => `${before} -n ${condition} -a --${long}=${word} -d ${quoted(help)}`);
}

function valueWords(values: OptionValues): string {
  switch (values.kind) {
    case 'words':
    case 'inline':
      return ` -f -a ${quoted(values.words.join(' '))}`;
    case 'file':
      return ' -F';
    case 'directory':
    case 'mapping':
      return " -f -a '(__fish_complete_directories (commandline -ct))'";
    case 'text':
    case 'none':
      return ' -f';
  }
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
