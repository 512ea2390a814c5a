import { posix } from 'node:path';
import { fromText, type ByteString } from '../bytes/byte-string.ts';
import { SettingsFile, type FoundSetting } from '../server/settings-file.ts';
import type { OutsideConfiguration } from './outside-configuration.ts';

/** The same where it goes: into the data directory of the copy. */
export interface PlacedConfiguration {
  readonly main: ByteString | undefined;
  readonly hba: ByteString | undefined;
  readonly ident: ByteString | undefined;
  /** Settings files that `main` includes, and the rest; by their path below the data directory. */
  readonly included: ReadonlyMap<ByteString, ByteString>;
  readonly others: ReadonlyMap<ByteString, ByteString>;
  /** Directories that are included; they may hold nothing. */
  readonly directories: readonly ByteString[];
  /** Include lines that lead to something that was not taken along, and are comments now. */
  readonly lost: readonly FoundSetting[];
  /** Files that have no place in the copy. */
  readonly leftOut: readonly ByteString[];
}

/** What a data directory has itself: nothing of a configuration may take its place. */
const ofDataDirectory =
  /^(?:base|global|PG_VERSION|pg_(?!hba\.conf$|ident\.conf$)[a-z_]+|postgresql\.auto\.conf|postmaster\.\w+|backup_\w+.*|tablespace_map.*|recovery\.\w+|standby\.signal|promote|current_logfiles.*|\..*)(?:\/|$)/;

/**
 * Finds the place in the copy for each file: beside postgresql.conf, as they were beside it, so that relative include
 * lines lead where they led. Absolute ones are made relative; those that lead elsewhere are comments.
 */
export function placeConfiguration({ origin, files }: OutsideConfiguration): PlacedConfiguration {
  const directory = fromText(origin.configDirectory);
  const below = (path: string | undefined, usual: string): ByteString => {
    const bytes = path === undefined ? undefined : fromText(path);
    const inside = bytes?.startsWith(`${directory}/`) === true ? bytes.slice(directory.length + 1) : undefined;
    return (inside !== undefined && files.has(inside as ByteString) ? inside : usual) as ByteString;
  };
  const mainName = below(origin.configFile, 'postgresql.conf');
  const special = [mainName, below(origin.hbaFile, 'pg_hba.conf'), below(origin.identFile, 'pg_ident.conf')] as const;
  const [main, hba, ident] = special.map((name) => files.get(name));
  const root = posix.dirname(mainName) === '.' ? '' : `${posix.dirname(mainName)}/`;
  const placed = new Map<ByteString, ByteString>();
  const leftOut: ByteString[] = [];
  for (const [name, content] of files) {
    if (special.includes(name)) continue;
    const path = name.slice(root.length) as ByteString;
    if (name.startsWith(root) && !ofDataDirectory.test(path) && path !== 'postgresql.conf') placed.set(path, content);
    else leftOut.push(name);
  }
  const oldRoot = posix.join(directory, root);
  const reader = new IncludeReader(oldRoot, placed);
  const mainText = main === undefined ? undefined : reader.read('postgresql.conf' as ByteString, main);
  const others = new Map([...placed].filter(([path]) => !reader.included.has(path)));
  const { included, directories, lost } = reader;
  return { main: mainText, hba, ident, included, others, directories, lost, leftOut };
}

/** The servers follow ten levels of include. */
const deepestInclude = 10;

/** Follows the include lines of settings files among the files that were taken along. */
class IncludeReader {
  readonly included = new Map<ByteString, ByteString>();
  readonly directories: ByteString[] = [];
  readonly lost: FoundSetting[] = [];
  readonly #oldRoot: string;
  readonly #files: ReadonlyMap<ByteString, ByteString>;

  constructor(oldRoot: string, files: ReadonlyMap<ByteString, ByteString>) {
    this.#oldRoot = oldRoot.replace(/\/*$/, '/');
    this.#files = files;
  }

  /** @returns the text with the include lines as they have to be in the copy */
  read(path: ByteString, text: ByteString, depth = 0): ByteString {
    const file = new SettingsFile(text);
    for (const line of file.lines()) {
      if (line.kind !== 'include') continue;
      const place = this.#placeOf(path, line.value);
      const found = place === undefined || depth >= deepestInclude ? undefined : this.#filesOf(line.name, place);
      if (place === undefined || found === undefined) {
        file.comment(line);
        this.lost.push({ name: line.name, value: line.value });
        continue;
      }
      file.include(line, (posix.relative(posix.dirname(path), place) || '.') as ByteString);
      if (line.name === 'include_dir') this.directories.push(place);
      for (const name of found) {
        if (this.included.has(name)) continue;
        this.included.set(name, this.#files.get(name) ?? ('' as ByteString));
        this.included.set(name, this.read(name, this.#files.get(name) ?? ('' as ByteString), depth + 1));
      }
    }
    return file.text;
  }

  /** The path in the copy of what a file includes; undefined where that lay outside. */
  #placeOf(path: ByteString, value: ByteString): ByteString | undefined {
    const old = posix.resolve(posix.join(this.#oldRoot, posix.dirname(path)), value);
    const place = `${old}/`.startsWith(this.#oldRoot) ? old.slice(this.#oldRoot.length) : undefined;
    return place === undefined || place === '' || ofDataDirectory.test(place) ? undefined : (place as ByteString);
  }

  #filesOf(kind: 'include' | 'include_if_exists' | 'include_dir', place: ByteString): ByteString[] | undefined {
    if (kind !== 'include_dir') return this.#files.has(place) ? [place] : kind === 'include' ? undefined : [];
    return [...this.#files.keys()]
      .filter((name) => posix.dirname(name) === place && /^[^.].*\.conf$/.test(posix.basename(name)))
      .sort();
  }
}
