import { renameSync, unlinkSync, writeFileSync } from 'node:fs';
import type { ByteString } from '../bytes/byte-string.ts';
import { systemCodeOf } from '../errors/backup-error.ts';
import { fileFailure } from '../files/failure.ts';
import { isLockName } from '../files/lock-directory.ts';
import { readRegular } from '../files/open-regular.ts';
import { fsPath, joinPath } from '../files/path.ts';
import { newLinkName } from '../files/replace-link.ts';
import { formatLsn } from '../wal/lsn.ts';
import type { UnfinishedRestore } from './facts.ts';
import type { SourceFacts } from '../backup-source/source-facts.ts';

/** In each directory that a restore fills, from its first file to its last; so another run can go on or replace it. */
export const markerName = '.gausskeep.restore';
const newMarkerName = `${markerName}.new`;

/** Entries by which a restore tells what is its own; a directory with nothing else is as good as empty. */
export function isOursInRestore(name: string): boolean {
  return isLockName(name) || name === markerName || name === newMarkerName || name === newLinkName;
}

/** Says in the directory that a restore of this backup has begun. It appears with its content or not at all. */
export function writeMarker(directory: ByteString, source: SourceFacts): void {
  const path = joinPath(directory, markerName);
  const temporary = joinPath(directory, newMarkerName);
  const { systemIdentifier } = source;
  const text = JSON.stringify({ systemIdentifier: systemIdentifier?.toString(), backup: nameOf(source) });
  try {
    writeFileSync(fsPath(temporary), `${text}\n`, { mode: 0o600 });
    renameSync(fsPath(temporary), fsPath(path));
  } catch (error) {
    try {
      unlinkSync(fsPath(temporary));
    } catch {
      // The failure before is the one to tell, and the name says whose it is.
    }
    throw fileFailure('create', path, error);
  }
}

export function removeMarker(directory: ByteString): void {
  const path = joinPath(directory, markerName);
  try {
    unlinkSync(fsPath(path));
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw fileFailure('remove', path, error);
  }
}

/** What the marker says; older releases wrote the system identifier alone, or nothing where they did not know it. */
export function readMarker(directory: ByteString): UnfinishedRestore | undefined {
  let text: string;
  try {
    text = readRegular(fsPath(joinPath(directory, markerName)))
      .toString('utf8')
      .trim();
  } catch {
    return undefined;
  }
  if (/^\d{1,20}$/.test(text)) return { systemIdentifier: BigInt(text), backup: undefined };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const { systemIdentifier, backup } = (typeof value === 'object' && value !== null ? value : {}) as Record<
    string,
    unknown
  >;
  const isNumber = typeof systemIdentifier === 'string' && /^\d{1,20}$/.test(systemIdentifier);
  return {
    systemIdentifier: isNumber ? BigInt(systemIdentifier) : undefined,
    backup: typeof backup === 'string' ? backup : undefined,
  };
}

/** Whether a restore of this backup, or of another one of its instance, can go on with what that run left. */
export function canContinue(unfinished: UnfinishedRestore, source: SourceFacts): boolean {
  if (unfinished.backup === nameOf(source)) return true;
  if (unfinished.systemIdentifier !== undefined && source.systemIdentifier !== undefined) {
    return unfinished.systemIdentifier === source.systemIdentifier;
  }
  // A marker of an older release that does not know.
  return unfinished.systemIdentifier === undefined && unfinished.backup === undefined;
}

/**
 * Tells backups apart where the system identifier stands at the end of an archive only (no manifest, or its version 1).
 * Their first file, backup_label, is read in any case.
 */
function nameOf({ label }: SourceFacts): string {
  const { startTimeline, startLsn, checkpointLsn, startTime } = label;
  return [startTimeline, formatLsn(startLsn), formatLsn(checkpointLsn), startTime, label.label].join(' ');
}
