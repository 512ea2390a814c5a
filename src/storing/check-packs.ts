import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { packName } from '../packs/chunk-ref.ts';
import type { RootPack } from '../packs/pack-table.ts';
import type { Instance } from '../repository/instance.ts';
import type { StorageOptions } from '../storage/storage.ts';

/**
 * Every pack of earlier backups that a new one refers to, as it is right before the commit.
 * @throws BackupError `CORRUPT` when one is not there, or of another size
 */
export async function checkPacks(
  { storage }: Pick<Instance, 'storage'>,
  packs: readonly RootPack[],
  options: StorageOptions,
): Promise<void> {
  const wanted = new Map<string, Map<string, number>>();
  for (const { pack, sizeBytes } of packs) {
    const name = packName(pack);
    const folder = name.slice(0, name.indexOf('/', 'packs/'.length) + 1);
    const ofFolder = wanted.get(folder) ?? new Map<string, number>();
    wanted.set(folder, ofFolder.set(name, sizeBytes));
  }
  for (const [folder, sizes] of wanted) {
    for await (const { name, sizeBytes } of storage.list(folder, options)) {
      if (sizes.get(name) === sizeBytes) sizes.delete(name);
    }
    const [missing] = sizes.keys();
    if (missing === undefined) continue;
    throw new BackupError('CORRUPT', say('storing.pack-missing', { name: missing, count: sizes.size }), {
      hint: say('storing.pack-missing.hint'),
      context: { repository: storage.description },
    });
  }
}
