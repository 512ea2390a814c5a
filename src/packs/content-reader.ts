import type { ByteSource } from '../bytes/byte-reader.ts';
import { display } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Storage } from '../storage/storage.ts';
import { blockLength, blocksOf, leafBlocks } from './block-size.ts';
import { packName, type ChunkRef } from './chunk-ref.ts';
import { ContentMaps } from './content-maps.ts';
import { hashOf } from './block-hash.ts';
import type { LeafBlock, StoredBlock } from './leaf.ts';
import type { FileRecord, PartRecord, StoredRecord } from './record.ts';
import type { Root } from './root.ts';

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
   * the next one is asked for. Memory: 16 MiB for all files, one leaf for each that is being read.
   * @throws BackupError `CORRUPT`, naming the object, and the file where the content is not what was backed up
   */
  content(file: FileRecord, options?: ReadContentOptions): ByteSource;
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

let zeros: Uint8Array = new Uint8Array(0);

function zerosOf(length: number): Uint8Array {
  if (zeros.length < length) zeros = new Uint8Array(length);
  return zeros.subarray(0, length);
}

/** A chunk that was just read. */
interface LastChunk {
  chunk?: ChunkRef;
  content?: Uint8Array;
}

async function storedContent(
  maps: ContentMaps,
  file: FileRecord,
  offset: number,
  { hash, slices }: StoredBlock,
  last: LastChunk,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (const { chunk, start, length } of slices) {
    if (chunk !== undefined && last.chunk !== chunk) {
      last.content = await maps.chunks.read(chunk, signal);
      last.chunk = chunk;
    }
    const whole = chunk === undefined ? zerosOf(length) : last.content;
    if (whole !== undefined) pieces.push(whole.subarray(start, start + length));
  }
  const [only] = pieces;
  const content = only !== undefined && pieces.length === 1 ? only : Buffer.concat(pieces);
  if (hash === undefined || Buffer.compare(hashOf(content), hash) === 0) return content;
  const object = slices.flatMap(({ chunk }) => (chunk === undefined ? [] : [packName(chunk.pack)])).join(', ');
  throw new BackupError('CORRUPT', say('packs.wrong-block', { file: display(file.name), offset, object }));
}
