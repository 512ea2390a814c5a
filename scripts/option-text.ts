/** What the reference pages say of an option, whatever their format. */
import type { OptionSpec } from '../src/config/option-table.ts';
import { render, say, type MessageKey } from '../src/messages/message.ts';

/** Titles and helps have no parameters: the tables name them by key. */
export function sentence(key: MessageKey): string {
  return render(say(key as 'cli.commands'));
}

/** Its help, with the other spellings and that it may be repeated, where the help does not say so itself. */
export function optionText(
  { aliases = [], repeatable, help }: OptionSpec,
  code: (word: string) => string = (word) => word,
): string {
  const notes = [
    ...(aliases.length === 0 ? [] : [`also ${aliases.map((alias) => code(`--${alias}`)).join(', ')}`]),
    ...(repeatable === true ? ['may be repeated'] : []),
  ].filter((note) => !sentence(help).includes(note.replaceAll('`', '')));
  return [sentence(help), ...notes].join('; ');
}
