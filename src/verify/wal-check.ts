import { setImmediate } from 'node:timers/promises';
import { BackupError, reasonFor, systemCodeOf } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { BackupLabel } from '../wal/backup-label.ts';
import type { ControlFile } from '../server/control-file.ts';
import { formatLsn, lsn, noLsn, type Lsn } from '../wal/lsn.ts';
import { walPageBytes } from '../wal/page-header.ts';
import { defaultSegmentSizeBytes, segmentName, segmentStart, type TimelineId } from '../wal/segment.ts';
import { describeWalEnd, type WalEnd } from '../wal/wal-end.ts';
import { WalReader } from '../wal/wal-reader.ts';
import type { WalRecord } from '../wal/wal-record.ts';
import type { Findings } from './findings.ts';
import { forEachReplacedPage } from './replaced-pages.ts';
import type { WalFiles } from './wal-files.ts';

/** WAL that a restore must replay. `endLsn` is undefined where only the record of the backup's end tells it. */
export interface RequiredWal {
  readonly timeline: TimelineId;
  readonly startLsn: Lsn;
  readonly endLsn: Lsn | undefined;
  /**
   * Start of the backup whose end must be in this range: a server that does not find it replays all that it gets, and
   * then refuses to open. Undefined where the end is in another range, or a standby was backed up, which writes none.
   */
  readonly backupStart?: Lsn | undefined;
}

export interface WalCheck {
  readonly ranges: readonly RequiredWal[];
  readonly label: BackupLabel | undefined;
  readonly files: WalFiles;
  readonly control: ControlFile | undefined;
  /** Pages of which is asked whether the WAL replaces them; those that it does are taken out. */
  readonly pages: Set<string>;
  readonly findings: Findings;
  readonly signal: AbortSignal;
  /** Told of the bytes of WAL that are read. */
  readonly onBytes?: ((count: number) => void) | undefined;
}

/** Bytes of the required WAL, as far as its end is known. */
export function requiredWalBytes(ranges: readonly RequiredWal[]): number {
  const bytes = ({ startLsn, endLsn }: RequiredWal): bigint =>
    endLsn === undefined || endLsn < startLsn ? 0n : endLsn - startLsn;
  return Number(ranges.reduce((sum, range) => sum + bytes(range), 0n));
}

/** What reading the required WAL proved. */
export interface WalProof {
  readonly isComplete: boolean;
  /** The last position that was reached. */
  readonly endLsn: Lsn;
}

/** Info byte of the record that ends a backup, of resource manager 0. Source: catalog/pg_control.h of both products. */
const backupEndInfo = 0x50;
const recordInfoMask = 0xf0;

/** The WAL to read: what the manifest names, else what follows from backup_label and pg_control. */
export function requiredWal(
  manifestRanges: readonly RequiredWal[] | undefined,
  label: BackupLabel | undefined,
  control: ControlFile | undefined,
): readonly RequiredWal[] {
  if (manifestRanges !== undefined && manifestRanges.length > 0) return withBackupEnd(manifestRanges, label);
  if (label === undefined) return [];
  // A standby writes no record at the end: its backup is consistent where its own recovery was.
  const isFromStandby = label.from === 'standby' && control !== undefined;
  const endLsn = isFromStandby && control.minRecoveryPoint !== noLsn ? control.minRecoveryPoint : undefined;
  const backupStart = endLsn === undefined ? label.startLsn : undefined;
  return [{ timeline: label.startTimeline, startLsn: label.startLsn, endLsn, backupStart }];
}

/** The end of the backup is in the last range. */
function withBackupEnd(ranges: readonly RequiredWal[], label: BackupLabel | undefined): readonly RequiredWal[] {
  if (label === undefined || label.from === 'standby') return ranges;
  const last = ranges.reduce((one, other) => ((other.endLsn ?? noLsn) >= (one.endLsn ?? noLsn) ? other : one));
  return ranges.map((range) => (range === last ? { ...range, backupStart: label.startLsn } : range));
}

/** Whether the WAL to read begins where a server will begin to replay. Ranges of another backup, or empty ones, prove nothing. */
function coversStart(ranges: readonly RequiredWal[], label: BackupLabel): boolean {
  return ranges.some(
    ({ timeline, startLsn, endLsn }) =>
      timeline === label.startTimeline &&
      startLsn <= label.startLsn &&
      (endLsn === undefined || label.startLsn < endLsn),
  );
}

/** Reads every required range, each record down to its checksum. */
export async function checkWal(check: WalCheck): Promise<WalProof> {
  const { label, ranges, findings, signal } = check;
  let isComplete = true;
  let endLsn = noLsn;
  if (label !== undefined && !coversStart(ranges, label)) {
    isComplete = false;
    const values = { timeline: label.startTimeline, lsn: formatLsn(label.startLsn) };
    findings.damage(say('verify.wal-start-not-covered', values), 'WAL_MISSING');
  }
  for (const range of ranges) {
    // Reading what is not there takes no turn of the event loop.
    await setImmediate();
    signal.throwIfAborted();
    const reached = await readRange(check, range);
    if (reached === undefined) {
      isComplete = false;
      findings.damage(say('verify.wal-failed', { timeline: range.timeline }), 'WAL_MISSING');
    } else if (reached > endLsn) {
      endLsn = reached;
    }
  }
  return { isComplete, endLsn };
}

