import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openBare, openFramed, type StoredContent } from './frames.ts';
import { readIdentity, type Identity } from './keys.ts';
import { Refusal } from './refusal.ts';
import { SealedNames } from './sealed-names.ts';
import { readSmallObject, type Members } from './small-object.ts';

/** The objects of a repository by their clear names. */
export class ObjectStore {
  readonly #directory: string;
  readonly #identity: Identity;
  readonly #names: SealedNames | undefined;

  constructor(directory: string, password: string | undefined) {
    this.#directory = directory;
    this.#identity = readIdentity(directory, password);
    const { master } = this.#identity;
    this.#names = master === undefined ? undefined : new SealedNames(master);
  }

  /** Where an object, or a folder without `/` at its end, lies. */
  path(name: string): string {
    const names = this.#names;
    if (names === undefined) return join(this.#directory, name);
    let folder = '';
    const parts = name.split('/').map((part) => {
      const stored = names.stored(folder, part);
      folder += `${part}/`;
      return stored;
    });
    return join(this.#directory, 'objects', ...parts);
  }

  has(name: string): boolean {
    return existsSync(this.path(name));
  }

  /** @throws Refusal `NOT_FOUND`, `CORRUPT`, `REPOSITORY_VERSION` */
  open(name: string): StoredContent {
    const path = this.path(name);
    if (!existsSync(path)) throw new Refusal('NOT_FOUND', name);
    const bare = this.#names === undefined && /^instances\/[^/]+\/wal\//.test(name);
    return bare ? openBare(path, name) : openFramed(path, name, this.#identity);
  }

  whole(name: string): Buffer {
    const content = this.open(name);
    return content.read(0, content.sizeBytes);
  }

  smallObject(name: string): Members {
    return readSmallObject(this.whole(name), name);
  }

  /** Clear names of what lies in a folder (without `/` at its end), sorted; what is foreign is passed over. */
  list(folder: string): string[] {
    const path = this.path(folder);
    if (!existsSync(path)) return [];
    const names = this.#names;
    const stored = readdirSync(path);
    if (names === undefined) return stored.sort();
    return stored.flatMap((name) => names.clear(`${folder}/`, name) ?? []).sort();
  }
}
