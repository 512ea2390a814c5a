import type { ByteString } from '../bytes/byte-string.ts';

/** A line of a settings file that means something. Other lines (blank, comment, unreadable) are kept as they are. */
export type SettingsLine =
  | {
      readonly kind: 'setting';
      readonly index: number;
      /** Lower case: the servers do not distinguish case. */
      readonly name: string;
      readonly value: ByteString;
    }
  | {
      readonly kind: 'include';
      readonly index: number;
      readonly name: 'include' | 'include_if_exists' | 'include_dir';
      readonly value: ByteString;
    };

const linePattern =
  /^[ \t\r\f]*(?<name>[A-Za-z_][\w$]*(?:\.[A-Za-z_][\w$]*)?)[ \t]*(?:=[ \t]*|(?<=[ \t]))(?<value>'(?:[^'\\]|''|\\[^])*'|[^\s#'][^\s#]*)[ \t\r\f]*(?<comment>#.*)?$/;
const includes: readonly string[] = ['include', 'include_if_exists', 'include_dir'];

/** A setting as it was found. */
export interface FoundSetting {
  readonly name: string;
  readonly value: ByteString;
}

/**
 * A file in the syntax of postgresql.conf: `name = value`, one a line, `#` comments, quoted values with `''` or backslash
 * escapes, include directives. The last occurrence of a name wins. Text is bytes, so that what is not understood is kept.
 * Source: utils/misc/guc-file.l; the same in openGauss and for recovery.conf.
 */
export class SettingsFile {
  readonly #lines: string[];

  constructor(text: ByteString) {
    this.#lines = text.split('\n');
  }

  get text(): ByteString {
    return this.#lines.join('\n') as ByteString;
  }

  /** The lines with a meaning, in order. */
  lines(): SettingsLine[] {
    return this.#lines.flatMap((line, index): SettingsLine[] => {
      const parsed = parseLine(line);
      if (parsed === undefined) return [];
      const { name, value } = parsed;
      if (includes.includes(name)) return [{ kind: 'include', index, name: name as 'include', value }];
      return [{ kind: 'setting', index, name, value }];
    });
  }

  /** The value that wins in this file; undefined when nothing sets it. Included files are not looked into. */
  value(name: string): ByteString | undefined {
    return this.lines().findLast((line) => line.kind === 'setting' && line.name === name.toLowerCase())?.value;
  }

  /** Whether another file is read by this one. */
  get hasIncludes(): boolean {
    return this.lines().some(({ kind }) => kind === 'include');
  }

  /**
   * Makes `value` win: where the name was set last, its comment kept, unless a file that is included further down could
   * set it again; else in a new last line.
   */
  set(name: string, value: ByteString): void {
    const lines = this.lines();
    const last = lines.findLast((line) => line.kind === 'setting' && line.name === name.toLowerCase());
    const include = lines.findLast(({ kind }) => kind === 'include');
    const text = `${name} = ${quoteSetting(value)}`;
    if (last !== undefined && (include === undefined || include.index < last.index)) {
      const comment = parseLine(this.#lines[last.index] ?? '')?.comment;
      this.#lines[last.index] = comment === undefined ? text : `${text} ${comment}`;
      return;
    }
    if (this.#lines.at(-1) === '') this.#lines.splice(-1, 0, text);
    else this.#lines.push(text, '');
  }

  /** Turns the lines that set a matching name into comments. @returns their names and values, in order */
  disable(matches: (name: string) => boolean): { name: string; value: ByteString }[] {
    const found = this.lines().filter((line) => line.kind === 'setting' && matches(line.name));
    for (const { index } of found) this.#lines[index] = `#${this.#lines[index] ?? ''}`;
    return found.map(({ name, value }) => ({ name, value }));
  }

  /** Gives a line that includes something another place to include. */
  include(line: SettingsLine, place: ByteString): void {
    this.#lines[line.index] = `${line.name} ${quoteSetting(place)}`;
  }

  /** Turns one line into a comment. */
  comment({ index }: SettingsLine): void {
    this.#lines[index] = `#${this.#lines[index] ?? ''}`;
  }

  /** Takes out the lines that set a matching name. @returns the names, in order */
  remove(matches: (name: string) => boolean): string[] {
    const found = this.lines().filter((line) => line.kind === 'setting' && matches(line.name));
    for (const { index } of [...found].reverse()) this.#lines.splice(index, 1);
    return found.map(({ name }) => name);
  }
}

/** A value in the quotes of a settings file. It must not hold a line feed, which no value can. */
export function quoteSetting(value: ByteString): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

function parseLine(line: string): { name: string; value: ByteString; comment: string | undefined } | undefined {
  const groups = linePattern.exec(line)?.groups;
  if (groups === undefined) return undefined;
  const raw = groups['value'] ?? '';
  return {
    name: (groups['name'] ?? '').toLowerCase(),
    value: (raw.startsWith("'") ? unquote(raw) : raw) as ByteString,
    comment: groups['comment'],
  };
}

const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

function unquote(text: string): string {
  return text
    .slice(1, -1)
    .replace(/''|\\([0-7]{1,3})|\\([^])/g, (_, octal: string | undefined, escaped: string | undefined) => {
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
      return escaped === undefined ? "'" : (escapes[escaped] ?? escaped);
    });
}
