import { isDamage } from '../packs/damage.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { readReceipt, walFolder } from '../wal-archive/archive-wal.ts';
import { generationNumbers, type Generation } from '../wal-archive/generation.ts';
import { readSegmentFolder, segmentFolders } from '../wal-archive/segment-folder.ts';
import { isEqual } from './mend-segment.ts';

/**
 * Whether what lies in a storage is WAL of this archive, by receipts alone: of each generation that has some, the newest segment of which both have one that can be read has one content, and there is such a
 * generation. Each segment links to the one before, so that what lies before is the same line; what comes after is compared when it is copied.
 */
export async function isSameByReceipts(
  source: Storage,
  target: Storage,
  generations: readonly Generation[],
  options: StorageOptions,
): Promise<boolean> {
  let isProven = false;
  for await (const number of generationNumbers(target, options)) {
    if (!generations.some((one) => one.number === number)) return false;
    const isSame = await compareNewest(source, target, number, options);
    if (isSame === false) return false;
    isProven ||= isSame === true;
  }
  return isProven;
}

/** Undefined: there is none that both have. */
async function compareNewest(
  source: Storage,
  target: Storage,
  generation: number,
  options: StorageOptions,
): Promise<boolean | undefined> {
  const { folders } = await segmentFolders(target, walFolder(generation), options);
  for (const folder of folders.toReversed()) {
    const { segments } = await readSegmentFolder(target, folder, options);
    for (const { name, receipt } of [...segments.values()].toReversed()) {
      if (receipt === undefined || name.endsWith('.partial')) continue;
      const [there, here] = await Promise.all([
        readReceipt(target, generation, name, options).catch(nothingIfDamaged),
        readReceipt(source, generation, name, options).catch(nothingIfDamaged),
      ]);
      if (there !== undefined && here !== undefined) return isEqual(there, here);
    }
  }
  return undefined;
}

function nothingIfDamaged(error: unknown): undefined {
  if (isDamage(error)) return undefined;
  throw error;
}
