import type { OptionGroup, OptionSpec } from '../../config/option-table.ts';
import { gsBasebackupOptions } from '../../config/gs-basebackup-options.ts';
import { gsTarOptions } from '../../config/gs-tar-options.ts';
import { valuesNamed, valuesOf, type OptionValues } from '../../config/option-values.ts';
import { say, type MessageKey } from '../../messages/message.ts';
import { commandNames } from '../command-names.ts';
import { commandTables } from '../command-tables.ts';
import { withHelp } from '../help-option.ts';
import { speak } from '../speech.ts';

export interface CompletedOption {
  readonly long: string;
  readonly short: string | undefined;
  /** Taken as `long` is, but not offered. */
  readonly aliases: readonly string[];
  readonly repeatable: boolean;
  readonly placeholder: string;
  readonly values: OptionValues;
  readonly help: string;
}

/** A program, a command of one, or the words before a command (`gausskeep wal`). */
export interface CompletedCommand {
  /** Every word of it, for example `gausskeep`, `wal`, `push`. */
  readonly path: readonly string[];
  readonly help: string;
  /** The words that may follow, and what they are for. */
  readonly commands: readonly { readonly word: string; readonly help: string }[];
  readonly options: readonly CompletedOption[];
  /** What the operands are. */
  readonly operand: OptionValues;
}

/** What a shell can complete: gs_basebackup, gs_tar, and gausskeep with its commands, outermost first. */
export function completedCommands(): readonly CompletedCommand[] {
  const programs: CompletedCommand[] = [
    leaf(['gs_basebackup'], say('backup.help.what', { program: 'gs_basebackup' }).key, gsBasebackupOptions, ''),
    leaf(['gs_tar'], say('unpack.help.what', { program: 'gs_tar' }).key, gsTarOptions, ''),
  ];
  const commands = commandNames.map(({ name, summary }) => {
    const table = commandTables[name];
    return leaf(
      ['gausskeep', ...name.split(' ')],
      summary,
      withHelp(table?.options ?? []),
      table === undefined ? '' : speak(table.synopsis),
    );
  });
  return [...programs, ...families(commands), ...commands];
}

/** `gausskeep` itself, and each first word that several commands share. */
function families(commands: readonly CompletedCommand[]): CompletedCommand[] {
  const firsts = [...new Set(commands.map(({ path }) => path[1] ?? ''))];
  const first = firsts.map((word) => {
    const own = commands.find(({ path }) => path.length === 2 && path[1] === word);
    return { word, help: own?.help ?? text('completion.family') };
  });
  const second = firsts
    .map((word) => commands.filter(({ path }) => path.length > 2 && path[1] === word))
    .filter((members) => members.length > 0)
    .map((members) =>
      family(
        ['gausskeep', members[0]?.path[1] ?? ''],
        members.map(({ path, help }) => ({ word: path[2] ?? '', help })),
        withHelp([]),
      ),
    );
  const options: OptionGroup[] = [
    { title: 'cli.help.general', options: [{ long: 'version', short: 'V', help: 'unpack.help.version' }] },
  ];
  const help = { word: 'help', help: text('completion.help') };
  return [family(['gausskeep'], [...first, help], [...withHelp([]), ...options]), ...second];
}

function family(
  path: readonly string[],
  commands: CompletedCommand['commands'],
  groups: readonly OptionGroup[],
): CompletedCommand {
  return { ...leaf(path, 'completion.family', groups, ''), commands };
}

function leaf(
  path: readonly string[],
  help: MessageKey,
  groups: readonly OptionGroup[],
  synopsis: string,
): CompletedCommand {
  const options = groups.flatMap((group) => group.options.filter(({ hidden }) => hidden !== true)).map(completedOption);
  return { path, help: text(help, path.at(-1)), commands: [], options, operand: operandOf(synopsis) };
}

function completedOption(option: OptionSpec): CompletedOption {
  const { long, short, aliases = [], argument, inlineArgument, repeatable = false, help } = option;
  return {
    long,
    // A "?" that is not in quotes is a pattern of the shell's.
    short: short === '?' ? undefined : short,
    aliases,
    repeatable,
    placeholder: argument ?? inlineArgument ?? '',
    values: valuesOf(option),
    help: text(help),
  };
}

/** The first word of a synopsis that is neither an option nor the value of one. */
function operandOf(synopsis: string): OptionValues {
  const words = synopsis.split(' ');
  const operand = words.find((word, index) => /^[A-Za-z]/.test(word) && !/^--[a-z-]+$/.test(words[index - 1] ?? ''));
  return operand === undefined ? { kind: 'none' } : valuesNamed(operand);
}

/** On one line. Summaries and helps have no parameters but the program's name. */
function text(key: MessageKey, program = ''): string {
  return speak({ key, parameters: { program } }).replace(/\s+/g, ' ').trim();
}
