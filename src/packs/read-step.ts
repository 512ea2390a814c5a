import { blockLength, blocksOf, leafBlocks } from './block-size.ts';
import type { ChunkRef } from './chunk-ref.ts';
import type { ContentMaps } from './content-maps.ts';
import { endOfRun, type LeafBlock, type StoredBlock } from './leaf.ts';
import type { FileRecord, StoredRecord } from './record.ts';

/** What a reader comes by, one after another: a record, then what its file holds. */
export type ReadStep<Item extends StoredRecord> =
  | { readonly kind: 'record'; readonly record: Item }
  | { readonly kind: 'zeros'; readonly length: number }
  | BlockStep
  /** What comes next of the file, or of all, cannot be read. */
  | { readonly kind: 'failure'; readonly of: 'file' | 'all'; readonly error: unknown };

/** Blocks one behind the other. */
export interface BlockStep {
  readonly kind: 'blocks';
  readonly file: FileRecord;
  /** Of the first block in the file. */
  readonly offset: number;
  readonly blocks: readonly StoredBlock[];
  /** Of all of them. */
  readonly length: number;
  /** Where they are one behind the other too; undefined: not all in one chunk, or not all with a hash. */
  readonly place: { readonly chunk: ChunkRef; readonly start: number } | undefined;
}

/** The steps of some records. What fails is a step: who looks ahead must not tell it before its turn. */
export async function* stepsOf<Item extends StoredRecord>(
  maps: ContentMaps,
  records: AsyncIterable<Item>,
  signal: AbortSignal,
): AsyncGenerator<ReadStep<Item>, void, undefined> {
  try {
    for await (const record of records) {
      signal.throwIfAborted();
      yield { kind: 'record', record };
      if (record.kind === 'file') yield* stepsOfFile(maps, record, signal);
    }
  } catch (error) {
    yield { kind: 'failure', of: 'all', error };
  }
}

async function* stepsOfFile(
  maps: ContentMaps,
  file: FileRecord,
  signal: AbortSignal,
): AsyncGenerator<ReadStep<never>, void, undefined> {
  const blocks = blocksOf(file);
  for (let first = 0; first < blocks; first += leafBlocks) {
    signal.throwIfAborted();
    let leaf: readonly LeafBlock[];
    try {
      leaf = (await maps.leaf(file, first / leafBlocks, signal)).blocks;
    } catch (error) {
      yield { kind: 'failure', of: 'file', error };
      return;
    }
    yield* stepsOfLeaf(file, first, leaf);
  }
}

/** @param first number of the first block of the leaf */
function* stepsOfLeaf(
  file: FileRecord,
  first: number,
  leaf: readonly LeafBlock[],
): Generator<ReadStep<never>, void, undefined> {
  for (let from = 0; from < leaf.length;) {
    const to = endOfRun(leaf, from);
    const offset = (first + from) * file.blockBytes;
    const length = (to - from - 1) * file.blockBytes + blockLength(file, first + to - 1);
    const blocks = leaf.slice(from, to).filter((block) => block !== 'zeros');
    if (blocks.length === 0) yield { kind: 'zeros', length };
    else yield { kind: 'blocks', file, offset, blocks, length, place: placeOf(blocks, length) };
    from = to;
  }
}

/** Of a run. */
function placeOf([first]: readonly StoredBlock[], length: number): BlockStep['place'] {
  const [slice] = first?.slices ?? [];
  if (slice?.chunk === undefined || first?.slices.length !== 1 || first.hash === undefined) return undefined;
  const { chunk, start } = slice;
  return start + length <= chunk.rawBytes ? { chunk, start } : undefined;
}
