/** The man pages, made from the tables of the programs as docs/reference/commands.md is. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OptionGroup, OptionSpec } from '../src/config/option-table.ts';
import { gsBasebackupOptions } from '../src/config/gs-basebackup-options.ts';
import { gsTarOptions } from '../src/config/gs-tar-options.ts';
import { commandList } from '../src/cli/command-list.ts';
import { render, say } from '../src/messages/message.ts';
import { codeStatuses, otherStatuses } from './exit-statuses.ts';
import { surroundings, type Told } from './man-environment.ts';
import { manExamples } from './man-examples.ts';
import { optionText, sentence } from './option-text.ts';
import { bold, italic, literal, macro, paragraph, roffText, tagged } from './roff.ts';

interface Program {
  /** As it is called: `gausskeep wal push`. */
  readonly program: string;
  /** For the line NAME, which apropos searches. */
  readonly summary: string;
  readonly description: string;
  readonly synopsis: string;
  readonly options: readonly OptionGroup[];
}

/** Text of each page, by its path from the root of the checkout. */
export async function manPages(): Promise<ReadonlyMap<string, string>> {
  const commands = await Promise.all(
    commandList.map(async ({ name, summary, load }): Promise<Program> => {
      const { summary: description, synopsis, options } = await load();
      const said = { description: render(description), synopsis: render(synopsis), options };
      return { program: `gausskeep ${name}`, summary: sentence(summary), ...said };
    }),
  );
  const originals: readonly Program[] = [
    {
      program: 'gs_basebackup',
      summary: 'take a base backup of a running openGauss, MogDB or PostgreSQL server',
      description: render(say('backup.help.what', { program: 'gs_basebackup' })),
      synopsis: '[OPTION]...',
      options: gsBasebackupOptions,
    },
    {
      program: 'gs_tar',
      summary: 'unpack a tar of a base backup',
      description: render(say('unpack.help.what', { program: 'gs_tar' })),
      synopsis: '-D DIRECTORY -F FILE',
      options: gsTarOptions,
    },
  ];
  const all = [...originals, ...commands];
  return new Map([
    [pathOf('gausskeep'), overviewPage(all)],
    ...all.map((program): [string, string] => [pathOf(program.program), programPage(program, all)]),
  ]);
}

/** `gausskeep wal push` is `gausskeep-wal-push(1)`, as the pages of git are called. */
function pageName(program: string): string {
  return program.replaceAll(' ', '-');
}

const ofEveryCommand =
  'Every command also takes --lang=en|zh, the language of what is said to people (default: that of LC_ALL, LC_MESSAGES or LANG), and --help.';

function pathOf(program: string): string {
  return `man/${pageName(program)}.1`;
}

function head(program: string, summary: string): string[] {
  const { version } = JSON.parse(readFileSync(join(process.cwd(), 'package.json'), 'utf8')) as { version: string };
  return [
    '.\\" Made by "npm run reference" from the tables in src/. Edit those, not this file.',
    macro('TH', pageName(program).toUpperCase(), '1', '', `gausskeep ${version}`, 'gausskeep'),
    // Names of codes and variables stay whole, and lines are not stretched around them.
    '.nh',
    '.ad l',
    macro('SH', 'NAME'),
    `${roffText(pageName(program))} \\- ${roffText(summary)}`,
  ];
}

function programPage({ program, summary, description, synopsis, options }: Program, all: readonly Program[]): string {
  const shown = options
    .map((group) => ({ ...group, options: group.options.filter(({ hidden }) => hidden !== true) }))
    .filter((group) => group.options.length > 0);
  const { environment, files } = surroundings(
    program,
    shown.flatMap((group) => group.options),
  );
  return page([
    ...head(program, summary),
    macro('SH', 'SYNOPSIS'),
    `${bold(program)} ${placeholders(synopsis)}`,
    macro('SH', 'DESCRIPTION'),
    ...paragraphs(description),
    macro('SH', 'OPTIONS'),
    paragraph(
      'Short options can be joined and take their value attached (-Pv, -Xstream). Long options can be shortened as long as they stay unique, and take their value after "=" or as the next word.',
    ),
    ...(program.startsWith('gausskeep ') ? ['.PP', paragraph(ofEveryCommand)] : []),
    ...shown.flatMap(({ title, options: group }) => [
      macro('SS', sentence(title).replace(/:$/, '')),
      ...group.map((option) => tagged(optionNames(option), optionText(option))),
    ]),
    macro('SH', 'EXIT STATUS'),
    ...statuses(program),
    macro('SH', 'ENVIRONMENT'),
    ...environment.map(told),
    ...(files.length === 0 ? [] : [macro('SH', 'FILES'), ...files.map(told)]),
    ...examples(program),
    macro('SH', 'SEE ALSO'),
    seeAlso(program, all),
  ]);
}

