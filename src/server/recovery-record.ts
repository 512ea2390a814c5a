import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { formatLsn, lsn, parseLsn, type Lsn } from '../wal/lsn.ts';
import type { Setting } from './recovery-settings.ts';
import type { TargetAction } from './recovery-target.ts';

/** Name of the record in the data directory. No restore of a later backup takes files of such names over. */
export const recoveryRecordName = '.gausskeep.recovery';

/** Name of what is kept of the record when the recovery is over: later questions need it. */
export const pastRecordName = '.gausskeep.recovered';

/** Name of the script in the data directory that fetches WAL for this recovery, where a restore has made one. */
export const restoreScriptName = '.gausskeep.restore-command';

/**
 * What every restore leaves in the data directory for `gausskeep recover`, `resume` and `status`: what was promised, if
 * anything, and what has to be put back afterwards. `resume` removes it.
 */
export interface RecoveryRecord {
  /** Product and release of the backup, where they are known: `openGauss-lite`, `5.0.5`. */
  readonly product: string | undefined;
  readonly version: string | undefined;
  /** The target in words: `--target-xid 14244`; undefined: the end of the WAL. */
  readonly target: string | undefined;
  /** Where replay will end: the end of the last record that is kept. undefined: nothing was promised. */
  readonly endLsn: Lsn | undefined;
  /** It may go on behind `endLsn`, with WAL that came into the archive later; it must come that far. */
  readonly endIsLeast: boolean;
  /** The last transaction that is kept. */
  readonly lastTransaction:
    | {
        readonly xid: bigint;
        readonly timeUs: bigint;
        /** How it ends: `commit`, `abort-prepared`, …; undefined: not known. */
        readonly kind: string | undefined;
      }
    | undefined;
  /** Prepared and not ended where replay ends; undefined: that was not looked for. */
  readonly prepared: readonly PromisedTransaction[] | undefined;
  /** False where the server cannot pause there (the last kept record is a COMMIT PREPARED), or was told not to. */
  readonly pauses: boolean;
  /** A pause was asked for, and the server cannot make one there: it opens. */
  readonly pauseImpossible: boolean;
  /** What was decided about archiving in the copy; it is off unless the restore was told otherwise. */
  readonly archiveMode: 'off' | 'preserve';
  /** What the server does at its target; `shutdown` also where it was to pause and cannot. undefined: there is none. */
  readonly atTarget?: TargetAction | undefined;
  /** Settings that were added by `addSettings` to the dialect's settings file. */
  readonly addedSettings: readonly Setting[];
  /** The archive and the generation that the WAL came from. */
  readonly archive: RecordedArchive | undefined;
  /** Replication slots of the source, which are not restored. */
  readonly slots: readonly string[];
  /** The archive_command of the source, which an openGauss copy has as a comment only. */
  readonly archiveCommand?: string | undefined;
  /** The server goes through archive recovery, after which PostgreSQL is on a timeline of its own; undefined: not known. */
  readonly archiveRecovery?: boolean | undefined;
  /** The command line that restores this directory again. */
  readonly restoreCommandLine: string | undefined;
  /** How the recovery ended, once it has; written by `recover` and `resume`. */
  readonly ended: RecoveryEnd | undefined;
}

export interface RecordedArchive {
  /** Its directory; of a repository without one, its name for people. */
  readonly place: string;
  readonly generation: number;
  /** Of a command line, which name that of a repository; undefined: its directory does. */
  readonly words?: readonly string[] | undefined;
  /** The account of the server cannot open it by these words. */
  readonly outOfReach?: boolean | undefined;
}

/** A prepared transaction that must be there after the recovery. */
export interface PromisedTransaction {
  readonly xid: bigint;
  readonly gid: string | undefined;
}

/** `done`: as promised. `missed`: elsewhere, so the copy must not be used. `accepted`: elsewhere, and the user wants it so. */
export interface RecoveryEnd {
  readonly how: 'done' | 'missed' | 'accepted';
  /** undefined: nobody could tell. */
  readonly lsn: Lsn | undefined;
  /** Of `missed`: the sentence. */
  readonly text: string | undefined;
}

/** The record of a recovery that nothing was promised of. */
export const nothingPromised: RecoveryRecord = {
  product: undefined,
  version: undefined,
  target: undefined,
  endLsn: undefined,
  endIsLeast: false,
  lastTransaction: undefined,
  prepared: undefined,
  pauses: false,
  pauseImpossible: false,
  archiveMode: 'off',
  addedSettings: [],
  archive: undefined,
  slots: [],
  restoreCommandLine: undefined,
  ended: undefined,
};

