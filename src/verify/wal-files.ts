import { statSync } from 'node:fs';
import type { ByteSource } from '../bytes/byte-reader.ts';
import { display, type ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { fsPath, joinPath } from '../files/path.ts';
import { readPieces } from '../files/read-file.ts';
import { openLocalStorage } from '../storage/local-storage.ts';
import type { Member, MemberHeader } from '../tar/member.ts';
import { readMembers } from '../tar/read-members.ts';
import { openArchiveWal } from '../wal-archive/archive-wal.ts';
import { chooseGeneration, findArchive, readGenerations } from '../wal-archive/archive.ts';
import { openPlainWal } from '../wal-archive/plain-wal.ts';
import type { WalSource } from '../wal-archive/wal-source.ts';
import { openTar } from './open-tar.ts';
import type { WalLocation } from './plan.ts';

/** WAL segments by name. Read a segment to its end, or not at all, before opening the next. */
export interface WalFiles {
  /** The content of a segment; undefined when there is none of that name. */
  open(name: string): Promise<ByteSource | undefined>;
  /**
   * Reads what is left of an archive: what lies behind the segments that were asked for must be sound too, because a restore takes all of it.
   * @throws BackupError as `readMembers`
   */
  finish(): Promise<void>;
  close(): Promise<void>;
}

/** @param onHeader told of each member of an archive once, in order */
export function openWalFiles(
  place: WalLocation,
  {
    signal,
    onHeader,
  }: { readonly signal: AbortSignal; readonly onHeader?: ((header: MemberHeader) => void) | undefined },
): WalFiles {
  if (place.kind === 'directory') return new DirectoryWalFiles(place.path, signal);
  return new TarWalFiles(place, signal, onHeader);
}

/** Segments as files of a directory; where one is not, as a WAL archive of gausskeep or another tool has it there. */
class DirectoryWalFiles implements WalFiles {
  readonly #directory: ByteString;
  readonly #signal: AbortSignal;
  #stored: Promise<WalSource | undefined> | undefined;

  constructor(directory: ByteString, signal: AbortSignal) {
    this.#directory = directory;
    this.#signal = signal;
  }

  async open(name: string): Promise<ByteSource | undefined> {
    const path = joinPath(this.#directory, name);
    if (statSync(fsPath(path), { throwIfNoEntry: false }) !== undefined) {
      return readPieces(path, { pieceSize: 1024 * 1024, signal: this.#signal });
    }
    this.#stored ??= storedWal(display(this.#directory), this.#signal);
    const options = { signal: this.#signal };
    const stored = await this.#stored;
    // What a receiver has of a segment counts too: each of its records is checked.
    const object = (await stored?.find(name, options)) ?? (await stored?.find(`${name}.partial`, options));
    return object?.read(options);
  }

  finish(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Undefined where the directory holds no WAL that tells whose it is. */
async function storedWal(directory: string, signal: AbortSignal): Promise<WalSource | undefined> {
  try {
    const storage = await openLocalStorage(directory);
    const archive = await findArchive(storage, { signal });
    if (archive === undefined) return await openPlainWal(storage, { signal });
    const generations = await readGenerations(archive, { signal });
    return openArchiveWal(archive, generations, chooseGeneration(generations, undefined, 'read').number);
  } catch (error) {
    if (error instanceof BackupError && error.code === 'REPOSITORY_NOT_FOUND') return undefined;
    throw error;
  }
}

/**
 * Segments in an archive. They lie there in order, so that one pass gives them all; a segment that has passed by is found
 * in a second pass, if it is there at all. Nothing is unpacked to disk or held in memory.
 */
class TarWalFiles implements WalFiles {
  readonly #place: Extract<WalLocation, { kind: 'archive' }>;
  readonly #signal: AbortSignal;
  readonly #onHeader: (header: MemberHeader) => void;
  #members: AsyncGenerator<Member, void, undefined> | undefined;
  /** Names in the archive, once all of it has passed by. */
  #names: Set<string> | undefined;
  readonly #passed = new Set<string>();
  #failed = false;

  constructor(
    place: Extract<WalLocation, { kind: 'archive' }>,
    signal: AbortSignal,
    onHeader: (header: MemberHeader) => void = () => undefined,
  ) {
    this.#place = place;
    this.#signal = signal;
    this.#onHeader = onHeader;
  }

  async open(name: string): Promise<ByteSource | undefined> {
    const wanted = new Set(this.#place.folders.map((folder) => (folder === '' ? name : `${folder}/${name}`)));
    // Known to be absent: thousands of ranges in a manifest are no thousands of passes.
    if (this.#names !== undefined && [...wanted].every((one) => this.#names?.has(one) !== true)) return undefined;
    const isFresh = this.#members === undefined;
    const found = await this.#advanceTo(wanted);
    if (found !== undefined || isFresh) return found;
    return [...wanted].some((one) => this.#passed.has(one)) ? this.#advanceTo(wanted) : undefined;
  }

  async finish(): Promise<void> {
    if (this.#names === undefined && !this.#failed) await this.#advanceTo(new Set());
  }

  async close(): Promise<void> {
    await this.#members?.return();
    this.#members = undefined;
  }

  async #advanceTo(wanted: ReadonlySet<string>): Promise<ByteSource | undefined> {
    try {
      return await this.#readTo(wanted);
    } catch (error) {
      this.#failed = true;
      throw error;
    }
  }

  async #readTo(wanted: ReadonlySet<string>): Promise<ByteSource | undefined> {
    this.#members ??= readMembers(openTar(this.#place, { signal: this.#signal }), 'detect', {
      signal: this.#signal,
    });
    for (;;) {
      const { value, done } = await this.#members.next();
      if (done === true) {
        this.#members = undefined;
        this.#names = this.#passed;
        return undefined;
      }
      if (this.#names === undefined) {
        this.#passed.add(value.header.name);
        this.#onHeader(value.header);
      }
      if (value.header.type === 'file' && wanted.has(value.header.name)) return value.content;
    }
  }
}
