import type { ByteSource } from '../bytes/byte-reader.ts';
import { display, fromText, isUtf8 } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { ChunkRef } from '../packs/chunk-ref.ts';
import { openContent, type ContentReader } from '../packs/content-reader.ts';
import { contentDamage, lostPack } from '../packs/damage.ts';
import { missingPacks } from '../packs/missing-packs.ts';
import type { FileRecord } from '../packs/record.ts';
import { objectNotFound } from '../storage/failures.ts';
import { compareNames } from '../storage/object-name.ts';
import type {
  ListOptions,
  ReadOptions,
  Storage,
  StorageAbilities,
  StorageOptions,
  StoredObject,
} from '../storage/storage.ts';
import type { BackupSource } from './backup-source.ts';
import { contentTars } from './content-tars.ts';
import { TarSource } from './tar-source.ts';

/** A backup of a repository: its name, which is that of its folder here, and its root. */
export interface StoredBackup {
  readonly name: string;
  readonly root: readonly ChunkRef[];
  readonly storedAtMs: number | undefined;
}

interface OpenedBackup {
  readonly reader: ContentReader;
  /** Files that are asked for by their names again and again: those at the top, pg_control, WAL, prepared transactions. */
  readonly known: ReadonlyMap<string, FileRecord>;
}

/** So many backups stay open, each with the table of its packs. */
const mostOpen = 4;
const isKnown = (name: string): boolean =>
  !name.includes('/') || name === 'global/pg_control' || /^(?:pg_wal|pg_xlog|pg_twophase)\//.test(name);

/**
 * The backups of an instance of a repository as folders of plain backups that can only be read: `NAME/backup_label`, `NAME/base/1/1249`.
 * Of tablespaces only what lies in the data directory is seen; `source` has all of it.
 */
export class StoredBackups implements Storage {
  readonly description: string;
  readonly abilities: StorageAbilities = { putOnce: false, objectTime: false, lock: false, putsSettle: true };
  readonly #storage: Storage;
  readonly #backups: ReadonlyMap<string, StoredBackup>;
  readonly #opened = new Map<string, Promise<OpenedBackup>>();

  /** @param storage the folder of the instance */
  constructor(description: string, storage: Storage, backups: readonly StoredBackup[]) {
    this.description = description;
    this.#storage = storage;
    this.#backups = new Map(backups.map((backup) => [backup.name, backup]));
  }

  /** The backup in a folder, whole. @throws BackupError `BACKUP_NOT_FOUND`; `CORRUPT`, also where a pack that it uses is not there */
  async source(folder: string, signal: AbortSignal): Promise<BackupSource> {
    const name = folder.replace(/\/$/, '');
    const { reader } = await this.#open(name, signal);
    const [lost] = await missingPacks(this.#storage, reader.root.packs.entries, { signal });
    if (lost !== undefined) throw contentDamage(lostPack(lost));
    const { set, reading } = await contentTars(reader, signal);
    const description = `${this.description}: ${name}`;
    return new TarSource({ reading, set, description, format: 'repository', localPath: undefined, owner: undefined });
  }

  put(): Promise<{ readonly sizeBytes: number }> {
    throw new TypeError('only to be read');
  }

  delete(): Promise<void> {
    throw new TypeError('only to be read');
  }

  sweep(): Promise<number> {
    throw new TypeError('only to be read');
  }

  async *get(name: string, { offset = 0, length = Infinity, signal }: ReadOptions = {}): ByteSource {
    const found = await this.#find(name, signal);
    if (found === undefined) throw objectNotFound(name, this.description);
    let left = length;
    for await (const piece of found.reader.content(found.file, {
      offset: Math.min(offset, found.file.sizeBytes),
      signal,
    })) {
      if (left <= 0) return;
      yield piece.length > left ? piece.subarray(0, left) : piece;
      left -= piece.length;
    }
  }

  async stat(name: string, { signal }: StorageOptions = {}): Promise<StoredObject | undefined> {
    const found = await this.#find(name, signal);
    return found && { name, sizeBytes: found.file.sizeBytes, storedAtMs: found.storedAtMs };
  }

  async *list(prefix: string, { recursive = true, signal }: ListOptions = {}): AsyncGenerator<StoredObject, void> {
    for (const name of this.#names()) {
      const folder = `${name}/`;
      if (!folder.startsWith(prefix) && !prefix.startsWith(folder)) continue;
      // What is directly under a folder of folders are no objects.
      if (!recursive && !prefix.startsWith(folder)) continue;
      yield* this.#filesOf(name, prefix.slice(folder.length), { recursive, signal });
    }
  }

  async *#filesOf(
    backup: string,
    prefix: string,
    { recursive, signal }: { readonly recursive: boolean; readonly signal: AbortSignal | undefined },
  ): AsyncGenerator<StoredObject, void> {
    const { reader, known } = await this.#open(backup, signal);
    const isOfKnown = prefix !== '' && isKnown(prefix) && prefix.endsWith('/');
    const files: FileRecord[] = isOfKnown ? [...known.values()] : [];
    if (!isOfKnown) {
      for await (const record of reader.records({ signal })) if (isOfData(record)) files.push(record);
    }
    const storedAtMs = this.#backups.get(backup)?.storedAtMs;
    const names = files.flatMap(({ name, sizeBytes }) =>
      isUtf8(name) ? [{ name: display(name), sizeBytes, storedAtMs }] : [],
    );
    for (const object of names.toSorted((a, b) => compareNames(a.name, b.name))) {
      const rest = object.name.startsWith(prefix) ? object.name.slice(prefix.length) : undefined;
      if (rest === undefined || (!recursive && rest.includes('/'))) continue;
      yield { ...object, name: `${backup}/${object.name}` };
    }
  }

