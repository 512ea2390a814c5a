import { VariableReader } from '../bytes/variable-length.ts';
import { display } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import type { Storage } from '../storage/storage.ts';
import { ChunkReader } from './chunk-reader.ts';
import { isPossible, UnknownForm } from './chunk-ref-codec.ts';
import { mostChunkBytes, packName, type ChunkRef } from './chunk-ref.ts';
import { contentDamage } from './damage.ts';
import { blocksOfLeaf, leavesOf } from './block-size.ts';
import { entryOf, readLeafEntries, type LeafEntry, type LeafRef } from './leaf-list.ts';
import { hashOf } from './block-hash.ts';
import { decodeInlineLeaf, decodeLeaf, type LeafBlock } from './leaf.ts';
import { readRecords } from './record-reader.ts';
import type { FileRecord, StoredRecord } from './record.ts';
import { decodeRoot, mostRootBytes, type RecordChunk, type Root } from './root.ts';

/** Longest list of the leaves of one file that is read, in bytes: of 80 TB and more. */
const mostListBytes = 8 * 1024 * 1024;

/** A leaf of a file. */
export interface ReadLeaf {
  readonly blocks: readonly LeafBlock[];
  /** Where it is; undefined: within its record, or all its blocks are zeros. */
  readonly ref: LeafRef | undefined;
}

/** The root, records and leaves of a backup. */
export class ContentMaps {
  readonly root: Root;
  readonly chunks: ChunkReader;
  #listed: { readonly file: FileRecord; readonly entries: readonly LeafEntry[] } | undefined;

  private constructor(root: Root, chunks: ChunkReader) {
    this.root = root;
    this.chunks = chunks;
  }

  /** @throws BackupError `CORRUPT` */
  static async open(storage: Storage, refs: readonly ChunkRef[], signal?: AbortSignal): Promise<ContentMaps> {
    const chunks = new ChunkReader(storage);
    const pieces: Uint8Array[] = [];
    const object = refs[0] === undefined ? storage.description : packName(refs[0].pack);
    const length = refs.reduce((sum, { rawBytes }) => sum + rawBytes, 0);
    const areFull = refs.slice(0, -1).every(({ rawBytes }) => rawBytes === mostChunkBytes);
    if (!refs.every(isPossible) || length > mostRootBytes || !areFull) throw damagedMap(object, say('packs.root'));
    for (const ref of refs) pieces.push(await chunks.read(ref, signal));
    const root = understood(object, say('packs.root'), () => decodeRoot(Buffer.concat(pieces)));
    return new ContentMaps(root, chunks);
  }

  /** The records of one of the chunks that the root names. @throws BackupError `CORRUPT` */
  async records({ chunk, hash }: RecordChunk, signal?: AbortSignal): Promise<StoredRecord[]> {
    const content = await this.chunks.read(chunk, signal);
    const object = packName(chunk.pack);
    const part = say('packs.records');
    if (Buffer.compare(hashOf(content), hash) !== 0) throw damagedMap(object, part);
    return understood(object, part, () => [...readRecords(content, object, this.root.packs)]);
  }

  /** A leaf of a file. @param leaf its number there. @throws BackupError `CORRUPT` */
  async leaf(file: FileRecord, leaf: number, signal?: AbortSignal): Promise<ReadLeaf> {
    const { leaves } = file;
    if ('inline' in leaves) {
      const decode = (): LeafBlock[] => decodeInlineLeaf(leaves.inline, file, file.packs);
      return { blocks: understood(file.object, partOf(file), decode), ref: undefined };
    }
    const ref = await this.leafRef(file, leaf, signal);
    if (ref === undefined) return { blocks: new Array<LeafBlock>(blocksOfLeaf(file, leaf)).fill('zeros'), ref };
    const bytes = await this.#slice(ref, signal);
    const decode = (): LeafBlock[] => decodeLeaf(bytes, file, leaf, this.root.packs);
    return { blocks: understood(packName(ref.chunk.pack), partOf(file), decode), ref };
  }

  /** Where a leaf is; undefined: within its record, or all its blocks are zeros. @throws BackupError `CORRUPT` */
  async leafRef(file: FileRecord, leaf: number, signal?: AbortSignal): Promise<LeafRef | undefined> {
    const { leaves } = file;
    if ('inline' in leaves) return undefined;
    const entries = 'entries' in leaves ? leaves.entries : await this.#list(file, leaves.listed, signal);
    return entryOf(entries, leaf)?.ref;
  }

  /** The list of leaves that is not in the record; that of the file that was read last is kept. */
  async #list(file: FileRecord, slices: readonly LeafRef[], signal?: AbortSignal): Promise<readonly LeafEntry[]> {
    if (this.#listed?.file === file) return this.#listed.entries;
    if (slices.reduce((sum, { length }) => sum + length, 0) > mostListBytes)
      throw damagedMap(file.object, partOf(file));
    const pieces: Uint8Array[] = [];
    for (const slice of slices) pieces.push(await this.#slice(slice, signal));
    const object = slices[0] === undefined ? file.object : packName(slices[0].chunk.pack);
    const reader = new VariableReader(Buffer.concat(pieces));
    const entries = understood(object, partOf(file), () => {
      const read = readLeafEntries(reader, leavesOf(file), file.packs);
      if (!reader.atEnd) throw new RangeError('more than the leaves');
      return read;
    });
    this.#listed = { file, entries };
    return entries;
  }

  async #slice({ chunk, start, length }: LeafRef, signal?: AbortSignal): Promise<Uint8Array> {
    return (await this.chunks.read(chunk, signal)).subarray(start, start + length);
  }
}

function partOf(file: FileRecord): Message {
  return say('packs.leaf', { file: display(file.name) });
}

function understood<Result>(object: string, part: Message, decode: () => Result): Result {
  try {
    return decode();
  } catch (error) {
    if (error instanceof UnknownForm) {
      throw new BackupError('REPOSITORY_VERSION', say('packs.newer', { object, part }), {
        hint: say('archive.newer-format.hint'),
        cause: error,
      });
    }
    throw error instanceof RangeError ? damagedMap(object, part, error) : error;
  }
}

function damagedMap(object: string, part: Message, cause?: unknown): BackupError {
  return contentDamage(say('packs.damaged', { object, part }), cause);
}