const format = 1;

/** JSON text of a record. */
export function encodeRecoveryRecord(record: RecoveryRecord): Uint8Array {
  const { endLsn, lastTransaction, prepared, ended } = record;
  const value = {
    format,
    ...record,
    endLsn: endLsn === undefined ? undefined : formatLsn(endLsn),
    lastTransaction:
      lastTransaction === undefined
        ? undefined
        : { ...lastTransaction, xid: lastTransaction.xid.toString(), timeUs: lastTransaction.timeUs.toString() },
    prepared: prepared?.map(({ xid, gid }) => ({ xid: xid.toString(), gid })),
    ended: ended && { ...ended, lsn: ended.lsn === undefined ? undefined : formatLsn(ended.lsn) },
  };
  return Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** @throws BackupError `CORRUPT` unless it is a record of this or an earlier format */
export function decodeRecoveryRecord(bytes: Uint8Array): RecoveryRecord {
  try {
    return decode(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (error) {
    throw new BackupError('CORRUPT', say('recovery.bad-record', { name: recoveryRecordName }), { cause: error });
  }
}

function decode(value: unknown): RecoveryRecord {
  const fields = asObject(value);
  if (fields['format'] !== format) throw new TypeError('format');
  const last = fields['lastTransaction'] === undefined ? undefined : asObject(fields['lastTransaction']);
  const archive = fields['archive'] === undefined ? undefined : asObject(fields['archive']);
  return {
    product: optionalText(fields['product']),
    version: optionalText(fields['version']),
    target: optionalText(fields['target']),
    endLsn: optionalLsn(fields['endLsn']),
    endIsLeast: fields['endIsLeast'] === true,
    lastTransaction:
      last === undefined
        ? undefined
        : { xid: BigInt(text(last['xid'])), timeUs: BigInt(text(last['timeUs'])), kind: optionalText(last['kind']) },
    prepared: fields['prepared'] === undefined ? undefined : list(fields['prepared']).map(decodePromised),
    pauses: fields['pauses'] === true,
    pauseImpossible: fields['pauseImpossible'] === true,
    archiveMode: fields['archiveMode'] === 'preserve' ? 'preserve' : 'off',
    atTarget: targetAction(fields['atTarget']),
    addedSettings: list(fields['addedSettings']).map((setting) => {
      const { name, value: own } = asObject(setting) as { name: unknown; value: unknown };
      return { name: text(name), value: text(own) };
    }),
    archive: archive && decodeArchive(archive),
    slots: list(fields['slots']).map(text),
    archiveCommand: optionalText(fields['archiveCommand']),
    archiveRecovery: typeof fields['archiveRecovery'] === 'boolean' ? fields['archiveRecovery'] : undefined,
    restoreCommandLine: optionalText(fields['restoreCommandLine']),
    ended: fields['ended'] === undefined ? undefined : decodeEnd(asObject(fields['ended'])),
  };
}

function decodeArchive({ place, generation, words, outOfReach }: Record<string, unknown>): RecordedArchive {
  const whole = { place: text(place), generation: Number(generation) };
  return words === undefined ? whole : { ...whole, words: list(words).map(text), outOfReach: outOfReach === true };
}

function decodePromised(value: unknown): PromisedTransaction {
  const fields = asObject(value);
  return { xid: BigInt(text(fields['xid'])), gid: optionalText(fields['gid']) };
}

function decodeEnd(fields: Record<string, unknown>): RecoveryEnd {
  const how = text(fields['how']);
  if (how !== 'done' && how !== 'missed' && how !== 'accepted') throw new TypeError('how');
  return { how, lsn: optionalLsn(fields['lsn']), text: optionalText(fields['text']) };
}

function targetAction(value: unknown): TargetAction | undefined {
  return value === 'pause' || value === 'promote' || value === 'shutdown' ? value : undefined;
}

function asObject(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new TypeError('no object');
  return value as Record<string, unknown>;
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError('no list');
  return value;
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('no text');
  return value;
}

function optionalLsn(value: unknown): Lsn | undefined {
  return value === undefined ? undefined : lsn(parseLsn(text(value)));
}

function optionalText(value: unknown): string | undefined {
  return value === undefined ? undefined : text(value);
}
