import { display } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import type { Storage } from '../storage/storage.ts';
import { ChunkReader } from './chunk-reader.ts';
import { packName, type ChunkRef } from './chunk-ref.ts';
import { decodeInlineLeaf, decodeLeaf, type LeafBlock } from './leaf.ts';
import { readRecords } from './record-reader.ts';
import type { FileRecord, StoredRecord } from './record.ts';
import { decodeRoot, type Root } from './root.ts';

/** Longest root, in bytes: of more than a million packs, 16 TB and more. */
const mostRootBytes = 32 * 1024 * 1024;

/** The root, records and leaves of a backup. */
export class ContentMaps {
  readonly root: Root;
  readonly chunks: ChunkReader;

  private constructor(root: Root, chunks: ChunkReader) {
    this.root = root;
    this.chunks = chunks;
  }

  /** @throws BackupError `CORRUPT` */
  static async open(storage: Storage, refs: readonly ChunkRef[], signal?: AbortSignal): Promise<ContentMaps> {
    const chunks = new ChunkReader(storage);
    const pieces: Uint8Array[] = [];
    const [first] = refs;
    const object = first === undefined ? storage.description : packName(first.pack);
    const length = refs.reduce((sum, { rawBytes }) => sum + rawBytes, 0);
    if (length > mostRootBytes) throw damagedMap(object, say('packs.root'));
    for (const ref of refs) pieces.push(await chunks.read(ref, signal));
    const root = understood(object, say('packs.root'), () => decodeRoot(Buffer.concat(pieces)));
    return new ContentMaps(root, chunks);
  }

  /** The records of one of the chunks that the root names. @throws BackupError `CORRUPT` */
  async records(chunk: ChunkRef, signal?: AbortSignal): Promise<StoredRecord[]> {
    const content = await this.chunks.read(chunk, signal);
    const { entries } = this.root.packs;
    const object = packName(chunk.pack);
    return understood(object, say('packs.records'), () => [...readRecords(content, object, entries)]);
  }

  /** The blocks of a leaf of a file. @param leaf its number in the file. @throws BackupError `CORRUPT` */
  async leaf(file: FileRecord, leaf: number, signal?: AbortSignal): Promise<LeafBlock[]> {
    const part = say('packs.leaf', { file: display(file.name) });
    const { leaves } = file;
    if ('inline' in leaves) {
      const { entries } = this.root.packs;
      return understood(file.object, part, () => decodeInlineLeaf(leaves.inline, file, entries));
    }
    const ref = leaves.stored[leaf];
    if (ref === undefined) throw damagedMap(file.object, part);
    const content = await this.chunks.read(ref.chunk, signal);
    const bytes = content.subarray(ref.start, ref.start + ref.length);
    return understood(packName(ref.chunk.pack), part, () => decodeLeaf(bytes, file, leaf, this.root.packs));
  }
}

function understood<Result>(object: string, part: Message, decode: () => Result): Result {
  try {
    return decode();
  } catch (error) {
    throw error instanceof RangeError ? damagedMap(object, part, error) : error;
  }
}

function damagedMap(object: string, part: Message, cause?: unknown): BackupError {
  return new BackupError('CORRUPT', say('packs.damaged', { object, part }), { cause });
}
