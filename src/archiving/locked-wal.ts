import { surelyLockedUntil } from '../storage/object-lock.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';

/** A WAL file that is to go, and the objects that it consists of, in the order in which they are removed. */
export interface WalRemoval {
  readonly name: string;
  readonly stored: readonly string[];
  /** Of all these objects together; those of a receiver are not counted. */
  readonly sizeBytes: number;
  /** When its receipt was stored, ms since 1970 by the clock of the storage; undefined: it has none, or that is not told. */
  readonly receiptStoredAtMs: number | undefined;
}

/** WAL that is not needed and cannot be deleted yet. */
export interface LockedRemoval extends Pick<WalRemoval, 'name' | 'sizeBytes'> {
  /** Until when it is locked at least, ms since 1970 by the clock of the storage. */
  readonly untilMs: number;
}

/** Parts what is to be removed: what may be deleted, and what is locked. Its receipt decides, which was put last. */
export async function partLockedWal(
  storage: Storage,
  removals: readonly WalRemoval[],
  options: StorageOptions = {},
): Promise<{ readonly removals: readonly WalRemoval[]; readonly locked: readonly LockedRemoval[] }> {
  const { lock } = storage;
  if (lock === undefined) return { removals, locked: [] };
  const free: WalRemoval[] = [];
  const locked: LockedRemoval[] = [];
  for (const removal of removals) {
    const { name, sizeBytes, stored, receiptStoredAtMs } = removal;
    const sure = surelyLockedUntil(storage, receiptStoredAtMs);
    const untilMs = sure ?? (await lock.lockedUntil(stored[0] ?? '', options));
    if (untilMs === undefined) free.push(removal);
    else locked.push({ name, sizeBytes, untilMs });
  }
  return { removals: free, locked };
}
