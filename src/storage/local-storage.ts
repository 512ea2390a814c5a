import { randomBytes } from 'node:crypto';
import { constants, type Dirent, type Stats } from 'node:fs';
import { link, lstat, mkdir, open, readdir, realpath, rmdir, stat, unlink, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import type { ByteSource } from '../bytes/byte-reader.ts';
import { BackupError, systemCodeOf } from '../errors/backup-error.ts';
import { giveBackDirectory, ownerOfNewFiles } from '../files/directory-owner.ts';
import { say } from '../messages/message.ts';
import { ignoreMissing, isAbsence, unlessAbsent } from './absence.ts';
import { objectExists, objectNotFound, storageFailure } from './failures.ts';
import { linkFile, type FileStorage, type FileToLink, type LinkOutcome } from './link-file.ts';
import { checkObjectName, compareNames, isNamePart, isObjectName, unfinishedPrefix } from './object-name.ts';
import { writeAll } from './write-all.ts';
import { unfinishedFiles } from './unfinished-files.ts';
import type { ListOptions, ReadOptions, StorageAbilities, StorageOptions, StoredObject } from './storage.ts';

const pieceSize = 1024 * 1024;
/** Files of a listing that are looked at together. */
const statsAtOnce = 32;
const dayMs = 24 * 60 * 60 * 1000;

/**
 * A directory as storage. It has to be there: a directory that is missing may be a file system that is not mounted.
 * @throws BackupError `REPOSITORY_NOT_FOUND` when it is not, or is no directory
 */
export async function openLocalStorage(path: string): Promise<FileStorage> {
  let root: string;
  let facts: Stats;
  try {
    root = await realpath(path);
    facts = await stat(root);
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT' && systemCodeOf(error) !== 'ENOTDIR') {
      throw storageFailure(path, path, error, 'read');
    }
    throw missingDirectory(path, error);
  }
  if (!facts.isDirectory()) throw new BackupError('REPOSITORY_NOT_FOUND', say('files.not-a-directory', { path }));
  return new LocalStorage(root);
}

function missingDirectory(path: string, cause?: unknown): BackupError {
  const options = { hint: say('storage.no-directory.hint'), cause };
  return new BackupError('REPOSITORY_NOT_FOUND', say('storage.no-directory', { path }), options);
}

/**
 * Objects as files of one directory tree: directories 0700, files 0600, owned by the owner of the root also when root makes them. Only regular files are objects; links are neither
 * followed nor listed, below a root that is resolved once.
 */
class LocalStorage implements FileStorage {
  readonly description: string;
  /** link() refuses a name that exists, on network file systems too; the time is that of the file. */
  readonly abilities: StorageAbilities = { putOnce: true, objectTime: true, lock: false, putsSettle: true };
  readonly #root: string;
  readonly #realPaths = new Map<string, Promise<string | undefined>>();

  constructor(root: string) {
    this.#root = root;
    this.description = `directory ${root}`;
  }

  async put(name: string, body: () => ByteSource, { signal }: StorageOptions = {}): Promise<{ sizeBytes: number }> {
    const path = this.#pathOf(name);
    signal?.throwIfAborted();
    try {
      // Found out early, so that a body is not read for nothing; link() below decides.
      if ((await this.#lstat(path)) !== undefined) throw objectExists(name, this.description);
      return await this.#putNew(name, path, body, signal);
    } catch (error) {
      throw this.#failure(name, error, 'write');
    }
  }

  async #putNew(
    name: string,
    path: string,
    body: () => ByteSource,
    signal?: AbortSignal,
  ): Promise<{ sizeBytes: number }> {
    const { temporary, file } = await this.#createTemporary(name, path);
    try {
      let sizeBytes: number;
      try {
        sizeBytes = await writeAll(file, body(), signal);
        await file.sync();
      } finally {
        await file.close();
      }
      signal?.throwIfAborted();
      // Unlike rename(), link() refuses a name that exists, in one step.
      await link(temporary, path);
      await unlink(temporary);
      // The directory entry itself must survive a crash.
      await syncDirectory(dirname(path));
      return { sizeBytes };
    } catch (error) {
      await unlink(temporary).catch(ignoreMissing);
      if (systemCodeOf(error) === 'EEXIST') throw objectExists(name, this.description);
      throw error;
    }
  }

  /** A new file in the directory of `path`. That directory may be removed as empty by a `delete` meanwhile: then again. */
  async #createTemporary(name: string, path: string): Promise<{ temporary: string; file: FileHandle }> {
    for (let attempt = 1; ; attempt += 1) {
      await this.#makeDirectories(name, dirname(path));
      const temporary = join(dirname(path), `${unfinishedPrefix}${randomBytes(9).toString('hex')}`);
      try {
        const file = await open(temporary, 'wx', 0o600);
        await this.#give(file);
        return { temporary, file };
      } catch (error) {
        if (systemCodeOf(error) !== 'ENOENT' || attempt === 10) throw error;
      }
    }
  }

  pathOf(name: string): string {
    return this.#pathOf(name);
  }

