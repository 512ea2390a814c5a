import { BackupError } from '../errors/backup-error.ts';
import type { StorageOptions } from '../storage/storage.ts';
import { hashOf } from './block-hash.ts';
import type { BlockList } from './block-list.ts';
import type { ChunkReader } from './chunk-reader.ts';
import type { PackId } from './chunk-ref.ts';
import { isDamage } from './damage.ts';
import type { DamagedBlocks } from './damaged-blocks.ts';

/**
 * Reads the listed chunks of a pack, each once, and compares the hash of each listed block. What is wrong goes to `damaged`.
 * @returns how many chunks there were
 * @throws BackupError when the storage fails
 */
export async function checkBlocks(
  chunks: ChunkReader,
  list: BlockList,
  pack: PackId,
  { damaged, signal }: StorageOptions & { readonly damaged: DamagedBlocks },
): Promise<number> {
  let count = 0;
  for (const { chunk, blocks } of list.chunksOf(pack)) {
    signal?.throwIfAborted();
    count += 1;
    let content: Uint8Array;
    try {
      content = await chunks.read(chunk, signal);
    } catch (error) {
      // A header that became that of another format is damage too: what led here is of ours.
      const isUnreadable = isDamage(error) || (error instanceof BackupError && error.code === 'REPOSITORY_VERSION');
      if (!isUnreadable) throw error;
      damaged.addChunk(chunk, error.sentence);
      continue;
    }
    for (const block of blocks) {
      const { start, length, hash } = block;
      if (hash === undefined) continue;
      if (Buffer.compare(hashOf(content.subarray(start, start + length)), hash) !== 0) damaged.addBlock(chunk, block);
    }
  }
  return count;
}
