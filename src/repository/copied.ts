import { encodeSealed } from '../storage/sealed-json.ts';
import { putIfAbsent } from '../storage/small-object.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { isId } from './names.ts';

/** Says that a backup was copied into this repository, or is about to be. */
export interface Copied {
  /** Its id. */
  readonly backup: string;
  /** Id of the repository that it came from. */
  readonly from: string;
}

/** What is said of copied backups. */
export interface CopiedBackups {
  readonly records: readonly Copied[];
  /** Ids of those that retention removed here: they are not copied again. Without that, one that is not there was lost. */
  readonly expired: ReadonlySet<string>;
}

const copiedFolder = 'copied/';

function copiedObject({ backup, from }: Copied): string {
  return `${copiedFolder}${from}/${backup}.json`;
}

function expiredObject({ backup, from }: Copied): string {
  return `${copiedFolder}${from}/${backup}.expired.json`;
}

/** What an object of that name says. */
export function parseCopiedName(name: string): (Copied & { readonly isExpired: boolean }) | undefined {
  const [, from, backup, expired] = /^copied\/([^/]+)\/([^/.]+)(\.expired)?\.json$/.exec(name) ?? [];
  return isId(from) && isId(backup) ? { from, backup, isExpired: expired !== undefined } : undefined;
}

/** Before the commit: what has one was copied, whatever happens then. */
export async function putCopied(storage: Storage, copied: Copied, options: StorageOptions = {}): Promise<void> {
  await putIfAbsent(storage, copiedObject(copied), encode(copied), options);
}

/** Says that retention removed it here, before the removal of it is deleted, which said so until then. */
export async function putExpired(storage: Storage, copied: Copied, options: StorageOptions = {}): Promise<void> {
  await putIfAbsent(storage, expiredObject(copied), encode(copied), options);
}

function encode({ backup, from: repository }: Copied): Buffer {
  return encodeSealed({ format: 1, backup, repository, at: new Date().toISOString() });
}

/** All of it, by names alone. */
export async function listCopied(storage: Storage, options: StorageOptions = {}): Promise<CopiedBackups> {
  const records: Copied[] = [];
  const expired = new Set<string>();
  for await (const { name } of storage.list(copiedFolder, options)) {
    const copied = parseCopiedName(name);
    if (copied === undefined) continue;
    const { backup, from, isExpired } = copied;
    if (isExpired) expired.add(backup);
    else records.push({ backup, from });
  }
  return { records, expired };
}

/** For a backup that the repository which it came from has no longer: there is nothing to be copied again. */
export async function deleteCopied(storage: Storage, copied: Copied, options: StorageOptions = {}): Promise<void> {
  await storage.delete(expiredObject(copied), options);
  await storage.delete(copiedObject(copied), options);
}
