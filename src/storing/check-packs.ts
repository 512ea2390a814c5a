import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { missingPacks } from '../packs/missing-packs.ts';
import type { StoredPack } from '../packs/pack-writer.ts';
import type { Instance } from '../repository/instance.ts';
import type { StorageOptions } from '../storage/storage.ts';

/**
 * Every pack that a new backup refers to, as it is right before the commit.
 * @throws BackupError `CORRUPT` when one is not there, or of another size
 */
export async function checkPacks(
  { storage }: Pick<Instance, 'storage'>,
  packs: readonly StoredPack[],
  options: StorageOptions,
): Promise<void> {
  const [lost, ...others] = await missingPacks(storage, packs, options);
  if (lost === undefined) return;
  throw new BackupError('CORRUPT', say('storing.pack-missing', { name: lost.object, count: others.length + 1 }), {
    hint: say('storing.pack-missing.hint'),
    context: { repository: storage.description },
  });
}
