/** As much of systemd as starting a service takes: the file of a unit, the environment file, and what a command line becomes. */

export type Unit = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

/** Sections of a unit, with the values of each setting in order. Throws at a line that systemd would not read. */
export function parseUnit(text: string): Unit {
  const unit = new Map<string, Map<string, string[]>>();
  let section: Map<string, string[]> | undefined;
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [, title] = /^\[(\w+)\]$/.exec(line) ?? [];
    const [, name = '', value = ''] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (title !== undefined) {
      section = new Map<string, string[]>();
      unit.set(title, section);
    } else if (name === '' || section === undefined) throw new Error(`no line of a unit: ${line}`);
    else section.set(name, [...(section.get(name) ?? []), value]);
  }
  return unit;
}

/** `NAME=value` lines; the value is what is behind the first `=`. */
export function parseEnvironmentFile(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

/** The words of a command line: specifiers, then `${NAME}` as a part of a word, `$NAME` as words of its own. */
export function commandWords(
  line: string,
  specifiers: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>>,
): string[] {
  return line.split(' ').flatMap((raw) => {
    const word = raw.replace(/%(\w)/g, (_, letter: string) => {
      const value = specifiers[letter];
      if (value === undefined) throw new Error(`no such specifier: %${letter}`);
      return value;
    });
    const [, name] = /^\$(\w+)$/.exec(word) ?? [];
    if (name !== undefined) return (environment[name] ?? '').split(/\s+/).filter((part) => part !== '');
    return [word.replace(/\$\{(\w+)\}/g, (_, variable: string) => environment[variable] ?? '')];
  });
}
