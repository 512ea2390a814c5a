import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';

/** Name of the companion in the data directory of a backup, and in its base archive. */
export const companionFileName = 'gausskeep.json';

/**
 * What a backup must say of itself that a PostgreSQL manifest has no field for. Only a backup that lacks something, or has
 * moved a tablespace, has one; the manifest lists it like any other file, so that it is covered by the same checksums. Format: docs/design/manifest.md.
 */
export interface Companion {
  /** Files of the server that are not in the backup: names or patterns relative to the data directory. */
  readonly missingFiles: readonly string[];
  /** Where the server had tablespaces that a plain backup has elsewhere: absolute paths. */
  readonly tablespaces?: readonly OriginalTablespace[] | undefined;
}

export interface OriginalTablespace {
  readonly oid: number;
  readonly location: string;
}

const formatVersion = 1;

export function encodeCompanion({ missingFiles, tablespaces }: Companion): Buffer {
  return Buffer.from(`${JSON.stringify({ format: formatVersion, missingFiles, tablespaces }, undefined, 2)}\n`);
}

/** @throws BackupError `CORRUPT` unless it is a companion of this or an earlier format; fields that are not known are passed over */
export function decodeCompanion(bytes: Uint8Array): Companion {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw new BackupError('CORRUPT', say('manifest.bad-companion'), { cause: error });
  }
  if (!isCompanion(value)) throw new BackupError('CORRUPT', say('manifest.bad-companion'));
  const { missingFiles } = value;
  const tablespaces = 'tablespaces' in value ? originals(value.tablespaces) : undefined;
  return tablespaces === undefined ? { missingFiles } : { missingFiles, tablespaces };
}

function originals(value: unknown): OriginalTablespace[] {
  if (!Array.isArray(value) || !value.every(isOriginal))
    throw new BackupError('CORRUPT', say('manifest.bad-companion'));
  return value;
}

function isOriginal(value: unknown): value is OriginalTablespace {
  if (typeof value !== 'object' || value === null || !('oid' in value) || !('location' in value)) return false;
  return Number.isInteger(value.oid) && typeof value.location === 'string' && value.location.startsWith('/');
}

function isCompanion(value: unknown): value is Companion {
  if (typeof value !== 'object' || value === null || !('format' in value) || !('missingFiles' in value)) return false;
  const { format, missingFiles } = value;
  return (
    format === formatVersion && Array.isArray(missingFiles) && missingFiles.every((name) => typeof name === 'string')
  );
}