  async link(files: readonly FileToLink[], { signal }: StorageOptions = {}): Promise<LinkOutcome[]> {
    const outcomes: LinkOutcome[] = [];
    const directories = new Set<string>();
    for (const { name, path } of files) {
      signal?.throwIfAborted();
      const place = this.#pathOf(name);
      try {
        const owner = (await ownerOfNewFiles(this.#root))?.uid ?? process.geteuid?.();
        if (!directories.has(dirname(place))) await this.#makeDirectories(name, dirname(place));
        directories.add(dirname(place));
        outcomes.push(await linkFile(path, place, owner));
      } catch (error) {
        throw this.#failure(name, error, 'write');
      }
    }
    for (const directory of directories) await syncDirectory(directory).catch(ignoreMissing);
    return outcomes;
  }

  async *get(name: string, { offset = 0, length = Infinity, signal }: ReadOptions = {}): ByteSource {
    const path = this.#pathOf(name);
    let file: FileHandle | undefined;
    try {
      signal?.throwIfAborted();
      const object = await this.#openObject(name, path);
      file = object.file;
      // Hardly larger than the object, of which there are many small ones: one byte more, and its end is seen with its last byte.
      const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(pieceSize, length, object.sizeBytes - offset + 1)));
      const end = offset + length;
      for (let position = offset; position < end;) {
        signal?.throwIfAborted();
        const wanted = Math.min(buffer.length, end - position);
        const { bytesRead } = await file.read(buffer, 0, wanted, position);
        if (bytesRead === 0) return;
        position += bytesRead;
        yield buffer.subarray(0, bytesRead);
        if (bytesRead < wanted && position >= object.sizeBytes) return;
      }
    } catch (error) {
      throw this.#failure(name, error, 'read');
    } finally {
      await file?.close();
    }
  }

