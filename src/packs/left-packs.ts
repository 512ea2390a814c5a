import { PackTable, type RootPack } from './pack-table.ts';
import type { Root } from './root.ts';

/** A pack shorter than this is small. */
const smallBytes = 1024 * 1024;
/** A backup may use so many small ones. */
const mostSmall = 256;

/**
 * The packs that a backup leaves: what is equal to the prior but lies in them is stored again. Those of which the prior uses
 * little, so that they can be removed some day. See `Blocks` in docs/design/repository.md.
 */
export function packsToLeave({ packs, newRawBytes }: Root): PackTable<RootPack> {
  const used = packs.entries.reduce((sum, { usedBytes }) => sum + usedBytes, 0);
  const left = new PackTable<RootPack>();
  let room = Math.min(used / 20, newRawBytes);
  const leave = (candidates: readonly RootPack[]): void => {
    for (const entry of candidates.toSorted((a, b) => a.usedBytes - b.usedBytes)) {
      if (entry.usedBytes > room) return;
      if (left.get(entry.pack) !== undefined) continue;
      room -= entry.usedBytes;
      left.add(entry);
    }
  };
  leave(packs.entries.filter(({ usedBytes, rawBytes }) => 4 * usedBytes < rawBytes));
  const small = packs.entries.filter(({ sizeBytes }) => sizeBytes < smallBytes);
  if (small.length > mostSmall) leave(small);
  return left;
}
