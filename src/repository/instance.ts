import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Place } from '../storage/place.ts';
import { damaged, encodeSealed } from '../storage/sealed-json.ts';
import { putIfAbsent, readSmallObject } from '../storage/small-object.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { Members } from './members.ts';
import { keepReserve } from './reserve.ts';

/** Whose backups an instance of a repository holds. */
export interface InstanceIdentity {
  readonly systemIdentifier: bigint;
  /** `openGauss`, `PostgreSQL`. */
  readonly product: string;
  /** ISO 8601 in UTC. */
  readonly createdAt: string;
}

/** A name that a user chose for one server and its successors by failover. */
export interface Instance {
  readonly name: string;
  /** Below `instances/NAME/`, framed, with clear names. */
  readonly storage: Storage;
  /** Stored names below a folder of it that are none of ours: in an encrypted repository listings pass them over. */
  readonly foreignNames: (folder: string, options?: StorageOptions) => AsyncIterable<string>;
  /** Its WAL archive: the path of a directory, there or not yet, where that is an ordinary one, else a storage. */
  readonly wal: Place;
  readonly isEncrypted: boolean;
  /** As it is stored: identity and keys of its repository. */
  readonly root?: Storage | undefined;
  /** Undefined: nothing was ever stored under that name. */
  readonly identity: InstanceIdentity | undefined;
  /** `instance.json` is missing, and `identity` is what all commits say. The next backup of that server puts it anew. */
  readonly isIdentityLost?: boolean | undefined;
}

/** Whose instance it is. */
export const identityObject = 'instance.json';

/** @throws BackupError `CORRUPT`, `REPOSITORY_VERSION` */
export async function readInstanceIdentity(
  storage: Storage,
  name: string,
  options: StorageOptions = {},
): Promise<InstanceIdentity | undefined> {
  const bytes = await readSmallObject(storage, identityObject, options);
  if (bytes === undefined) return undefined;
  const members = Members.of(bytes, identityObject);
  if (members.text('name') !== name) members.refuse();
  return {
    systemIdentifier: members.bigNumber('systemIdentifier'),
    product: members.text('product'),
    createdAt: members.time('createdAt'),
  };
}

/**
 * Gives the instance its identity where it has none; of several at once the first counts.
 * @throws BackupError `SYSTEM_MISMATCH` when it is that of another server
 */
export async function claimInstance(
  instance: Instance,
  { systemIdentifier, product }: Pick<InstanceIdentity, 'systemIdentifier' | 'product'>,
  options: StorageOptions = {},
): Promise<Instance & { readonly identity: InstanceIdentity }> {
  const { name, storage, isIdentityLost: isLost = false } = instance;
  if (instance.identity === undefined || isLost) {
    // What is known of a lost one comes first: nothing is put for another server.
    const known = instance.identity;
    if (known !== undefined) refuseOther(instance, known, systemIdentifier);
    const fields = {
      name,
      systemIdentifier: systemIdentifier.toString(),
      product: known?.product ?? product,
      createdAt: known?.createdAt ?? new Date().toISOString(),
    };
    await putIfAbsent(storage, identityObject, encodeSealed({ format: 1, ...fields }), options);
    await keepReserve(storage, options);
  }
  // What counts is what is there: another may have been quicker.
  const identity = await readInstanceIdentity(storage, name, options);
  if (identity === undefined) throw damaged(identityObject);
  refuseOther(instance, identity, systemIdentifier);
  return { ...instance, identity, isIdentityLost: false };
}

function refuseOther(
  { name, storage }: Instance,
  { systemIdentifier: expected }: InstanceIdentity,
  actual: bigint,
): void {
  if (expected === actual) return;
  throw new BackupError('SYSTEM_MISMATCH', say('repo.other-instance', { name, expected, actual }), {
    hint: say('repo.other-instance.hint'),
    context: { repository: storage.description },
  });
}
