import { randomBytes } from 'node:crypto';

/** 16 random bytes as 32 lower-case hex digits: of a repository, a backup, a key, a hold. */
export function newId(): string {
  return randomBytes(16).toString('hex');
}

export function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{32}$/.test(value);
}

/**
 * The name of a backup, `YYYYMMDDTHHMMSSZ-ID`.
 * @param startedAt ISO 8601 in UTC
 */
export function backupName(startedAt: string, id: string): string {
  return `${startedAt.slice(0, 19).replaceAll(/[-:]/g, '')}Z-${id}`;
}

export function isBackupName(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{32}$/.test(value);
}

/** The id in a backup's name: what its packs are called by. */
export function idOfBackup(backup: string): string {
  return backup.slice(-32);
}

/** Name of a backup's commit or tombstone, below the instance. */
export function commitObject(backup: string): string {
  return `commits/${backup}.json`;
}

export function isInstanceName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name);
}
