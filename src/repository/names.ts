import { randomBytes } from 'node:crypto';

/** 16 random bytes as 32 lower-case hex digits: of a repository, a backup, a key, a hold. */
export function newId(): string {
  return randomBytes(16).toString('hex');
}

export function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{32}$/.test(value);
}

/**
 * The name of a backup for people, `YYYYMMDDTHHMMSSZ-ID`.
 * @param startedAt ISO 8601 in UTC
 */
export function backupName(startedAt: string, id: string): string {
  return `${startedAt.slice(0, 19).replaceAll(/[-:]/g, '')}Z-${id}`;
}

export function isBackupName(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{32}$/.test(value);
}

/** The commit or tombstone of a backup, below the instance. @param backup its id, as in all names of objects */
export function commitObject(backup: string): string {
  return `commits/${backup}.json`;
}

export function removalObject(backup: string): string {
  return `removals/${backup}.json`;
}

/** The id in `FOLDER/ID.json`; undefined where it is another name. */
export function idIn(folder: string, name: string): string | undefined {
  if (!name.startsWith(folder) || !name.endsWith('.json')) return undefined;
  const id = name.slice(folder.length, -'.json'.length);
  return isId(id) ? id : undefined;
}

export function isInstanceName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name) && !name.endsWith('.');
}
