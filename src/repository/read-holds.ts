import { BackupError } from '../errors/backup-error.ts';
import { deleteIfAllowed } from '../storage/object-lock.ts';
import { readSmallObject } from '../storage/small-object.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { decodeHold, holdsFolder, parseHoldName, type Hold } from './hold.ts';

/** A hold is live while its newest renewal is younger, by the storage's clock. */
const liveForMs = 24 * 60 * 60 * 1000;

interface StoredHold extends Pick<Hold, 'backup' | 'run'> {
  /** When its newest renewal was stored, ms since 1970 by the clock of the storage; where that tells none, of the host. */
  readonly storedAtMs: number;
  /** The same of the oldest one: since when there is the hold. */
  readonly sinceMs: number;
  /** Its renewals, oldest first. */
  readonly objects: readonly string[];
}

export type ListedHold = Hold & StoredHold;

/** A hold whose newest renewal cannot be read: nobody knows what it is for. */
export interface DamagedHold extends StoredHold {
  readonly error: BackupError;
}

export interface HoldsFound {
  readonly holds: readonly ListedHold[];
  readonly damaged: readonly DamagedHold[];
  /** Names in their folder that are none of ours. */
  readonly foreign: readonly string[];
}

/**
 * All holds, live or not. @param backup only those on this one
 * @throws BackupError `REPOSITORY_VERSION` when one is of a newer format
 */
export async function readHolds(
  storage: Storage,
  { backup, ...options }: StorageOptions & { readonly backup?: string } = {},
): Promise<HoldsFound> {
  const foreign: string[] = [];
  // Of one run there may be several: a copy has one on each backup.
  const folders = new Map<string, { name: string; storedAtMs: number | undefined }[]>();
  for await (const object of storage.list(backup === undefined ? holdsFolder : `${holdsFolder}${backup}/`, options)) {
    const of = parseHoldName(object.name);
    if (of === undefined) {
      foreign.push(object.name);
      continue;
    }
    const folder = `${of.backup}/${of.run}`;
    folders.set(folder, [...(folders.get(folder) ?? []), object]);
  }
  const holds: ListedHold[] = [];
  const broken: DamagedHold[] = [];
  for (const renewals of folders.values()) {
    const read = await readNewest(storage, renewals, options);
    if (read === undefined) continue;
    if ('error' in read) broken.push(read);
    else holds.push(read);
  }
  return { holds, damaged: broken, foreign };
}

/** Undefined when it was released meanwhile. */
async function readNewest(
  storage: Storage,
  renewals: readonly { readonly name: string; readonly storedAtMs: number | undefined }[],
  options: StorageOptions,
): Promise<ListedHold | DamagedHold | undefined> {
  const newest = renewals.at(-1);
  const of = newest === undefined ? undefined : parseHoldName(newest.name);
  if (newest === undefined || of === undefined) return undefined;
  const objects = renewals.map(({ name }) => name);
  const { backup, run } = of;
  try {
    const bytes = await readSmallObject(storage, newest.name, options);
    if (bytes === undefined) return undefined;
    const hold = decodeHold(bytes, newest.name, of);
    const storedAtMs = newest.storedAtMs ?? Date.parse(hold.at);
    return { ...hold, storedAtMs, sinceMs: renewals[0]?.storedAtMs ?? storedAtMs, objects };
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'CORRUPT') throw error;
    const storedAtMs = newest.storedAtMs ?? Date.now();
    return { backup, run, storedAtMs, sinceMs: renewals[0]?.storedAtMs ?? storedAtMs, objects, error };
  }
}

/** @param nowMs by the storage's clock */
export function isLive(hold: ListedHold | DamagedHold, nowMs: number): boolean {
  // A copy that was interrupted is taken up by the next one, whenever that comes.
  return ('kind' in hold && hold.kind === 'copy') || nowMs < liveUntil(hold);
}

/** From when on it counts no more unless it is renewed, ms since 1970 by the storage's clock. */
export function liveUntil({ storedAtMs }: Pick<ListedHold, 'storedAtMs'>): number {
  return storedAtMs + liveForMs;
}

/**
 * Deletes a hold. Oldest renewal first: whoever lists meanwhile sees it as young as it is, or not at all. One that is locked, or that this account may not delete, stays: it dies by itself.
 * @returns whether it is gone
 */
export async function deleteHold(
  storage: Storage,
  objects: readonly string[],
  options: StorageOptions = {},
): Promise<boolean> {
  for (const name of objects) if (!(await deleteIfAllowed(storage, name, options))) return false;
  return true;
}
