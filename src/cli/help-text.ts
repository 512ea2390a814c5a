import type { OptionGroup, OptionSpec } from '../config/option-table.ts';
import { say, type Message, type MessageKey } from '../messages/message.ts';
import { speak } from './speech.ts';
import { breakable, textWidth } from './text-width.ts';

const textColumn = 30;

/** `--help` of a program, made from its option table. @param columns of the lines; 80 where no terminal tells */
export function helpText(
  head: readonly Message[],
  groups: readonly OptionGroup[],
  foot: readonly Message[] = [],
  columns = 80,
): string {
  const lines = head.flatMap((sentence) => wrap(speak(sentence), 0, columns));
  for (const group of groups) {
    const shown = group.options.filter((option) => option.hidden !== true);
    if (shown.length === 0) continue;
    lines.push('', ...wrap(speak(plain(group.title)), 0, columns));
    for (const option of shown) lines.push(...optionLines(option, columns));
  }
  if (foot.length > 0) lines.push('', ...foot.flatMap((sentence) => wrap(speak(sentence), 0, columns)));
  return `${lines.join('\n')}\n`;
}

/** Titles and option helps have no parameters: the table names them by key. */
function plain(key: MessageKey): Message {
  return say(key as 'backup.help.help');
}

function optionLines(option: OptionSpec, columns: number): string[] {
  const short = option.short === undefined ? '    ' : `-${option.short}, `;
  const value = option.argument === undefined ? '' : `=${option.argument}`;
  const inline = option.inlineArgument === undefined ? '' : `[=${option.inlineArgument}]`;
  return labelled(`  ${short}--${option.long}${value}${inline}`, speak(plain(option.help)), textColumn, columns);
}

/** `label`, and `text` from column `at` on: beside the label where that leaves room. */
export function labelled(label: string, text: string, at: number, columns: number): string[] {
  const lines = wrap(text, at, columns);
  if (label.length + 2 > at) return [label, ...lines];
  return [label.padEnd(at) + (lines[0] ?? '').trimStart(), ...lines.slice(1)];
}

/** `text` in lines of at most `columns`, indented; its own line breaks and indentation are kept. */
export function wrap(text: string, indent: number, columns: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    const margin = ' '.repeat(indent + paragraph.length - paragraph.trimStart().length);
    let line = '';
    for (const word of paragraph.trim().split(' ')) {
      for (const [index, piece] of breakable(word).entries()) {
        const candidate = line === '' ? piece : `${line}${index === 0 ? ' ' : ''}${piece}`;
        if (line !== '' && margin.length + textWidth(candidate) > columns) {
          lines.push(margin + line);
          line = piece;
        } else {
          line = candidate;
        }
      }
    }
    lines.push((margin + line).trimEnd());
  }
  return lines;
}
