import { BackupError } from '../errors/backup-error.ts';
import type { ErrorCode } from '../errors/codes.ts';

/** Exit status of `gausskeep` for each error code. A new code without a status does not compile. */
const statuses = {
  INTERNAL: 1,
  ABORTED: 1,
  USAGE: 2,
  CONFIG_INVALID: 2,
  PARTIAL: 3,
  REPOSITORY_NOT_FOUND: 10,
  REPOSITORY_VERSION: 10,
  LOCKED: 11,
  AUTHENTICATION: 12,
  SERVER_UNREACHABLE: 13,
  STORAGE_UNAVAILABLE: 13,
  SYSTEM_MISMATCH: 14,
  WAL_MISSING: 15,
  BACKUP_NOT_FOUND: 16,
  TARGET_UNREACHABLE: 16,
  TARGET_NOT_EMPTY: 17,
  SLOT_LIMIT: 18,
  CLOCK: 19,
  OBJECT_EXISTS: 1,
  OBJECT_NOT_FOUND: 1,
  CORRUPT: 20,
  SERVER_ERROR: 21,
  PROTOCOL_VIOLATION: 21,
} as const satisfies Record<ErrorCode, number>;

/**
 * How a program maps failures to statuses: by error code (`gausskeep`), always 1 as the tools do whose names it bears, or by
 * a rule of its own (a restore_command).
 */
export type StatusRule = 'by-code' | 'always-one' | ((error: unknown) => number);

/** The exit status for `error`; `signalNumber` is that of the signal which ended the run, if one did. */
export function exitStatus(error: unknown, rule: StatusRule, signalNumber?: number): number {
  if (rule === 'always-one') return 1;
  if (typeof rule === 'function') return rule(error);
  if (signalNumber !== undefined) return 128 + signalNumber;
  return error instanceof BackupError ? statuses[error.code] : 1;
}