function overviewPage(all: readonly Program[]): string {
  const program = 'gausskeep';
  const { environment } = surroundings(program, []);
  // What a signal ends is told below the table.
  const rows = codeStatuses()
    .filter(({ code }) => code !== 'ABORTED')
    .map(({ status, code, meaning, retryable }) => {
      const again = retryable ? '; the same call may succeed later' : '';
      return tagged(bold(String(status)), `${meaning} (${code})${again}`);
    });
  return page([
    ...head(program, 'hot physical backup, restore and point-in-time recovery of openGauss, MogDB and PostgreSQL'),
    macro('SH', 'SYNOPSIS'),
    `${bold(program)} ${placeholders('COMMAND [OPTION]...')}`,
    macro('SH', 'DESCRIPTION'),
    ...paragraphs(render(say('cli.what', { program }))),
    '.PP',
    paragraph('gs_basebackup takes the backups. Each command has a page of its own, and explains itself with --help.'),
    macro('SH', 'COMMANDS'),
    ...all.map((command) => tagged(`${bold(pageName(command.program))}(1)`, command.summary)),
    macro('SH', 'EXIT STATUS'),
    tagged(bold('0'), 'done'),
    ...rows,
    '.PP',
    paragraph(
      'A signal ends a command with 128 plus its number, a reader of its output that went away with 141. The code is in the JSON of an error. Some commands have statuses of their own: see their pages.',
    ),
    macro('SH', 'ENVIRONMENT'),
    ...environment.map(told),
    ...examples(program),
    macro('SH', 'SEE ALSO'),
    seeAlso(program, all),
  ]);
}

function page(parts: readonly string[]): string {
  return `${parts.join('\n')}\n`;
}

/** A text with line breaks of its own is one paragraph for each line. */
function paragraphs(text: string): string[] {
  return text.split('\n').flatMap((line, index) => (index === 0 ? [paragraph(line)] : ['.PP', paragraph(line)]));
}

/** What stands for something else is in capitals. */
function placeholders(text: string): string {
  return text
    .split(/(\b[A-Z][A-Z_]+\b)/)
    .map((piece, index) => (index % 2 === 1 ? italic(piece) : roffText(piece)))
    .join('');
}

function optionNames({ long, short, argument, inlineArgument }: OptionSpec): string {
  const value = argument === undefined ? '' : `=${placeholders(argument)}`;
  const inline = inlineArgument === undefined ? '' : `[=${placeholders(inlineArgument)}]`;
  const names = [...(short === undefined ? [] : [bold(`-${short}`)]), `${bold(`--${long}`)}${value}${inline}`];
  return names.join(', ');
}

function statuses(program: string): string[] {
  const byCode =
    'As gausskeep(1) lists them: 0 done, 2 wrong words, 3 done with warnings that need reading, others by what went wrong.';
  const own = otherStatuses.filter(({ pages }) => pages.includes(program));
  const lines = own.map((entry) => {
    const name = entry.program.replaceAll('`', '');
    const text = entry.text.replaceAll('`', '').replace(/^as gausskeep\b/, 'As gausskeep(1)');
    const isOther = !name.split(', ').includes(program);
    return { isOther, text: isOther ? `${name}: ${text}.` : `${text}.` };
  });
  // What is said of another name of a command, or of a script that it makes, does not count for the command.
  const general = lines.some(({ isOther }) => !isOther) ? [] : [{ isOther: false, text: byCode }];
  const ordered = [...general, ...lines].sort((one, other) => Number(one.isOther) - Number(other.isOther));
  return ordered.flatMap(({ text }, index) => (index === 0 ? [paragraph(text)] : ['.PP', paragraph(text)]));
}

function told({ name, text }: Told): string {
  return tagged(bold(name), text);
}

function examples(program: string): string[] {
  const shown = manExamples[program] ?? [];
  if (shown.length === 0) return [];
  const blocks = shown.flatMap(({ what, lines }, index) => [
    ...(index === 0 ? [] : ['.PP']),
    ...(what === '' ? [] : [paragraph(what)]),
    literal(lines),
  ]);
  return [macro('SH', 'EXAMPLES'), ...blocks];
}

/** Pages that a reader of this one may want: the way in, and the commands of its family. */
function seeAlso(program: string, all: readonly Program[]): string {
  const family = program.startsWith('gausskeep wal ') ? 'gausskeep wal ' : 'gausskeep ';
  const others = all
    .map((other) => other.program)
    .filter((other) => other !== program)
    .filter((other) => program === 'gausskeep' || !other.startsWith('gausskeep wal ') || family === 'gausskeep wal ')
    .filter((other) => !other.startsWith('gausskeep ') || program === 'gausskeep' || other.startsWith(family));
  const names = [...(program === 'gausskeep' ? [] : ['gausskeep']), ...others].sort();
  return names.map((name) => `${bold(pageName(name))}(1)`).join(', ');
}
