import type { ByteString } from '../bytes/byte-string.ts';
import { SettingsFile, type FoundSetting } from '../server/settings-file.ts';

export interface CopySettingsText {
  /** postgresql.conf; undefined: there is none. */
  readonly main: ByteString | undefined;
  /** The file of ALTER SYSTEM; undefined: there is none. */
  readonly overriding: ByteString | undefined;
  /** Files that `main` includes, by their path below the data directory. */
  readonly included?: ReadonlyMap<ByteString, ByteString> | undefined;
}

/** The settings files of a copy while they are changed, and what was changed. */
export class CopySettings {
  readonly main: SettingsFile;
  readonly above: SettingsFile;
  readonly included: ReadonlyMap<ByteString, SettingsFile>;
  readonly changed: FoundSetting[] = [];
  readonly disabled: FoundSetting[] = [];
  /** New settings belong into the file of ALTER SYSTEM. */
  readonly #setsAbove: boolean;

  constructor(text: CopySettingsText, { setsAbove }: { readonly setsAbove: boolean }) {
    this.main = new SettingsFile(text.main ?? ('' as ByteString));
    this.above = new SettingsFile(text.overriding ?? ('' as ByteString));
    this.included = new Map([...(text.included ?? [])].map(([path, content]) => [path, new SettingsFile(content)]));
    this.#setsAbove = setsAbove;
  }

  /** In the order in which they are read: the last one wins. */
  get files(): readonly SettingsFile[] {
    return [this.main, ...this.included.values(), this.above];
  }

  /** The value that wins; of `main` and what it includes, where both set it, that of what is included. */
  value(name: string): ByteString | undefined {
    return this.files.map((file) => file.value(name)).findLast((value) => value !== undefined);
  }

  /** Makes `value` effective. */
  set(name: string, value: ByteString): void {
    this.above.remove((other) => other === name.toLowerCase());
    (this.#setsAbove ? this.above : this.main).set(name, value);
    this.changed.push({ name, value });
  }

  /** Sets what nothing sets, where another main file, on the command line of the server, can have it otherwise. */
  setInMain(name: string, value: ByteString): void {
    this.main.set(name, value);
    this.changed.push({ name, value });
  }

  /** Makes `value` effective where even another main file, on the command line of the server, does not change it. */
  setAbove(name: string, value: ByteString): void {
    this.above.remove((other) => other === name.toLowerCase());
    this.above.set(name, value);
    this.changed.push({ name, value });
  }

  /** Turns matching lines into comments; in the file of ALTER SYSTEM, which has none, takes them out. */
  disable(matches: (name: string) => boolean): FoundSetting[] {
    const found = [this.main, ...this.included.values()].flatMap((file) => file.disable(matches));
    for (const line of this.above.lines()) {
      if (line.kind === 'setting' && matches(line.name)) found.push({ name: line.name, value: line.value });
    }
    this.above.remove(matches);
    this.disabled.push(...found);
    return found;
  }
}

/** The default of every server is off. */
export function isOff(mode: ByteString | undefined): boolean {
  return mode === undefined || /^(?:off|of|false|fals|fal|fa|f|no|n|0)$/i.test(mode);
}
