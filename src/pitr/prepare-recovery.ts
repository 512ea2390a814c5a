import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { display, fromBytes, fromText, toBytes, type ByteString } from '../bytes/byte-string.ts';
import { BackupError, systemCodeOf } from '../errors/backup-error.ts';
import { fileFailure } from '../files/failure.ts';
import { readRegular } from '../files/open-regular.ts';
import { fsPath, joinPath } from '../files/path.ts';
import { say } from '../messages/message.ts';
import type { BackupLocation } from '../backup-source/open-backup.ts';
import { capabilitiesOf } from '../server/capabilities-of.ts';
import type { Capabilities } from '../server/capabilities.ts';
import { readControlFile } from '../server/control-file.ts';
import { recoveryDialectOf } from '../server/recovery-dialect.ts';
import {
  encodeRecoveryRecord,
  recoveryRecordName,
  restoreScriptName,
  type RecoveryRecord,
} from '../server/recovery-record.ts';
import { recoveryConfiguration, type Setting } from '../server/recovery-settings.ts';
import type { RecoverySettings } from '../server/recovery-target.ts';
import { addSettings, serialReplaySettings } from '../server/settings-block.ts';
import { describeTarget } from './target.ts';
import { actionAtTarget } from './action-at-target.ts';
import { checkTablespaceReplay } from './check-tablespace-replay.ts';
import { proofSentences } from './proof-sentences.ts';
import { locationOf, proveRecoveryTarget, type ProvedTarget } from './prove-recovery-target.ts';
import { raisedLimits } from './raised-limits.ts';
import { movedSegments, readsFrom } from './recovery-places.ts';
import type { PitrRequest } from './pitr-request.ts';
import type { PrepareContext, RecoveryPreparation } from './recovery-preparation.ts';
import { supplyWal } from './supply-wal.ts';

/** A recovery that was proved, and what carries it out within a restore. */
export interface PreparedRecovery {
  readonly proved: ProvedTarget;
  /** The backup to restore. */
  readonly from: BackupLocation;
  readonly preparation: RecoveryPreparation;
}

/**
 * Proves the target and prepares to carry it out: nothing is written before `performRestore` calls `prepare`.
 * @throws BackupError as `proveRecoveryTarget`
 */
