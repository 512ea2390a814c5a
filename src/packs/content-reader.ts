import type { ByteSource } from '../bytes/byte-reader.ts';
import type { Storage } from '../storage/storage.ts';
import { blockLength, blocksOf, leafBlocks } from './block-size.ts';
import type { ChunkRef } from './chunk-ref.ts';
import { ContentMaps } from './content-maps.ts';
import type { LeafBlock } from './leaf.ts';
import { readInOrder, type ReadRecord } from './read-in-order.ts';
import type { FileRecord, PartRecord, StoredRecord } from './record.ts';
import type { Root } from './root.ts';
import { storedContent, zerosOf, type LastChunk } from './stored-block.ts';

export interface ReadContentOptions {
  /** First byte of the file to read, 0 … its size. */
  readonly offset?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Reads what a backup holds: from its root and the packs that this names, and from nothing else. */
export interface ContentReader {
  readonly root: Root;
  /** In the order in which they were written: a part, then what belongs to it. @throws BackupError `CORRUPT` */
  records(options?: { readonly signal?: AbortSignal | undefined }): AsyncGenerator<StoredRecord, void, undefined>;
  /**
   * The content of a file to its end. The hash of each block is compared before it is given out. Pieces are views, valid until
   * the next one is asked for. Memory: 8 MiB for all files, one leaf for each that is being read.
   * @throws BackupError `CORRUPT`, naming the object, and the file where the content is not what was backed up
   */
  content(file: FileRecord, options?: ReadContentOptions): ByteSource;
  /**
   * Records with the content of files, which is read ahead, decoded and compared on threads, several packs at a time: for who takes nearly all of it, one file after
   * another. The content of a file is that of `content` and fails as that does; it ends with the next record. Memory: 25 MiB.
   * @param records some or all of this backup
   */
  inOrder<Item extends StoredRecord>(
    records: AsyncIterable<Item>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): AsyncGenerator<ReadRecord<Item>, void, undefined>;
}

/**
 * @param storage the folder of the instance
 * @param root from the commit of the backup
 * @throws BackupError `CORRUPT`
 */
export async function openContent(
  storage: Storage,
  root: readonly ChunkRef[],
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ContentReader> {
  const maps = await ContentMaps.open(storage, root, signal);
  return {
    root: maps.root,
    records: (options = {}) => recordsOf(maps, options.signal),
    content: (file, options = {}) => contentOf(maps, file, options),
    inOrder: (wanted, options = {}) => readInOrder({ storage, maps, signal: options.signal }, wanted),
  };
}

async function* recordsOf(maps: ContentMaps, signal?: AbortSignal): AsyncGenerator<StoredRecord, void, undefined> {
  let part: PartRecord | undefined;
  for (const chunk of maps.root.chunks) {
    for (const record of await maps.records(chunk, signal)) {
      if (record.kind === 'part') {
        // Each chunk begins with the part that it goes on with.
        if (record.name === part?.name && record.oid === part.oid) continue;
        part = record;
      }
      yield record;
    }
  }
}

async function* contentOf(maps: ContentMaps, file: FileRecord, { offset = 0, signal }: ReadContentOptions): ByteSource {
  const blocks = blocksOf(file);
  let leaf: readonly LeafBlock[] = [];
  let held = -1;
  const last: LastChunk = {};
  for (let index = Math.floor(offset / file.blockBytes); index < blocks; index += 1) {
    signal?.throwIfAborted();
    const number = Math.floor(index / leafBlocks);
    if (number !== held) {
      leaf = (await maps.leaf(file, number, signal)).blocks;
      held = number;
    }
    const from = index * file.blockBytes;
    const length = blockLength(file, index);
    const block = leaf[index % leafBlocks] ?? 'zeros';
    const content = block === 'zeros' ? zerosOf(length) : await storedContent(maps, file, from, block, last, signal);
    yield content.subarray(Math.max(0, offset - from));
  }
}
