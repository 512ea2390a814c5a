import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import type { ServerFinding } from './server-finding.ts';

/** A file system that is to take something. Sizes in bytes. */
export interface SpaceFacts {
  readonly path: string;
  readonly freeBytes: bigint;
  /** False: what is written may take less there. Default true. */
  readonly storesAsWritten?: boolean | undefined;
  /** Undefined: not known how much. */
  readonly neededBytes: bigint | undefined;
  /** What is needed even if `neededBytes` is an estimate that was too high. Default: all of it. */
  readonly certainBytes?: bigint | undefined;
}

/** What the place is to take. */
export type SpaceUse = 'backup' | 'restore' | 'recovery';

/** WAL and what is written while the backup runs come on top of the files. */
const spareShare = 10n;

export function space(
  { path, freeBytes, storesAsWritten = true, neededBytes, certainBytes = neededBytes }: SpaceFacts,
  use: SpaceUse = 'backup',
): ServerFinding {
  const check = use === 'backup' ? 'space' : 'restore-space';
  const free = mebibytes(freeBytes);
  if (neededBytes === undefined || certainBytes === undefined) {
    return { check, severity: 'unknown', what: say('doctor.space.unknown', { path, free }) };
  }
  // Rounded up: what is not there at all is not "0 MiB needed".
  const needed = mebibytes(neededBytes + mebibyte - 1n);
  const advice = { why: why[use], fix: fix[use] };
  if (freeBytes < certainBytes && storesAsWritten) {
    return { check, severity: 'error', what: say('doctor.space', { path, free, needed }), ...advice };
  }
  if (freeBytes < neededBytes) {
    return { check, severity: 'warning', what: say('doctor.space.perhaps', { path, free, needed }), ...advice };
  }
  if (freeBytes < neededBytes + neededBytes / spareShare) {
    return { check, severity: 'warning', what: say('doctor.space.tight', { path, free, needed }), ...advice };
  }
  return { check, severity: 'ok', what: say('doctor.space.ok', { path, free, needed }) };
}

const why: Readonly<Record<SpaceUse, Message>> = {
  backup: say('doctor.space.why'),
  restore: say('doctor.restore-space.why'),
  recovery: say('doctor.recovery-space.why'),
};
const fix: Readonly<Record<SpaceUse, Message>> = {
  backup: say('doctor.space.fix'),
  restore: say('doctor.restore-space.fix'),
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

const mebibyte = 1024n ** 2n;

function mebibytes(bytes: bigint): bigint {
  return bytes / mebibyte;
}