export async function prepareRecovery(
  request: PitrRequest & { readonly directory: string },
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<PreparedRecovery> {
  const proved = await proveRecoveryTarget(request, options);
  checkTablespaceReplay(proved, request);
  const capabilities = capabilitiesOf(proved.identity);
  // What the server cannot be told is refused now.
  recoveryConfiguration(settingsFor(request, proved, fromText(request.directory)), capabilities);
  const copies = proved.supply === 'copy';
  return {
    proved,
    from: locationOf(proved.backup),
    preparation: {
      sentences: (hotStandby) => proofSentences(proved, request, actionAtTarget(proved, hotStandby)),
      limits: raisedLimits(proved),
      archiveRecovery: true,
      preparedAgain: proved.proof.preparedAgain,
      isProved: request.quick !== true,
      keepsBackupWal: !copies && proved.usesBackupWal,
      walBytes: copies ? proved.segments.reduce((sum, { segmentSizeBytes }) => sum + segmentSizeBytes, 0) : 0,
      readsFrom: readsFrom(request),
      prepare: (directory, context) => prepareDirectory(directory, request, proved, { ...context, capabilities }),
    },
  };
}

async function prepareDirectory(
  directory: ByteString,
  request: PitrRequest,
  proved: ProvedTarget,
  { capabilities, signal, ...context }: PrepareContext & { readonly capabilities: Capabilities },
): Promise<void> {
  if (request.quick === true) throw new BackupError('USAGE', say('restore-recovery.quick-only'));
  const expected = proved.segments[0]?.found.place.source.systemIdentifier;
  const control = readControlFile(readRegular(fsPath(context.controlFile)));
  if (expected !== undefined && control.systemIdentifier !== expected) {
    throw new BackupError(
      'SYSTEM_MISMATCH',
      say('restore-recovery.other-instance', { expected, actual: control.systemIdentifier }),
    );
  }
  const mode = 0o600;
  const walDirectory = joinPath(directory, capabilities.walDirectory);
  const segments = await movedSegments(proved.segments, context.moved);
  if (proved.supply === 'copy') {
    await supplyWal(segments, walDirectory, { cutLsn: proved.proof.cutLsn, signal, mode });
    if (capabilities.newTimelineAfterRecovery) await writeHistories(walDirectory, proved, { signal, mode });
  } else {
    const first = segments.slice(0, 1);
    const isThere = first.every(({ name }) => existsSync(fsPath(joinPath(walDirectory, name))));
    if (capabilities.recoveryNeedsLocalWal && !isThere) {
      await supplyWal(first, walDirectory, { cutLsn: undefined, signal, mode });
    }
    if (request.restoreCommand === undefined) writeWrapper(directory, request, proved);
  }
  const settings = settingsFor(request, proved, directory);
  const added = writeConfiguration(directory, settings, capabilities, mode);
  writeRecord(directory, recordOf(request, proved, { addedSettings: added, ...context }), mode);
}

/** What the server is told. */
function settingsFor(request: PitrRequest, proved: ProvedTarget, directory: ByteString): RecoverySettings {
  const { proof, line, supply, target } = proved;
  const { written } = proof;
  return {
    restoreCommand: supply === 'copy' ? undefined : (request.restoreCommand ?? wrapperCommand(directory)),
    archiveCleanupCommand: request.archiveCleanupCommand,
    recoveryEndCommand: request.recoveryEndCommand,
    target: written.target,
    inclusive: written.inclusive,
    // openGauss knows one timeline and looks a number up nowhere.
    timeline: line.timeline,
    action: target.action,
  };
}

/** The path of the script without blanks: from the data directory, where servers run their commands, if need be. */
function wrapperCommand(directory: ByteString): string {
  const path = display(joinPath(directory, restoreScriptName));
  const isPlain = /^[A-Za-z0-9_./:=,@+-]+$/.test(path) && Buffer.byteLength(path) < 1000;
  return `${isPlain ? path : `./${restoreScriptName}`} %f %p`;
}

function writeWrapper(directory: ByteString, request: PitrRequest, { archive }: ProvedTarget): void {
  const { wrapperText, ofRepository } = request;
  const place = ofRepository?.words ?? archive?.directory;
  if (archive === undefined || place === undefined || wrapperText === undefined) {
    throw new BackupError('USAGE', say('restore-recovery.no-archive'), { hint: say('window.proof.no-wal.hint') });
  }
  const { generation, source } = archive;
  const text = wrapperText({ archive: place, generation, systemIdentifier: source.systemIdentifier });
  write(joinPath(directory, restoreScriptName), fromText(text), 0o700);
}

/**
 * Every timeline that is known, where the server fetches nothing: the one that it follows, and those whose numbers it must
 * not take for its own.
 */
async function writeHistories(
  walDirectory: ByteString,
  { historyFiles }: ProvedTarget,
  { signal, mode }: { readonly signal: AbortSignal; readonly mode: number },
): Promise<void> {
  for (const [timeline, object] of historyFiles) {
    const name = `${timeline.toString(16).toUpperCase().padStart(8, '0')}.history`;
    const pieces: Uint8Array[] = [];
    for await (const piece of object.read({ signal })) pieces.push(Buffer.from(piece));
    write(joinPath(walDirectory, name), fromBytes(Buffer.concat(pieces)), mode);
    write(joinPath(walDirectory, `archive_status/${name}.done`), '' as ByteString, mode);
  }
}

function writeConfiguration(
  directory: ByteString,
  settings: RecoverySettings,
  capabilities: Capabilities,
  mode: number,
): Setting[] {
  const configuration = recoveryConfiguration(settings, capabilities);
  for (const name of configuration.absentFiles) rmSync(fsPath(joinPath(directory, name)), { force: true });
  for (const { name, text } of configuration.files) write(joinPath(directory, name), text, mode);
  const added = [...configuration.autoConfiguration, ...serialReplaySettings(capabilities)];
  if (added.length === 0) return [];
  const file = joinPath(directory, recoveryDialectOf(capabilities).settingsFile);
  write(file, addSettings(readText(file), added), mode);
  return added;
}

function recordOf(
  request: PitrRequest,
  proved: ProvedTarget,
  {
    addedSettings,
    hotStandby,
    archiving,
    archiveCommand,
  }: Omit<PrepareContext, 'signal'> & { readonly addedSettings: readonly Setting[] },
): RecoveryRecord {
  const { identity, proof, target, archive } = proved;
  const { lastKept, stop, cutLsn, endLsn, pause } = proof;
  const atTarget = actionAtTarget(proved, hotStandby);
  if (request.requirePause === true && atTarget !== 'pause') {
    throw new BackupError('TARGET_UNREACHABLE', say('restore-recovery.no-pause'), {
      hint: say('restore-recovery.no-pause.hint'),
    });
  }
  const words = describeTarget(target.target);
  return {
    product: identity.product,
    version: identity.version,
    target: words === '' ? undefined : words,
    endLsn: cutLsn ?? endLsn,
    // Without a stop the archive may have more by the time that the server gets there.
    endIsLeast: stop === undefined && proved.supply !== 'copy',
    lastTransaction:
      lastKept === undefined ? undefined : { xid: lastKept.xid, timeUs: lastKept.timeUs, kind: lastKept.kind },
    prepared: proof.leftPrepared.map(({ xid, gid }) => ({ xid, gid })),
    pauses: atTarget === 'pause',
    atTarget,
    pauseImpossible: pause === 'impossible',
    archiveMode: archiving,
    addedSettings,
    archive: recordedArchive(request, archive),
    slots: [],
    archiveCommand,
    archiveRecovery: true,
    restoreCommandLine: request.commandLine,
    ended: undefined,
  };
}

/** What whoever goes on from the copy archives into. */
function recordedArchive({ ofRepository }: PitrRequest, archive: ProvedTarget['archive']): RecoveryRecord['archive'] {
  const generation = archive?.generation;
  const place = archive?.directory ?? ofRepository?.name;
  if (generation === undefined || place === undefined) return undefined;
  if (ofRepository === undefined) return { place, generation };
  return { place, generation, words: ofRepository.words, outOfReach: ofRepository.outOfReach !== undefined };
}

function writeRecord(directory: ByteString, record: RecoveryRecord, mode: number): void {
  write(joinPath(directory, recoveryRecordName), fromBytes(encodeRecoveryRecord(record)), mode);
}

function readText(path: ByteString): ByteString {
  try {
    return fromBytes(readRegular(fsPath(path)));
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return '' as ByteString;
    throw fileFailure('read', path, error);
  }
}

/** Owner and durability are given by the restore, to all files at once. */
function write(path: ByteString, text: ByteString, mode: number): void {
  try {
    writeFileSync(fsPath(path), toBytes(text), { mode });
    chmodSync(fsPath(path), mode);
  } catch (error) {
    throw fileFailure('write', path, error);
  }
}
