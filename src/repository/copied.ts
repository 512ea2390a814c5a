import { encodeSealed } from '../storage/sealed-json.ts';
import { putIfAbsent } from '../storage/small-object.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { isId } from './names.ts';

/** Says that a backup was copied into this repository: one that is there no longer expired there, and is not copied again. */
export interface Copied {
  /** Its id. */
  readonly backup: string;
  /** Id of the repository that it came from. */
  readonly from: string;
}

const copiedFolder = 'copied/';

function copiedObject({ backup, from }: Copied): string {
  return `${copiedFolder}${from}/${backup}.json`;
}

/** What an object of that name says. */
export function parseCopiedName(name: string): Copied | undefined {
  const [, from, backup] = /^copied\/([^/]+)\/([^/]+)\.json$/.exec(name) ?? [];
  return isId(from) && isId(backup) ? { from, backup } : undefined;
}

export async function putCopied(storage: Storage, copied: Copied, options: StorageOptions = {}): Promise<void> {
  const { backup, from: repository } = copied;
  const at = new Date().toISOString();
  await putIfAbsent(storage, copiedObject(copied), encodeSealed({ format: 1, backup, repository, at }), options);
}

/** All of them, by their names alone. */
export async function listCopied(storage: Storage, options: StorageOptions = {}): Promise<Copied[]> {
  const found: Copied[] = [];
  for await (const { name } of storage.list(copiedFolder, options)) {
    const copied = parseCopiedName(name);
    if (copied !== undefined) found.push(copied);
  }
  return found;
}

/** For a backup that the repository which it came from has no longer: there is nothing to be copied again. */
export async function deleteCopied(storage: Storage, copied: Copied, options: StorageOptions = {}): Promise<void> {
  await storage.delete(copiedObject(copied), options);
}
