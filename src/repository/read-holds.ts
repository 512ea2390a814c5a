import { BackupError } from '../errors/backup-error.ts';
import { readSmallObject } from '../storage/small-object.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { decodeHold, holdsFolder, type Hold } from './hold.ts';
import type { Instance } from './instance.ts';
import { isId } from './names.ts';
import type { DamagedObject } from './read-objects.ts';

/** A hold is live while its newest renewal is younger, by the storage's clock. */
const liveForMs = 24 * 60 * 60 * 1000;

export interface ListedHold extends Hold {
  /** When its newest renewal was stored, ms since 1970 by the clock of the storage; where that tells none, of the host. */
  readonly storedAtMs: number;
  /** Its renewals, oldest first. */
  readonly objects: readonly string[];
}

export interface HoldsFound {
  readonly holds: readonly ListedHold[];
  /** Holds none of whose renewals can be read: nobody knows what they are for. */
  readonly damaged: readonly DamagedObject[];
}

/** All holds, live or not. @throws BackupError `REPOSITORY_VERSION` when one is of a newer format */
export async function readHolds(
  { storage }: Pick<Instance, 'storage'>,
  options: StorageOptions = {},
): Promise<HoldsFound> {
  const renewals = new Map<string, { name: string; storedAtMs: number | undefined }[]>();
  for await (const { name, storedAtMs } of storage.list(holdsFolder, options)) {
    const [, id, renewal] = /^holds\/([^/]+)\/([^/]+)$/.exec(name) ?? [];
    if (!isId(id) || renewal === undefined || !/^[0-9]{6}\.json$/.test(renewal)) continue;
    renewals.set(id, [...(renewals.get(id) ?? []), { name, storedAtMs }]);
  }
  const holds: ListedHold[] = [];
  const damaged: DamagedObject[] = [];
  for (const [id, stored] of renewals) {
    const objects = stored.map(({ name }) => name);
    const read = await readNewest(storage, id, objects, options);
    if (read === undefined) continue;
    if ('error' in read) damaged.push(read);
    else holds.push({ ...read, storedAtMs: stored.at(-1)?.storedAtMs ?? Date.parse(read.at), objects });
  }
  return { holds, damaged };
}

/** The newest renewal that can be read: all say the same. Undefined when the hold was released meanwhile. */
async function readNewest(
  storage: Storage,
  id: string,
  objects: readonly string[],
  options: StorageOptions,
): Promise<Hold | DamagedObject | undefined> {
  let damaged: DamagedObject | undefined;
  for (const name of objects.toReversed()) {
    try {
      const bytes = await readSmallObject(storage, name, options);
      if (bytes !== undefined) return decodeHold(bytes, name, id);
    } catch (error) {
      if (!(error instanceof BackupError) || error.code !== 'CORRUPT') throw error;
      damaged ??= { name, error };
    }
  }
  return damaged;
}

/** @param nowMs by the storage's clock */
export function isLive(hold: Pick<ListedHold, 'storedAtMs'>, nowMs: number): boolean {
  return nowMs - hold.storedAtMs < liveForMs;
}

/** Deletes a hold. Oldest renewal first: whoever lists meanwhile sees it as young as it is, or not at all. */
export async function deleteHold(
  storage: Storage,
  objects: readonly string[],
  options: StorageOptions = {},
): Promise<void> {
  for (const name of objects) await storage.delete(name, options);
}
