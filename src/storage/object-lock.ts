import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { LockTimes, Storage, StorageLock, StorageOptions } from './storage.ts';

/** What a locked object answers to whoever wants to delete it. @param untilMs ms since 1970 by the clock of the storage */
export function objectLocked(name: string, untilMs: number, storage: string): BackupError {
  const lockedUntil = new Date(untilMs).toISOString();
  return new BackupError('LOCKED', say('lock.object', { name, until: lockedUntil }), {
    hint: say('lock.object.hint'),
    context: { storage, lockedUntil },
    kind: 'object-locked',
    retryable: false,
  });
}

/** @returns until when it is locked, ms since 1970 by the clock of the storage: it is as it was. Undefined: it is deleted */
export async function deleteUnlessLocked(
  storage: Storage,
  name: string,
  options: StorageOptions = {},
): Promise<number | undefined> {
  try {
    await storage.delete(name, options);
    return undefined;
  } catch (error) {
    if (!(error instanceof BackupError) || error.kind !== 'object-locked') throw error;
    return Date.parse(String(error.context['lockedUntil']));
  }
}

/**
 * Deletes what does no harm where it stays: of an object that is locked, or that this account may not delete, nothing comes. `expire`, which another account may run, removes it later.
 * @returns whether it is gone
 */
export async function deleteIfAllowed(storage: Storage, name: string, options: StorageOptions = {}): Promise<boolean> {
  try {
    await storage.delete(name, options);
    return true;
  } catch (error) {
    if (error instanceof BackupError && (error.kind === 'object-locked' || error.code === 'AUTHENTICATION'))
      return false;
    throw error;
  }
}

/** Until when an object is locked at least by when it was stored, without asking for it; undefined: it has to be asked for. */
export function surelyLockedUntil({ lock }: Storage, storedAtMs: number | undefined): number | undefined {
  if (lock === undefined || storedAtMs === undefined) return undefined;
  const untilMs = storedAtMs + lock.lockedForMs;
  return untilMs > lock.nowMs ? untilMs : undefined;
}

/** The lock of a storage whose objects have other names here. Undefined where it has none. */
export function renamedLock(
  lock: StorageLock | undefined,
  storedName: (name: string) => string,
): StorageLock | undefined {
  if (lock === undefined) return undefined;
  return {
    lockedForMs: lock.lockedForMs,
    get nowMs() {
      return lock.nowMs;
    },
    lockedUntil: (name, options) => lock.lockedUntil(storedName(name), options),
    extend: (name: string, times: LockTimes, options) => lock.extend(storedName(name), times, options),
  };
}
