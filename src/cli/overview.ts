import { say, type Message } from '../messages/message.ts';
import type { CommandEntry } from './command.ts';
import { helpText, labelled } from './help-text.ts';
import { speak } from './speech.ts';

/** What `gausskeep --help` says: each of `entries` with its summary. */
export function overview(
  program: string,
  entries: readonly Pick<CommandEntry, 'name' | 'summary'>[],
  columns: number,
): string {
  const lines: Message[] = [
    say('cli.what', { program }),
    say('cli.usage', { program, synopsis: 'COMMAND [OPTION]...' }),
  ];
  const width = Math.max(0, ...entries.map(({ name }) => name.length)) + 2;
  const commands = entries.flatMap(({ name, summary }) =>
    labelled(`  ${name}`, speak(say(summary as 'cli.no-command')), width + 2, columns),
  );
  const foot = helpText([say('cli.foot', { program })], [], [], columns);
  return `${helpText(lines, [], [], columns)}\n${speak(say('cli.commands'))}\n${commands.join('\n')}\n\n${foot}`;
}
