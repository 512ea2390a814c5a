import type { BackupError } from '../errors/backup-error.ts';
import { openContent } from '../packs/content-reader.ts';
import { isDamage } from '../packs/damage.ts';
import type { StoredPack } from '../packs/pack-writer.ts';
import type { Commit } from '../repository/commit.ts';
import type { StorageOptions } from '../storage/storage.ts';
import type { CopyWay } from './announce-copies.ts';

/** All packs that a backup needs which both repositories have: by its root in the source, or where that cannot be read in the target. @param options `onUnreadable` is told why that of the source cannot be. @throws BackupError `CORRUPT` when neither can be read */
export async function neededPacks(
  { source, target }: Pick<CopyWay, 'source' | 'target'>,
  { root, rootPacks }: Commit,
  { signal, onUnreadable }: StorageOptions & { readonly onUnreadable?: (error: BackupError) => void },
): Promise<StoredPack[]> {
  const content = await openContent(source, root, { signal }).catch((error: unknown) => {
    if (!isDamage(error)) throw error;
    onUnreadable?.(error);
    return openContent(target, root, { signal });
  });
  return [...content.root.packs.entries, ...rootPacks];
}
