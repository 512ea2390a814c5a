import { crc32c } from '../bytes/crc32c.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { lsn, type Lsn } from '../wal/lsn.ts';
import { readRecoveryLimits, type RecoveryLimits } from '../wal/recovery-limits.ts';
import { checkSegmentSize, type TimelineId } from '../wal/segment.ts';
import { controlLayoutOf, type ControlLayout } from './control-layout.ts';
import type { ServerFamily } from './identity.ts';

/** States of an instance, by the number in pg_control. Same in both families. */
const states = [
  'startup',
  'shut down',
  'shut down in recovery',
  'shutting down',
  'in crash recovery',
  'in archive recovery',
  'in production',
] as const;

export type InstanceState = (typeof states)[number];

/** What `global/pg_control` says. Source: catalog/pg_control.h of each release; the offsets are in `control-layout.ts`. */
export interface ControlFile {
  readonly family: ServerFamily;
  readonly controlVersion: number;
  readonly catalogVersion: number;
  readonly systemIdentifier: bigint;
  readonly state: InstanceState | undefined;
  /** Seconds since 1970 of the last update. */
  readonly updatedAt: bigint;
  readonly checkpoint: {
    /** Where the checkpoint record is. */
    readonly location: Lsn;
    /** Where replay from it begins. */
    readonly redo: Lsn;
    readonly timeline: TimelineId;
    /** openGauss 64-bit; PostgreSQL 12+ epoch and xid in one, before joined from the two. */
    readonly nextXid: bigint;
    /** Seconds since 1970. */
    readonly time: bigint;
  };
  readonly minRecoveryPoint: Lsn;
  /** undefined in openGauss, which stores none. */
  readonly minRecoveryTimeline: TimelineId | undefined;
  readonly backupStartPoint: Lsn;
  readonly backupEndPoint: Lsn;
  readonly backupEndRequired: boolean;
  readonly blockSizeBytes: number;
  readonly blocksPerSegment: number;
  readonly walBlockSizeBytes: number;
  readonly walSegmentSizeBytes: number;
  /** 0: no page checksums; 1: checksums. openGauss always has them. */
  readonly dataChecksumVersion: number;
  /** What the server that wrote it had at its last start. */
  readonly limits: RecoveryLimits;
}

/** Bytes that `readControlFile` needs; the file has 8192, of which the server writes the first 512. */
const controlFileMinBytes = 296;

/**
 * Decodes and checks the content of `global/pg_control`. Little-endian machines only.
 * @throws BackupError `CORRUPT` (too short, checksum, byte order, impossible sizes), `SERVER_ERROR` (unknown version)
 */
export function readControlFile(bytes: Uint8Array): ControlFile {
  if (bytes.length < controlFileMinBytes) {
    throw new BackupError(
      'CORRUPT',
      say('server.control-short', { length: bytes.length, needed: controlFileMinBytes }),
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.getUint32(8, true);
  const layout = controlLayoutOf(version);
  if (layout === undefined) {
    if (controlLayoutOf(view.getUint32(8, false)) !== undefined) {
      throw new BackupError('CORRUPT', say('server.control-byte-order'));
    }
    throw new BackupError('SERVER_ERROR', say('server.control-version', { version }), {
      hint: say('server.control-version.hint'),
      kind: 'control-version',
    });
  }
  checkControlChecksum(bytes, view, layout);
  return decode(view, layout);
}

function checkControlChecksum(bytes: Uint8Array, view: DataView, layout: ControlLayout): void {
  const expected = crc32c(bytes.subarray(0, layout.crc));
  const actual = view.getUint32(layout.crc, true);
  if (actual === expected) return;
  throw new BackupError(
    'CORRUPT',
    say('server.control-checksum', { actual: actual.toString(16), expected: expected.toString(16) }),
    { hint: say('server.control-checksum.hint'), kind: 'control-checksum' },
  );
}

function decode(view: DataView, layout: ControlLayout): ControlFile {
  const at = layout.offsets;
  const position = (offset: number): Lsn => lsn(view.getBigUint64(offset, true));
  return {
    family: layout.family,
    controlVersion: view.getUint32(8, true),
    catalogVersion: view.getUint32(12, true),
    systemIdentifier: view.getBigUint64(0, true),
    state: states[view.getUint32(at.state, true)],
    updatedAt: view.getBigInt64(24, true),
    checkpoint: {
      location: position(32),
      redo: position(at.redo),
      timeline: view.getUint32(at.timeline, true),
      nextXid: nextXid(view, layout),
      time: view.getBigInt64(at.checkpointTime, true),
    },
    minRecoveryPoint: position(at.minRecoveryPoint),
    minRecoveryTimeline:
      at.minRecoveryTimeline === undefined ? undefined : view.getUint32(at.minRecoveryTimeline, true),
    backupStartPoint: position(at.backupStartPoint),
    backupEndPoint: position(at.backupEndPoint),
    backupEndRequired: view.getUint8(at.backupEndRequired) !== 0,
    blockSizeBytes: view.getUint32(at.sizes, true),
    blocksPerSegment: view.getUint32(at.sizes + 4, true),
    walBlockSizeBytes: view.getUint32(at.sizes + 8, true),
    walSegmentSizeBytes: checkSegmentSize(view.getUint32(at.sizes + 12, true)),
    dataChecksumVersion:
      at.dataChecksumVersion === undefined
        ? layout.impliedChecksumVersion
        : view.getUint32(at.dataChecksumVersion, true),
    limits: readRecoveryLimits(layout.limits, (offset) => view.getInt32(offset, true)),
  };
}

/** Before PostgreSQL 12 epoch (first) and xid are two 32-bit fields. */
function nextXid(view: DataView, layout: ControlLayout): bigint {
  if (layout.wideXid) return view.getBigUint64(layout.offsets.nextXid, true);
  const epoch = BigInt(view.getUint32(layout.offsets.nextXid, true));
  return (epoch << 32n) | BigInt(view.getUint32(layout.offsets.nextXid + 4, true));
}
