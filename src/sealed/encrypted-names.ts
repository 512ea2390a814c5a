import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { compareNames, isObjectName } from '../storage/object-name.ts';
import type { ListOptions, Storage, StorageOptions, StoredObject } from '../storage/storage.ts';
import { NameCipher } from './name-cipher.ts';
import type { ListedObject, ObjectNames } from './object-names.ts';

/** Folders whose stored names are remembered. */
const mostFolders = 1024;

/** Names that nobody reads without the master key. What is not ours is passed over. */
export class EncryptedNames implements ObjectNames {
  readonly #inner: Storage;
  readonly #cipher: NameCipher;
  readonly #folders = new Map<string, string>();

  constructor(inner: Storage, master: Uint8Array) {
    this.#inner = inner;
    this.#cipher = new NameCipher(master);
  }

  storedName(name: string): string {
    const stored = this.#stored(name);
    if (stored === undefined) {
      throw new BackupError('USAGE', say('sealed.long-name', { name }), { hint: say('sealed.long-name.hint') });
    }
    return stored;
  }

  async *list(prefix: string, options: ListOptions): AsyncIterable<ListedObject> {
    yield* this.#listFolder(folderOf(prefix), prefix, options);
  }

  async *#listFolder(folder: string, prefix: string, options: ListOptions): AsyncIterable<ListedObject> {
    const entries: { readonly name: string; readonly found?: StoredObject }[] = [];
    for await (const object of this.#objects(folder, options)) entries.push(object);
    if (options.recursive !== false) for await (const name of this.folders(folder, options)) entries.push({ name });
    entries.sort((a, b) => compareNames(a.name, b.name));
    for (const { name, found } of entries) {
      if (!name.startsWith(prefix)) continue;
      if (found === undefined) yield* this.#listFolder(name, prefix, options);
      else yield { name, found };
    }
  }

  /** Objects directly in a folder, in any order. */
  async *#objects(folder: string, { signal }: StorageOptions): AsyncIterable<ListedObject> {
    const stored = this.#storedFolder(folder);
    if (stored === undefined) return;
    for await (const found of this.#inner.list(stored, { recursive: false, signal })) {
      const part = this.#cipher.decrypt(folder, found.name.slice(stored.length));
      if (part !== undefined) yield { name: folder + part, found };
    }
  }

  async *folders(prefix: string, { signal }: StorageOptions): AsyncIterable<string> {
    const stored = this.#storedFolder(prefix);
    if (stored === undefined) return;
    const names: string[] = [];
    for await (const found of this.#inner.folders(stored, { signal })) {
      const part = this.#cipher.decrypt(prefix, found.slice(stored.length, -1));
      if (part !== undefined) names.push(`${prefix}${part}/`);
    }
    yield* names.sort(compareNames);
  }

  async *irregular(folder: string, { signal }: StorageOptions): AsyncIterable<string> {
    const stored = this.#storedFolder(folder);
    if (stored === undefined) return;
    for await (const name of this.#inner.irregular?.(stored, { signal }) ?? []) {
      const part = this.#cipher.decrypt(folder, name.slice(stored.length));
      if (part !== undefined) yield folder + part;
    }
  }

  async *foreignNames(prefix: string, { signal }: StorageOptions): AsyncIterable<string> {
    const folder = this.#storedFolder(prefix);
    if (folder === undefined) return;
    const isOurs = (part: string): boolean => this.#cipher.decrypt(prefix, part) !== undefined;
    for await (const { name } of this.#inner.list(folder, { recursive: false, signal })) {
      if (!isOurs(name.slice(folder.length))) yield name;
    }
    for await (const name of this.#inner.folders(folder, { signal })) {
      if (!isOurs(name.slice(folder.length, -1))) yield name;
    }
    for await (const name of this.#inner.irregular?.(folder, { signal }) ?? []) {
      if (!isOurs(name.slice(folder.length))) yield name;
    }
    for await (const ours of this.folders(prefix, { signal })) yield* this.foreignNames(ours, { signal });
  }

  /** Undefined: a part is too long. */
  #stored(name: string): string | undefined {
    const folder = folderOf(name);
    const storedFolder = this.#storedFolder(folder);
    const part = this.#cipher.encrypt(folder, name.slice(folder.length));
    return storedFolder === undefined || part === undefined ? undefined : storedFolder + part;
  }

  /** '' for ''; undefined: there is no such folder. */
  #storedFolder(folder: string): string | undefined {
    if (folder === '') return '';
    const known = this.#folders.get(folder);
    if (known !== undefined) return known;
    const name = folder.slice(0, -1);
    const stored = isObjectName(name) ? this.#stored(name) : undefined;
    if (stored === undefined) return undefined;
    if (this.#folders.size >= mostFolders) this.#folders.clear();
    this.#folders.set(folder, `${stored}/`);
    return `${stored}/`;
  }
}

/** The folder that a name or prefix lies in: '' or ending in `/`. */
function folderOf(name: string): string {
  return name.slice(0, name.lastIndexOf('/') + 1);
}