  async *folders(prefix: string, options: StorageOptions = {}): AsyncGenerator<string, void> {
    if (prefix === '') {
      for (const name of this.#names()) yield `${name}/`;
      return;
    }
    const seen = new Set<string>();
    for await (const { name } of this.list(prefix, options)) {
      const end = name.indexOf('/', prefix.length);
      if (end > 0) seen.add(name.slice(0, end + 1));
    }
    yield* [...seen].sort(compareNames);
  }

  #names(): string[] {
    return [...this.#backups.keys()].sort(compareNames);
  }

  async #find(
    name: string,
    signal?: AbortSignal,
  ): Promise<
    { readonly reader: ContentReader; readonly file: FileRecord; readonly storedAtMs: number | undefined } | undefined
  > {
    const [backup = '', ...rest] = name.split('/');
    const stored = this.#backups.get(backup);
    if (stored === undefined || rest.length === 0) return undefined;
    const { storedAtMs } = stored;
    const path = rest.join('/');
    const { reader, known } = await this.#open(backup, signal);
    const file = known.get(path);
    if (file !== undefined) return { reader, file, storedAtMs };
    if (isKnown(path)) return undefined;
    const wanted = fromText(path);
    for await (const record of reader.records({ signal })) {
      if (isOfData(record) && record.name === wanted) return { reader, file: record, storedAtMs };
    }
    return undefined;
  }

  #open(name: string, signal?: AbortSignal): Promise<OpenedBackup> {
    const known = this.#opened.get(name);
    if (known !== undefined) return known;
    const opened = this.#openNew(name, signal);
    // Another try may do better.
    opened.catch(() => this.#opened.delete(name));
    this.#opened.set(name, opened);
    const [oldest] = this.#opened.keys();
    if (this.#opened.size > mostOpen && oldest !== undefined) this.#opened.delete(oldest);
    return opened;
  }

  async #openNew(name: string, signal?: AbortSignal): Promise<OpenedBackup> {
    const backup = this.#backups.get(name);
    if (backup === undefined) throw new BackupError('BACKUP_NOT_FOUND', say('storing.not-there', { name }));
    const reader = await openContent(this.#storage, backup.root, { signal });
    const known = new Map<string, FileRecord>();
    for await (const record of reader.records({ signal })) {
      if (isOfData(record) && isKnown(record.name) && isUtf8(record.name)) known.set(display(record.name), record);
    }
    return { reader, known };
  }
}

function isOfData(record: { readonly kind: string }): record is FileRecord {
  return record.kind === 'file' && (record as FileRecord).part.oid === undefined;
}
