import { isDamage } from '../packs/damage.ts';
import { identityObject, type Instance, type InstanceIdentity } from '../repository/instance.ts';
import { identityOfCommits } from '../repository/lost-identity.ts';
import { instanceOf, openInstance } from '../repository/open-instance.ts';
import type { Repository } from '../repository/repository.ts';
import { decodeSealed } from '../storage/sealed-json.ts';
import { readSmallObject } from '../storage/small-object.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { cannotReplace } from './replace-object.ts';

/**
 * The instance that is copied into. An `instance.json` there that cannot be read counts as lost, where all commits there are of the server that is copied.
 * @throws BackupError `CORRUPT` where that is not so
 */
export async function openTarget(
  target: Repository,
  name: string,
  { systemIdentifier }: InstanceIdentity,
  options: StorageOptions,
): Promise<Instance> {
  try {
    return await openInstance(target, name, options);
  } catch (error) {
    if (!isDamage(error)) throw error;
    const instance = instanceOf(target, name);
    if (!(await hasUnreadableIdentity(instance.storage, options))) throw error;
    const identity = await identityOfCommits(instance.storage, name, options).catch((reason: unknown) => {
      throw isDamage(reason) ? error : reason;
    });
    if (identity.systemIdentifier !== systemIdentifier) throw error;
    return { ...instance, identity, isIdentityLost: true };
  }
}

/** Takes away the `instance.json` that `openTarget` counted as lost. @throws BackupError `CORRUPT` where it cannot be deleted */
export async function clearIdentity({ storage, isIdentityLost }: Instance, options: StorageOptions): Promise<void> {
  if (isIdentityLost !== true || !(await hasUnreadableIdentity(storage, options))) return;
  await storage.delete(identityObject, options).catch(cannotReplace(identityObject));
}

/** Not so where it can be read and says something else than it should: it may be that of another instance. */
async function hasUnreadableIdentity(storage: Storage, options: StorageOptions): Promise<boolean> {
  try {
    const bytes = await readSmallObject(storage, identityObject, options);
    if (bytes !== undefined) decodeSealed(bytes, identityObject);
    return false;
  } catch (error) {
    if (isDamage(error)) return true;
    throw error;
  }
}
