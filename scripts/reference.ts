/**
 * The pages of docs/reference and man/ that are made from the tables of the programs, so that they cannot say anything else than
 * `--help` and the programs themselves. `npm run reference` writes them; a test compares them.
 */
import type { OptionGroup, OptionSpec } from '../src/config/option-table.ts';
import { gsBasebackupOptions } from '../src/config/gs-basebackup-options.ts';
import { gsTarOptions } from '../src/config/gs-tar-options.ts';
import { commandList } from '../src/cli/command-list.ts';
import { commandsByProgramName } from '../src/cli/command-names.ts';
import { render, say, type Message } from '../src/messages/message.ts';
import { faultKinds, type FaultRow, type Proof } from '../test/faults/fault-row.ts';
import { faultSections } from '../test/faults/matrix.ts';
import { codeStatuses, otherStatuses } from './exit-statuses.ts';
import { manPages } from './man-pages.ts';
import { optionText, sentence } from './option-text.ts';
import { doctorPage } from './doctor-page.ts';

const made = '<!-- Made by `npm run reference` from the tables in src/. Edit those, not this file. -->';

/** Text of each generated page, by its path from the root of the checkout. */
export async function referencePages(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['docs/reference/commands.md', await commandsPage()],
    ['docs/reference/exit-status.md', exitStatusPage()],
    ['docs/reference/faults.md', faultsPage()],
    ...(await manPages()),
    ['docs/reference/doctor.md', doctorPage()],
  ]);
}

async function commandsPage(): Promise<string> {
  const sections = [
    section('gs_basebackup', say('backup.help.what', { program: 'gs_basebackup' }), '[OPTION]...', gsBasebackupOptions),
    section('gs_tar', say('unpack.help.what', { program: 'gs_tar' }), '-D DIRECTORY -F FILE', gsTarOptions),
  ];
  for (const { name, load, loadOriginal } of commandList) {
    const { summary, synopsis, options } = await load();
    sections.push(section(`gausskeep ${name}`, summary, render(synopsis), options));
    const links = Object.entries(commandsByProgramName).filter(([, command]) => command === name);
    for (const [link] of links) {
      sections.push(`A link named \`${link}\` to \`gausskeep\` is this command, with the exit statuses of ${link}.`);
    }
    if (loadOriginal !== undefined) {
      const shown = optionsOf((await loadOriginal()).options);
      const missing = optionsOf(options).filter((option) => !shown.includes(option));
      sections.push(`Under these names it has no ${missing.map((option) => `\`--${option}\``).join(', ')}.`);
    }
  }
  const head = [
    '# Commands and options',
    made,
    'Short options can be joined (`-Pv`) and take their value attached (`-Xstream`). Long options can be shortened as long as',
    'they stay unique, and take their value after `=` or as the next word. Every `gausskeep` command also has',
    '`--lang=en|zh` (see [language.md](language.md)) and `-?`, `--help`.',
  ];
  return `${[head.slice(0, 2).join('\n\n'), head.slice(2).join('\n'), ...sections].join('\n\n')}\n`;
}

function optionsOf(groups: readonly OptionGroup[]): string[] {
  return groups.flatMap((group) => group.options.map(({ long }) => long));
}

function section(program: string, what: Message, synopsis: string, groups: readonly OptionGroup[]): string {
  const tables = groups
    .map(({ title, options }) => ({ title, shown: options.filter(({ hidden }) => hidden !== true) }))
    .filter(({ shown }) => shown.length > 0)
    .map(({ title, shown }) =>
      [`| ${sentence(title).replace(/:$/, '')} | |`, '|---|---|', ...shown.map((option) => optionRow(option))].join(
        '\n',
      ),
    );
  return [`## ${program}`, render(what), `    ${program} ${synopsis}`, ...tables].join('\n\n');
}

function optionRow(option: OptionSpec): string {
  const { long, short, argument, inlineArgument } = option;
  const value = argument === undefined ? '' : `=${argument}`;
  const inline = inlineArgument === undefined ? '' : `[=${inlineArgument}]`;
  const names = [...(short === undefined ? [] : [`-${short}`]), `--${long}${value}${inline}`];
  const text = optionText(option, (word) => `\`${word}\``);
  return `| ${names.map((name) => `\`${cell(name)}\``).join(', ')} | ${cell(text)} |`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function exitStatusPage(): string {
  const rows = codeStatuses().map(
    ({ shown, code, meaning, retryable }) => `| ${shown} | \`${code}\` | ${meaning} | ${retryable ? 'yes' : 'no'} |`,
  );
  return `${[
    '# Exit statuses',
    made,
    '## gausskeep',
    ['| status | code | meaning | repeat? |', '|---|---|---|---|', '| 0 | | done | |', ...rows].join('\n'),
    'A signal ends a command with 128 plus its number: 130 for Ctrl-C, 143 for SIGTERM; one whose data on stdout nobody reads any\n' +
      'more (`| head`) ends quietly with 141, `gs_basebackup` and `gs_tar` too: what it was to do besides is done. What goes to stderr, as `wal receive -v`\n' +
      'tells, ends nothing when nobody reads it. The code is in the JSON of an error\n' +
      '([json-output](json-output.md)). *Repeat* says whether the same call may succeed later without a change.\n' +
      'What to do about each: [troubleshooting](../guide/090-troubleshooting.md).',
    '## The others',
    [
      '| program | statuses |',
      '|---|---|',
      ...otherStatuses.map(({ program, text }) => `| ${program} | ${text} |`),
    ].join('\n'),
    'A server reads a status of 1 to 125 of its restore_command as "the archive ends here" and opens the database. So `wal get` ends\n' +
      'with 1 only when the archive was opened, is that of the instance, and does not have the file.',
  ].join('\n\n')}\n`;
}

function faultsPage(): string {
  const sections = faultSections.map(({ title, text, rows }) =>
    [
      `## ${title}`,
      ...(text === '' ? [] : [text]),
      [
        '| program | what goes wrong | kind | status | it says | afterwards there is | the next run | shown by |',
        '|---|---|---|---|---|---|---|---|',
        ...rows.map(faultRow),
      ].join('\n'),
    ].join('\n\n'),
  );
  const head = [
    '# What goes wrong, and what happens then',
    '<!-- Made by `npm run reference` from test/faults/matrix.ts. Edit that, not this file. -->',
    'Each row is shown by tests. Those in `test/` run the programs, those in `src/` and `test/hostile` a part of them; those about calls of the file system take their statuses from this table, the others have them in the test. A status is that of `gausskeep` ([exit-status](exit-status.md)); *unfinished* is\n' +
      'what nobody takes for a backup or an instance: a directory without `global/pg_control` starts no server, an archive does not list it.',
    'The kinds, as they are numbered in the list of what the product has to survive (backups that are resumed, FI-15, do not exist):',
    Object.entries(faultKinds)
      .map(([kind, what]) => `- ${kind}: ${what}`)
      .join('\n'),
  ];
  return `${[...head, ...sections].join('\n\n')}\n`;
}

function faultRow({ kinds, program, fault, status, says, after, next, proof }: FaultRow): string {
  const link = ([file]: Proof): string => `[${file.replace(/^.*\/|\.test\.ts$/g, '')}](../../${file})`;
  const tests = [...new Set(proof.map(link))].join(', ');
  const cells = [program, fault, kinds.join(', '), String(status), says, after, next].map((text) =>
    cell(text === '' ? '–' : text),
  );
  return `| ${cells.join(' | ')} | ${tests} |`;
}
