import type { OptionSpec } from './option-table.ts';

/** What stands for the value of an option or for an operand, as far as a shell can complete it. */
export type OptionValues =
  /** None: a switch, or a program without operands. */
  | { readonly kind: 'none' }
  /** Some text that only the user knows. */
  | { readonly kind: 'text' }
  | { readonly kind: 'file' | 'directory' }
  /** `OLDDIR=NEWDIR`: a directory on both sides. */
  | { readonly kind: 'mapping' }
  /** One of these; `inline` behind `--long=` only. */
  | { readonly kind: 'words' | 'inline'; readonly words: readonly string[] };

const directories: ReadonlySet<string> = new Set([
  ...['DIRECTORY', 'DIR', 'WALDIR', 'DATA-DIRECTORY'],
  // A backup is a directory, of files or of tars.
  'BACKUP',
]);
const files: ReadonlySet<string> = new Set(['FILE', 'PATH', 'RELATIVE_PATH', 'OLDMANIFEST']);

/** What the value of `option` is: as its row says, else by its placeholder. */
export function valuesOf({ argument, inlineArgument, values }: OptionSpec): OptionValues {
  if (inlineArgument !== undefined) return { kind: 'inline', words: [inlineArgument] };
  if (argument === undefined) return { kind: 'none' };
  return values === undefined ? valuesNamed(argument) : { kind: 'words', words: values };
}

/** What a placeholder stands for, for example `FILE`, `OLDDIR=NEWDIR` or `stop|continue`. */
export function valuesNamed(placeholder: string): OptionValues {
  if (directories.has(placeholder)) return { kind: 'directory' };
  if (files.has(placeholder)) return { kind: 'file' };
  if (placeholder.endsWith('=NEWDIR')) return { kind: 'mapping' };
  if (/^[a-z-]+(?:\|[a-z-]+)+$/.test(placeholder)) return { kind: 'words', words: placeholder.split('|') };
  return { kind: 'text' };
}
