import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';

/** Name of the companion in the data directory of a backup, and in its base archive. */
export const companionFileName = 'gausskeep.json';

/**
 * What a backup must say of itself that a PostgreSQL manifest has no field for. Only a backup that lacks something has
 * one; the manifest lists it like any other file, so that it is covered by the same checksums. Format: docs/design/manifest.md.
 */
export interface Companion {
  /** Files of the server that are not in the backup: names or patterns relative to the data directory. */
  readonly missingFiles: readonly string[];
}

const formatVersion = 1;

export function encodeCompanion({ missingFiles }: Companion): Buffer {
  return Buffer.from(`${JSON.stringify({ format: formatVersion, missingFiles }, undefined, 2)}\n`);
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
  return { missingFiles: value.missingFiles };
}

function isCompanion(value: unknown): value is Companion {
  if (typeof value !== 'object' || value === null || !('format' in value) || !('missingFiles' in value)) return false;
  const { format, missingFiles } = value;
  return (
    format === formatVersion && Array.isArray(missingFiles) && missingFiles.every((name) => typeof name === 'string')
  );
}
