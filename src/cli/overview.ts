import { say, type Message } from '../messages/message.ts';
import type { CommandEntry } from './command.ts';
import { helpText, labelled } from './help-text.ts';
import { speak } from './speech.ts';

type Entry = Pick<CommandEntry, 'name' | 'summary'>;

/** What `gausskeep wal` says: each of `entries` with its summary. */
export function overview(program: string, entries: readonly Entry[], columns: number): string {
  const lines: Message[] = [
    say('cli.what', { program }),
    say('cli.usage', { program, synopsis: 'COMMAND [OPTION]...' }),
  ];
  const width = Math.max(0, ...entries.map(({ name }) => name.length));
  const commands = commandLines(entries, width, columns);
  const foot = helpText([say('cli.foot', { program })], [], [], columns);
  return `${helpText(lines, [], [], columns)}\n${speak(say('cli.commands'))}\n${commands.join('\n')}\n\n${foot}`;
}

/** A command and its summary, behind names of at most `width` characters. */
function commandLines(entries: readonly Entry[], width: number, columns: number): string[] {
  return entries.flatMap(({ name, summary }) =>
    labelled(`  ${name}`, speak(say(summary as 'cli.no-command')), width + 4, columns),
  );
}
