import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import type { ServerFinding } from './server-finding.ts';

/** What is to be written, in bytes, by what it is. */
export interface SpaceParts {
  readonly files: bigint;
  readonly wal: bigint;
  readonly manifest: bigint;
}

/** A file system that is to take something. Sizes in bytes. */
export interface SpaceFacts {
  readonly path: string;
  readonly freeBytes: bigint;
  /** False: what is written may take less there. Default true. */
  readonly storesAsWritten?: boolean | undefined;
  /** Undefined: not known how much. */
  readonly needed: SpaceParts | undefined;
  /** `needed.files` is the server's estimate, which may be too high. Default false. */
  readonly isEstimate?: boolean | undefined;
}

/** What the place is to take; `copy`: a restore of a backup whose size is known, without WAL `files`. */
export type SpaceUse = 'backup' | 'restore' | 'copy' | 'files' | 'recovery';

/** What is written while the backup runs comes on top. */
const spareShare = 10n;

/** Of the server's estimate, in percent, what a backup takes at least: headers of members count in it, and files are removed meanwhile. */
const certainPercent = 90n;

const mebibyte = 1024n ** 2n;

/** More than the manifest of a small instance takes; that of a large one is nothing beside its files. */
const manifestBytes = mebibyte;

/**
 * What a backup takes at least, uncompressed. However short it is, it takes one segment of WAL: it begins at the beginning of one.
 * @param takesWal false: its WAL goes elsewhere, or does not come
 */
export function neededForBackup(
  filesBytes: bigint,
  { segmentBytes, takesWal = true, hasManifest = true }: BackupParts,
): SpaceParts {
  return {
    files: filesBytes,
    wal: takesWal ? BigInt(segmentBytes) : 0n,
    manifest: hasManifest ? manifestBytes : 0n,
  };
}

export interface BackupParts {
  readonly segmentBytes: number;
  readonly takesWal?: boolean | undefined;
  readonly hasManifest?: boolean | undefined;
}

export function space(
  { path, freeBytes, storesAsWritten = true, needed, isEstimate = false }: SpaceFacts,
  use: SpaceUse = 'backup',
): ServerFinding {
  const check = use === 'backup' ? 'space' : 'restore-space';
  const free = freeBytes / mebibyte;
  if (needed === undefined) {
    return { check, severity: 'unknown', what: say('doctor.space.unknown', { path, free }) };
  }
  const { files, wal, manifest } = needed;
  const neededBytes = files + wal + manifest;
  const certainBytes = isEstimate ? (files * certainPercent) / 100n + wal : neededBytes;
  const parts = { files: roundedUp(files), wal: roundedUp(wal), manifest: roundedUp(manifest) };
  const told = { path, free, needed: roundedUp(neededBytes), counted: say(counted[use], parts) };
  const advice = { why: why[use], fix: fix[use] };
  if (freeBytes < certainBytes && storesAsWritten) {
    return { check, severity: 'error', what: say('doctor.space', told), ...advice };
  }
  if (freeBytes < neededBytes) {
    return { check, severity: 'warning', what: say('doctor.space.perhaps', told), ...advice };
  }
  if (freeBytes < neededBytes + neededBytes / spareShare) {
    return { check, severity: 'warning', what: say('doctor.space.tight', told), ...advice };
  }
  return { check, severity: 'ok', what: say('doctor.space.ok', told) };
}

/** What the sentence says that was counted. */
const counted = {
  backup: 'doctor.space.counted',
  restore: 'doctor.restore-space.counted',
  copy: 'doctor.copy-space.counted',
  files: 'doctor.files-space.counted',
  recovery: 'doctor.recovery-space.counted',
} as const satisfies Readonly<Record<SpaceUse, string>>;

const why: Readonly<Record<SpaceUse, Message>> = {
  backup: say('doctor.space.why'),
  restore: say('doctor.restore-space.why'),
  copy: say('doctor.restore-space.why'),
  files: say('doctor.restore-space.why'),
  recovery: say('doctor.recovery-space.why'),
};
const fix: Readonly<Record<SpaceUse, Message>> = {
  backup: say('doctor.space.fix'),
  restore: say('doctor.restore-space.fix'),
  copy: say('doctor.restore-space.fix'),
  files: say('doctor.restore-space.fix'),
  recovery: say('doctor.recovery-space.fix'),
};

/**
 * What a program that has not begun yet refuses with, in the words of `doctor`.
 * @throws BackupError `STORAGE_UNAVAILABLE` where it is certain that there is not room enough
 * @returns what is to be told as a warning; undefined: nothing
 */
export function refuseFull(finding: ServerFinding, override: Message | undefined): Message | undefined {
  const { severity, what, fix } = finding;
  if (severity === 'warning') return what;
  if (severity !== 'error') return undefined;
  throw new BackupError('STORAGE_UNAVAILABLE', what, { hint: override ?? fix, retryable: false });
}

/** In MiB: what is not there at all is not "0 MiB needed". */
function roundedUp(bytes: bigint): bigint {
  return (bytes + mebibyte - 1n) / mebibyte;
}
