import { checkBlocks } from '../packs/check-blocks.ts';
import { BlockList } from '../packs/block-list.ts';
import { ChunkReader } from '../packs/chunk-reader.ts';
import type { PackId } from '../packs/chunk-ref.ts';
import { BlockCollector } from '../packs/collect-blocks.ts';
import { ContentMaps } from '../packs/content-maps.ts';
import type { Storage } from '../storage/storage.ts';
import type { PackReading } from './read-before.ts';
import { areMapsReadable, type SurveyedInstance } from './stored-survey.ts';

/** So many packs are read at a time. */
const lanes = 3;

export interface ReadContentOptions {
  readonly signal: AbortSignal;
  /** Told of each pack when all that backups are known to use of it was read. */
  readonly onRead: (pack: PackId, result: PackReading) => void;
  /** Blocks that are listed at a time. */
  readonly mostBlocks?: number | undefined;
}

/**
 * Reads what the backups of an instance use of some packs, each chunk once whichever of them use it, and compares every block that has one with its hash. What is wrong goes to
 * `damaged` of the survey. Memory: some 100 MiB at most; when there are more blocks than that the maps of the backups are read several times.
 * @param packs in the order in which they are to be read
 * @throws BackupError when the storage fails
 */
export async function readContent(
  { instance: { storage }, backups, damaged }: SurveyedInstance,
  packs: readonly PackId[],
  { signal, onRead, mostBlocks }: ReadContentOptions,
): Promise<void> {
  for (let left = packs; left.length > 0;) {
    const list = new BlockList(left, mostBlocks);
    const collector = new BlockCollector(list, damaged);
    for (const backup of backups) {
      signal.throwIfAborted();
      if (!backup.isReadable) continue;
      const maps = await ContentMaps.open(storage, backup.commit.root, signal);
      const { isWhole, unhashed } = await collector.take(maps, { signal });
      if (!isWhole) backup.hasDamagedMaps = true;
      backup.unhashed = unhashed;
    }
    // What is damaged there may have named more.
    const isWhole = backups.every(areMapsReadable);
    const ready = list.packs;
    await inLanes(storage, ready, signal, async (pack, chunks, laneSignal) => {
      const count = await checkBlocks(chunks, list, pack, { damaged, signal: laneSignal });
      onRead(pack, damaged.has(pack) ? 'damaged' : count === 0 ? 'nothing' : isWhole ? 'sound' : 'partly');
    });
    left = left.slice(ready.length);
  }
}

/** The first that fails ends the others. */
async function inLanes(
  storage: Storage,
  packs: readonly PackId[],
  signal: AbortSignal,
  work: (pack: PackId, chunks: ChunkReader, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const waiting = packs.values();
  const lane = async (): Promise<void> => {
    const chunks = new ChunkReader(storage, 0);
    for (const pack of waiting) await work(pack, chunks, either);
  };
  const running = Array.from({ length: lanes }, lane);
  try {
    await Promise.all(running);
  } catch (error) {
    stop.abort();
    await Promise.allSettled(running);
    throw error;
  }
}
