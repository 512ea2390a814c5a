import { statSync } from 'node:fs';
import type { ByteSource } from '../bytes/byte-reader.ts';
import type { ByteString } from '../bytes/byte-string.ts';
import { fsPath, joinPath } from '../files/path.ts';
import { readPieces } from '../files/read-file.ts';
import type { Member } from '../tar/member.ts';
import { readMembers } from '../tar/read-members.ts';
import { openArchive } from './open-archive.ts';
import type { WalPlace } from './plan.ts';

/** WAL segments by name. Read a segment to its end, or not at all, before opening the next. */
export interface WalFiles {
  /** The content of a segment; undefined when there is none of that name. */
  open(name: string): Promise<ByteSource | undefined>;
  close(): Promise<void>;
}

export function openWalFiles(place: WalPlace, signal: AbortSignal): WalFiles {
  return place.kind === 'directory' ? new DirectoryWalFiles(place.path, signal) : new ArchiveWalFiles(place, signal);
}

class DirectoryWalFiles implements WalFiles {
  readonly #directory: ByteString;
  readonly #signal: AbortSignal;

  constructor(directory: ByteString, signal: AbortSignal) {
    this.#directory = directory;
    this.#signal = signal;
  }

  open(name: string): Promise<ByteSource | undefined> {
    const path = joinPath(this.#directory, name);
    if (statSync(fsPath(path), { throwIfNoEntry: false }) === undefined) return Promise.resolve(undefined);
    return Promise.resolve(readPieces(path, { pieceSize: 1024 * 1024, signal: this.#signal }));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/**
 * Segments in an archive. They lie there in order, so that one pass gives them all; a segment that has passed by is found
 * in a second pass. Nothing is unpacked to disk or held in memory.
 */
class ArchiveWalFiles implements WalFiles {
  readonly #place: Extract<WalPlace, { kind: 'archive' }>;
  readonly #signal: AbortSignal;
  #members: AsyncGenerator<Member, void, undefined> | undefined;

  constructor(place: Extract<WalPlace, { kind: 'archive' }>, signal: AbortSignal) {
    this.#place = place;
    this.#signal = signal;
  }

  async open(name: string): Promise<ByteSource | undefined> {
    const isFresh = this.#members === undefined;
    const found = await this.#advanceTo(name);
    if (found !== undefined || isFresh) return found;
    return this.#advanceTo(name);
  }

  async close(): Promise<void> {
    await this.#members?.return();
    this.#members = undefined;
  }

  async #advanceTo(name: string): Promise<ByteSource | undefined> {
    const { folders } = this.#place;
    const wanted = new Set(folders.map((folder) => (folder === '' ? name : `${folder}/${name}`)));
    this.#members ??= readMembers(openArchive(this.#place, { signal: this.#signal }), 'detect', {
      signal: this.#signal,
    });
    for (;;) {
      const { value, done } = await this.#members.next();
      if (done === true) {
        this.#members = undefined;
        return undefined;
      }
      if (value.header.type === 'file' && wanted.has(value.header.name)) return value.content;
    }
  }
}
