import { english } from './english.ts';

/** Key of a sentence in the catalogue: `area.name`. */
export type MessageKey = keyof typeof english;

type ParameterNames<Text extends string> = Text extends `${string}{${infer Inner}}${infer Rest}`
  ? NameIn<Inner> | ParameterNames<Rest>
  : never;

/** The name in `{name}`, `{name:word}` or `{name|one|many}`. */
type NameIn<Inner extends string> = Inner extends `${infer Name}:word`
  ? Name
  : Inner extends `${infer Name}|${string}|${string}`
    ? Name
    : Inner;

/** A value of a named parameter: printable, or a sentence within the sentence, which is said in the language of the whole. */
export type MessageValue = string | number | bigint | Message | MessageList;

/** Several values as one, with `separator` between them. */
export interface MessageList {
  readonly items: readonly MessageValue[];
  readonly separator: string;
}

type Parameters<Key extends MessageKey> = Record<ParameterNames<(typeof english)[Key]>, MessageValue>;

/** A sentence as data: which one, with which values. It becomes text where it is shown, in the language of the reader. */
export interface Message {
  readonly key: MessageKey;
  readonly parameters: Readonly<Record<string, MessageValue>>;
}

/** Names a sentence of the catalogue with the values of all of its parameters. */
export function say<Key extends MessageKey>(
  key: Key,
  ...[parameters]: [ParameterNames<(typeof english)[Key]>] extends [never] ? [] : [Parameters<Key>]
): Message {
  return { key, parameters: parameters ?? {} };
}

/** A language: the same keys as English, each with the same parameters in any order. A missing key falls back to English. */
export type Catalogue = Readonly<Partial<Record<MessageKey, string>>>;

/**
 * The text of `message`. `{name}` is the value; `{name:word}` is the value as a word of a shell command, for commands to be
 * pasted; `{name|one|many}` is the first text where the value is 1, else the second. Control characters in values, line feeds included, are shown as `\xNN` so that no name makes a line of
 * its own and no server writes to the terminal. Only a parameter called `lines` may have several; those of a sentence within a sentence become one.
 */
export function render(message: Message, catalogue: Catalogue = english): string {
  const template = catalogue[message.key] ?? english[message.key];
  return template.replace(placeholder, (whole, name: string, form?: string, one?: string, many?: string) => {
    const value = message.parameters[name];
    if (value === undefined) return whole;
    const text = valueText(value, catalogue, name === 'lines');
    if (one !== undefined) return (text === '1' ? one : many) ?? '';
    if (form !== undefined) return printableName(shellWord(text));
    return name === 'lines' ? printable(text) : printableName(text);
  });
}

/** The text of one value. @param keepsLines whether a sentence may have several lines */
export function valueText(value: MessageValue, catalogue: Catalogue = english, keepsLines = false): string {
  if (typeof value !== 'object') return String(value);
  if ('items' in value) {
    return value.items.map((item) => valueText(item, catalogue, keepsLines)).join(value.separator);
  }
  const text = render(value, catalogue);
  return keepsLines ? text : text.replaceAll(/\s*\n\s*/g, ' ');
}

const placeholder = /\{([a-zA-Z]+)(?:(:word)|\|([^|{}]*)\|([^|{}]*))?\}/g;

/** `text` as one word of a shell command: in quotes unless it needs none. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** `text` on one line: every control character replaced by `\xNN`. */
export function printableName(text: string): string {
  return printable(text).replace(/[\n\t]/g, (character) => (character === '\n' ? '\\x0a' : '\\x09'));
}

/** `text` with control characters other than line feed and tab replaced by `\xNN`. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}
