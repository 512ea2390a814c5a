import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { DeletionAnswer } from '../storage/ask-deletion.ts';
import type { Instance } from '../repository/instance.ts';
import type { RetentionRules } from '../retention/rules.ts';
import type { WalCut } from './cut-wal.ts';
import type { WaitingRemoval } from './judge-removals.ts';
import type { LockedObjects } from './locked-objects.ts';
import type { PlannedBackup } from './plan-expire.ts';

const leastGraceMs = 10 * 60 * 1000;
export const defaultGraceMs = 24 * 60 * 60 * 1000;

export interface ExpireRequest {
  readonly instance: Pick<Instance, 'storage' | 'wal' | 'foreignNames'>;
  readonly rules: RetentionRules;
  /** How long after it was taken off the catalogue a backup is deleted, in ms, at least ten minutes; default 24 hours. */
  readonly graceMs?: number | undefined;
  /** For how long continuous WAL is kept, in ms from 0: older backups reach to their own end then. Undefined: for as long as backups are. */
  readonly walWindowMs?: number | undefined;
}

export interface ExpireResult {
  /** What was decided about each backup, oldest first; those without `keep` are off the catalogue. */
  readonly plan: readonly PlannedBackup[];
  /** Ids of backups that were taken off before and are deleted now. */
  readonly deleted: readonly string[];
  /** Their names; of those of which an earlier run had deleted the commit their ids. */
  readonly deletedNames: readonly string[];
  /** Backups that are off the catalogue and still there, and what for. */
  readonly waiting: readonly WaitingRemoval[];
  /** So many packs, of so many bytes, were deleted. */
  readonly packs: number;
  readonly bytes: number;
  /** Packs of backups that are deleted, which object lock keeps: a later run deletes them. Undefined: none. */
  readonly locked?: LockedObjects | undefined;
  /** By generation of the WAL archive. */
  readonly wal: readonly WalCut[];
  /** Names in the folders of the catalogue that cannot be objects of ours. */
  readonly passedOver: readonly string[];
  /** Of a rehearsal: whether this account may delete, else the run refuses before it changes anything. Undefined: the storage cannot be asked without trying. */
  readonly deletion?: DeletionAnswer | undefined;
}

/** @throws BackupError `USAGE` */
export function checkGrace(graceMs: number, tooShort = say('expire.short-grace')): void {
  if (!(graceMs >= leastGraceMs)) throw new BackupError('USAGE', tooShort, { hint: say('expire.short-grace.hint') });
}