/** @returns where the range ended, or undefined when it could not be read; why is a finding */
async function readRange(check: WalCheck, range: RequiredWal): Promise<Lsn | undefined> {
  const { findings, control } = check;
  const { backupStart } = range;
  const segmentSizeBytes = control?.walSegmentSizeBytes ?? defaultSegmentSizeBytes;
  let backupEnd: Lsn | undefined;
  const visit = (record: WalRecord): boolean => {
    if (check.pages.size > 0) forEachReplacedPage(record, (key) => check.pages.delete(key));
    if (backupStart !== undefined && endsBackup(record, backupStart)) backupEnd = record.endLsn;
    return backupEnd === undefined || range.endLsn !== undefined;
  };
  const reader = new WalReader({
    start: range.startLsn,
    check: 'every-record',
    visit,
    keeps: (rmid, info) =>
      check.pages.size > 0 || (backupStart !== undefined && rmid === 0 && (info & recordInfoMask) === backupEndInfo),
    systemIdentifier: control?.systemIdentifier,
    segmentSizeBytes,
  });
  const missing = await pushSegments(check, range, reader, segmentSizeBytes);
  if (missing === 'reported') return undefined;
  const end = reader.finish();
  if (backupEnd !== undefined && range.endLsn === undefined) return backupEnd;
  const reached = end.last?.endLsn ?? range.startLsn;
  if (range.endLsn !== undefined && reached >= range.endLsn) {
    if (backupStart === undefined || backupEnd !== undefined) return reached;
    findings.damage(say('verify.wal-no-end', { lsn: formatLsn(reached) }), 'WAL_MISSING');
    return undefined;
  }
  reportEnd(findings, range, end, missing);
  return undefined;
}

/** The first record of openGauss and PostgreSQL alike that says: the backup that began at `startLsn` ends here. */
function endsBackup({ rmid, info, view, offset, format, totalBytes }: WalRecord, startLsn: Lsn): boolean {
  if (rmid !== 0 || (info & recordInfoMask) !== backupEndInfo) return false;
  // One byte says "short data", one its length; then the start position.
  const data = offset + format.header.sizeBytes + 2;
  return data + 8 <= offset + totalBytes && view.getBigUint64(data, true) === startLsn;
}

/**
 * Feeds the reader with the bytes of the range, from the page that holds its start.
 * @returns the name of the first segment that is not there, or 'reported' when one could not be read
 */
async function pushSegments(
  { files, ranges, findings, signal, onBytes }: WalCheck,
  range: RequiredWal,
  reader: WalReader,
  segmentSizeBytes: number,
): Promise<string | undefined> {
  let position: Lsn = lsn(range.startLsn - (range.startLsn % BigInt(walPageBytes)));
  for (;;) {
    const start = segmentStart(position, segmentSizeBytes);
    if (range.endLsn !== undefined && position >= range.endLsn) return undefined;
    const names = namesOf(range.timeline, ranges, position, segmentSizeBytes);
    try {
      const source = await openFirst(files, names);
      if (source === undefined) return names[0];
      let at: bigint = start;
      for await (const piece of source) {
        signal.throwIfAborted();
        const from = Number(position > at ? position - at : 0n);
        at += BigInt(piece.length);
        if (from >= piece.length) continue;
        const until =
          range.endLsn !== undefined && range.endLsn < at ? piece.length - Number(at - range.endLsn) : piece.length;
        if (until > from && !reader.push(piece.subarray(from, until))) return undefined;
        onBytes?.(Math.max(0, until - from));
        position = lsn(at);
      }
      if (at < start + BigInt(segmentSizeBytes) && (range.endLsn === undefined || at < range.endLsn)) {
        const sizes = { actual: Number(at - start), expected: segmentSizeBytes };
        findings.damage(say('verify.wal-short', { segment: names[0] ?? '', ...sizes }));
        return 'reported';
      }
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof BackupError) && systemCodeOf(error) === undefined) throw error;
      findings.damage(say('verify.wal-read', { segment: names[0] ?? '', reason: reasonFor(error) }));
      return 'reported';
    }
  }
}

/** A segment in which a timeline ended may be there under the name of its successor only, which begins with a copy of it. */
function namesOf(
  timeline: TimelineId,
  ranges: readonly RequiredWal[],
  position: Lsn,
  segmentSizeBytes: number,
): readonly string[] {
  const later = ranges.map((range) => range.timeline).filter((other) => other > timeline);
  const timelines = [timeline, ...new Set(later.sort((a, b) => a - b))];
  return timelines.map((one) => segmentName(one, position, segmentSizeBytes));
}

async function openFirst(files: WalFiles, names: readonly string[]): ReturnType<WalFiles['open']> {
  for (const name of names) {
    const source = await files.open(name);
    if (source !== undefined) return source;
  }
  return undefined;
}

function reportEnd(findings: Findings, range: RequiredWal, end: WalEnd, missing: string | undefined): void {
  const isAtEndOfInput = end.reason.kind === 'input-ended';
  if (isAtEndOfInput && missing !== undefined) {
    findings.damage(say('verify.wal-missing', { segment: missing }), 'WAL_MISSING');
  } else if (isAtEndOfInput || (range.endLsn === undefined && end.reason.kind !== 'bad-checksum')) {
    findings.damage(say('verify.wal-no-end', { lsn: formatLsn(end.lsn) }), 'WAL_MISSING');
  } else {
    findings.damage(say('verify.wal-damaged', { lsn: formatLsn(end.lsn), reason: describeWalEnd(end) }));
  }
}