  async #openObject(name: string, path: string): Promise<{ readonly file: FileHandle; readonly sizeBytes: number }> {
    await this.#checkInside(name, dirname(path));
    // Not blocking: a named pipe in a directory that others fill must not hold us.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const file = await open(path, flags).catch((error: unknown) => {
      if (isAbsence(error) || systemCodeOf(error) === 'ELOOP') return undefined;
      throw error;
    });
    if (file !== undefined) {
      const facts = await file.stat();
      if (facts.isFile()) return { file, sizeBytes: facts.size };
      await file.close();
    }
    await this.#checkRoot();
    throw objectNotFound(name, this.description);
  }

  async stat(name: string, { signal }: StorageOptions = {}): Promise<StoredObject | undefined> {
    const path = this.#pathOf(name);
    signal?.throwIfAborted();
    try {
      await this.#checkInside(name, dirname(path));
      const facts = await this.#lstat(path);
      if (facts === undefined) await this.#checkRoot();
      if (facts?.isFile() !== true) return undefined;
      return { name, sizeBytes: facts.size, storedAtMs: facts.mtimeMs };
    } catch (error) {
      throw this.#failure(name, error, 'read');
    }
  }

  async *list(prefix: string, { recursive = true, signal }: ListOptions = {}): AsyncIterable<StoredObject> {
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    yield* this.#listFolder(folder, prefix, { recursive, signal });
  }

  async *#listFolder(folder: string, prefix: string, options: ListOptions): AsyncIterable<StoredObject> {
    const entries = await this.#entries(folder, options.signal);
    for (let from = 0; from < entries.length; from += statsAtOnce) {
      const group = entries.slice(from, from + statsAtOnce).map(async (entry) => {
        const name = folder + entry.name;
        const comparable = entry.isDirectory() ? `${name}/` : name;
        if (!comparable.startsWith(prefix) && !prefix.startsWith(comparable)) return undefined;
        return entry.isDirectory() ? comparable : this.#statEntry(name, options.signal);
      });
      for (const found of await Promise.all(group)) {
        if (typeof found !== 'string') {
          if (found !== undefined) yield found;
        } else if (options.recursive !== false) yield* this.#listFolder(found, prefix, options);
      }
    }
  }

  /** As `stat`, in a folder that was looked at. */
  async #statEntry(name: string, signal?: AbortSignal): Promise<StoredObject | undefined> {
    signal?.throwIfAborted();
    try {
      const facts = await this.#lstat(this.#pathOf(name));
      if (facts?.isFile() !== true) return undefined;
      return { name, sizeBytes: facts.size, storedAtMs: facts.mtimeMs };
    } catch (error) {
      throw this.#failure(name, error, 'read');
    }
  }

  async *folders(prefix: string, { signal }: StorageOptions = {}): AsyncIterable<string> {
    for (const entry of await this.#entries(prefix, signal)) {
      if (entry.isDirectory()) yield `${prefix}${entry.name}/`;
    }
  }

  async *irregular(folder: string, { signal }: StorageOptions = {}): AsyncIterable<string> {
    const isIrregular = (entry: Dirent): boolean => !entry.isFile() && !entry.isDirectory();
    for (const entry of await this.#entries(folder, signal, isIrregular)) yield folder + entry.name;
  }

  /** Files and directories of a folder, ordered as names of objects are: a directory counts as `name/`. */
  async #entries(
    folder: string,
    signal?: AbortSignal,
    isWanted = (entry: Dirent): boolean => entry.isFile() || entry.isDirectory(),
  ): Promise<Dirent[]> {
    signal?.throwIfAborted();
    if (folder !== '' && !isObjectName(folder.slice(0, -1))) return [];
    const path = join(this.#root, folder);
    try {
      await this.#checkInside(folder, path);
      const entries = await readdir(path, { withFileTypes: true });
      return entries
        .filter((entry) => isWanted(entry) && isNamePart(entry.name))
        .map((entry) => ({ entry, key: entry.isDirectory() ? `${entry.name}/` : entry.name }))
        .sort((a, b) => compareNames(a.key, b.key))
        .map(({ entry }) => entry);
    } catch (error) {
      if (isAbsence(error)) {
        await this.#checkRoot();
        return [];
      }
      throw this.#failure(folder, error, 'read');
    }
  }

  async delete(name: string, { signal }: StorageOptions = {}): Promise<void> {
    const path = this.#pathOf(name);
    signal?.throwIfAborted();
    try {
      await this.#checkInside(name, dirname(path));
      const facts = await this.#lstat(path);
      if (facts?.isFile() !== true) {
        await this.#checkRoot();
        return;
      }
      await unlink(path).catch(ignoreMissing);
      await this.#removeEmptyFolders(dirname(path));
    } catch (error) {
      throw this.#failure(name, error, 'write');
    }
  }

  /** Removes `directory` and those above it up to the root as far as they are empty, then syncs the first that is not. */
  async #removeEmptyFolders(directory: string): Promise<void> {
    let path = directory;
    for (; path !== this.#root; path = dirname(path)) {
      try {
        await rmdir(path);
      } catch (error) {
        if (isAbsence(error)) continue;
        break;
      }
    }
    await syncDirectory(path).catch(ignoreMissing);
  }

  async sweep({ signal, idleMs = dayMs }: StorageOptions & { idleMs?: number | undefined } = {}): Promise<number> {
    let removed = 0;
    try {
      for await (const { path, mtimeMs } of unfinishedFiles(this.#root, { signal })) {
        if (Date.now() - mtimeMs < idleMs) continue;
        await unlink(path).catch(ignoreMissing);
        removed += 1;
      }
      return removed;
    } catch (error) {
      throw this.#failure('', error, 'write');
    }
  }

  #pathOf(name: string): string {
    return join(this.#root, checkObjectName(name));
  }

  async #lstat(path: string): Promise<Stats | undefined> {
    return lstat(path).catch(unlessAbsent);
  }

  /** Makes the directories of a name one by one, each durable in its parent, without following a link. */
  async #makeDirectories(name: string, directory: string): Promise<void> {
    if (await this.#isDirectory(name, directory)) return;
    if (directory === this.#root) throw this.#gone();
    await this.#makeDirectories(name, dirname(directory));
    try {
      await mkdir(directory, 0o700);
      await giveBackDirectory(directory, this.#root);
      await syncDirectory(dirname(directory));
    } catch (error) {
      if (systemCodeOf(error) !== 'EEXIST' && systemCodeOf(error) !== 'ENOENT') throw error;
    }
  }

  /** What root makes belongs to the owner of the storage, who goes on with it. */
  async #give(file: FileHandle): Promise<void> {
    const owner = await ownerOfNewFiles(this.#root);
    if (owner !== undefined) await file.chown(owner.uid, owner.gid);
  }

  async #isDirectory(name: string, directory: string): Promise<boolean> {
    await this.#checkInside(name, directory);
    const facts = await this.#lstat(directory);
    if (facts !== undefined && !facts.isDirectory()) throw objectExists(name, this.description);
    if (facts?.uid === 0 && directory !== this.#root) await giveBackDirectory(directory, this.#root);
    return facts !== undefined;
  }

  /** Refuses to go through a link that leads out of the root. A directory that is absent leads nowhere. */
  async #checkInside(name: string, directory: string): Promise<void> {
    const real = await this.#realPath(directory);
    const below = this.#root === sep ? sep : this.#root + sep;
    if (real === undefined || real === this.#root || real.startsWith(below)) return;
    throw new BackupError('USAGE', say('storage.leaves-root', { name }), {
      context: { storage: this.description, directory: basename(directory) },
    });
  }

  /** Those who ask while the system is being asked have one answer. Undefined: it is absent. */
  async #realPath(directory: string): Promise<string | undefined> {
    const asked = this.#realPaths.get(directory);
    if (asked !== undefined) return asked;
    const answer = realpath(directory).catch(unlessAbsent);
    this.#realPaths.set(directory, answer);
    return answer.finally(() => this.#realPaths.delete(directory));
  }

  /** That a name is absent says something only while the root is there. */
  async #checkRoot(): Promise<void> {
    if ((await this.#lstat(this.#root))?.isDirectory() !== true) throw this.#gone();
  }

  #gone(): BackupError {
    return new BackupError('STORAGE_UNAVAILABLE', say('storage.gone', { path: this.#root }));
  }

  #failure(name: string, error: unknown, wish: 'read' | 'write'): unknown {
    return storageFailure(name, this.description, error, wish);
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
