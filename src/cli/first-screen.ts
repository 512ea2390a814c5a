import { say, type Message, type MessageKey } from '../messages/message.ts';
import type { CommandEntry } from './command.ts';
import { labelled, wrap } from './help-text.ts';
import { speak } from './speech.ts';
import { padToWidth, textWidth } from './text-width.ts';

/** What who sees the program for the first time needs, in the order of a first day. Each example is run by the tests of the guide. */
export const firstSteps: readonly { readonly label: MessageKey; readonly example: string }[] = [
  { label: 'cli.first.look', example: 'gausskeep doctor -h db.example.org -p 5432 -U backup -D /backups' },
  { label: 'cli.first.back-up', example: 'gs_basebackup -h db.example.org -p 5432 -U backup -D /backups/monday' },
  { label: 'cli.first.prove', example: 'gausskeep verify /backups/monday' },
  { label: 'cli.first.restore', example: 'gausskeep restore --from /backups/monday --pgdata /restored/data' },
  { label: 'cli.first.recover', example: 'gausskeep recover --pgdata /restored/data' },
  { label: 'cli.first.archive', example: 'gausskeep wal init /pgdata --archive /archive' },
];

type Entry = Pick<CommandEntry, 'name' | 'summary'>;

/** What can be said about a backup, and taken back: one line, that of the first. */
const marks: readonly string[] = ['pin', 'unpin', 'note', 'condemn'];

/** The headings of the other commands; what belongs to none is under the last, behind its own. */
const groups: readonly { title: MessageKey; names: readonly string[]; family: string | undefined }[] = [
  { title: 'cli.group.recovery', names: ['window', 'status', 'resume'], family: undefined },
  { title: 'cli.group.repository', names: ['backup', 'list', 'expire', ...marks, 'export'], family: 'repo ' },
  { title: 'cli.group.archive', names: [], family: 'wal ' },
];

/** A line of the screen: a command and what it is for, or the first word of several and what may follow. */
interface Line {
  readonly name: string;
  readonly text: string;
}

/** What `gausskeep --help` says: 80 columns and 23 lines, so that the smallest terminal shows all of it and the prompt. */
export function firstScreen(program: string, entries: readonly Entry[], columns: number): string {
  const width = Math.max(...firstSteps.map(({ label }) => textWidth(speak(plain(label)))));
  const steps = firstSteps.flatMap(({ label, example }) => {
    const said = speak(plain(label));
    if (width + 4 + example.length <= columns) return [`  ${padToWidth(said, width)}  ${example}`];
    // Where there is no room it goes below its label, in lines that a shell takes for one.
    const lines = wrap(example, 4, columns - 2);
    return [`  ${said}`, ...lines.map((line, at) => (at === lines.length - 1 ? line : `${line} \\`))];
  });
  const isStep = (name: string): boolean => firstSteps.some(({ example }) => example.startsWith(`gausskeep ${name} `));
  const rest = grouped(entries.filter(({ name }) => !isStep(name)));
  const nameWidth = Math.max(...rest.flatMap(({ lines }) => lines.map(({ name }) => name.length)));
  return `${[
    ...wrap(speak(say('cli.first.what', { program })), 0, columns),
    ...wrap(speak(say('cli.how', { program })), 0, columns),
    ...wrap(speak(say('cli.first')), 0, columns),
    ...steps,
    ...rest.flatMap(({ title, lines }) => [
      speak(plain(title)),
      ...lines.flatMap(({ name, text }) => labelled(`  ${name}`, text, nameWidth + 4, columns)),
    ]),
  ].join('\n')}\n`;
}

function grouped(entries: readonly Entry[]): { readonly title: MessageKey; readonly lines: readonly Line[] }[] {
  const found = groups.map(({ title, names, family }) => ({
    title,
    members: names.flatMap((name) => entries.filter((entry) => entry.name === name)),
    family: family === undefined ? [] : entries.filter(({ name }) => name.startsWith(family)),
  }));
  const known = new Set(found.flatMap(({ members, family }) => [...members, ...family]));
  const others = entries.filter((entry) => !known.has(entry));
  return found
    .map(({ title, members, family }, at) => ({
      title,
      lines: [
        ...members.flatMap(memberLines),
        ...familyLines(family),
        ...(at === found.length - 1 ? others.map(lineOf) : []),
      ],
    }))
    .filter(({ lines }) => lines.length > 0);
}

function memberLines(entry: Entry): Line[] {
  const [first, ...others] = marks;
  if (others.includes(entry.name)) return [];
  if (entry.name !== first) return [lineOf(entry)];
  return [{ name: first, text: speak(say('cli.marks', { others: { items: others, separator: ', ' } })) }];
}

function lineOf({ name, summary }: Entry): Line {
  return { name, text: speak(plain(summary)) };
}

/** Several that begin with the same word share a line; that word alone explains them. */
function familyLines(entries: readonly Entry[]): Line[] {
  const [first] = entries;
  if (first === undefined || entries.length === 1) return entries.map(lineOf);
  const verbs = entries.map(({ name }) => name.split(' ').slice(1).join(' '));
  return [{ name: first.name.split(' ')[0] ?? '', text: verbs.join(', ') }];
}

/** Labels and titles have no parameters. */
function plain(key: MessageKey): Message {
  return say(key as 'cli.no-command');
}
