import type { Abortable, Connection } from '../connection/connection.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { unexpectedMessage } from '../protocol/protocol-violation.ts';
import type { Capabilities } from '../server/capabilities.ts';
import { formatLsn, type Lsn } from '../wal/lsn.ts';
import { defaultSegmentSizeBytes, type TimelineId } from '../wal/segment.ts';
import { checkSameSystem, identifySystem } from './identify.ts';
import { serverFailureDuring } from './server-failure.ts';
import { slotWord } from './slots.ts';
import { WalStream } from './wal-stream.ts';
import { readNextTimeline } from './wal-timeline-end.ts';

export interface WalStreamRequest {
  /** Where to begin; the first byte that comes. Receivers begin at the start of a segment. */
  readonly startLsn: Lsn;
  readonly timeline: TimelineId;
  readonly slot?: string | undefined;
  /** Report what is durable also without a slot, which makes us a candidate for a synchronous standby. */
  readonly synchronous?: boolean | undefined;
  /** The instance that must be at the other end; `SYSTEM_MISMATCH` otherwise. */
  readonly systemIdentifier?: string | undefined;
}

export interface WalStreamOptions extends Abortable {
  /** Longest time between two status updates in ms; 0: only when the server asks. Default 10 s. openGauss: at most 2 s. */
  readonly statusIntervalMs?: number | undefined;
  /** Default 16 MiB. */
  readonly segmentSizeBytes?: number | undefined;
  /** The clock, ms since 1970, which may be put back; for tests. */
  readonly now?: (() => number) | undefined;
  /** Milliseconds since some moment, which never go back; for tests. */
  readonly passedMs?: (() => number) | undefined;
}

/** START_REPLICATION in the grammar of the server. */
export function startReplicationCommand(capabilities: Capabilities, request: WalStreamRequest): string {
  const slot = request.slot === undefined ? '' : ` SLOT ${slotWord(capabilities, request.slot)}`;
  const timeline = capabilities.walStream.timelines ? ` TIMELINE ${request.timeline}` : '';
  const physical = capabilities.walStream.timelines ? ' PHYSICAL' : '';
  return `START_REPLICATION${slot}${physical} ${formatLsn(request.startLsn)}${timeline}`;
}

/**
 * Starts physical replication. The connection belongs to the stream afterwards. Before, IDENTIFY_SYSTEM makes sure that
 * the session is a physical one (on a database session the command can crash an openGauss server) and that it leads to the
 * right instance. When the timeline has ended at or before `startLsn`, the stream is at its end at once.
 * Source: PostgreSQL manual, "Streaming Replication Protocol"; `docs/design/opengauss.md`.
 * @throws ServerError (`WAL_MISSING`: the segment was removed), BackupError `SYSTEM_MISMATCH`, `PROTOCOL_VIOLATION`
 */
export async function startWalStream(
  connection: Connection,
  capabilities: Capabilities,
  request: WalStreamRequest,
  options: WalStreamOptions = {},
): Promise<WalStream> {
  const system = await identifySystem(connection, options);
  if (system.database !== undefined) throw new BackupError('USAGE', say('replication.physical-only'));
  if (request.systemIdentifier !== undefined) checkSameSystem(request.systemIdentifier, system.systemIdentifier);
  const settings = {
    startLsn: request.startLsn,
    timeline: request.timeline,
    reportFlush: request.slot !== undefined || request.synchronous === true,
    statusIntervalMs: options.statusIntervalMs ?? 10_000,
    segmentSizeBytes: options.segmentSizeBytes ?? defaultSegmentSizeBytes,
    now: options.now ?? Date.now,
    passedMs: options.passedMs ?? (() => performance.now()),
  };
  await connection.send(startReplicationCommand(capabilities, request), options);
  const message = await connection.receive(options);
  switch (message.type) {
    case 'CopyBothResponse':
      return new WalStream(connection, capabilities.walStream, settings);
    case 'RowDescription': {
      const next = await readNextTimeline(connection, request.timeline, options, message.columns);
      return new WalStream(connection, capabilities.walStream, settings, { reason: 'timeline', next });
    }
    case 'ErrorResponse':
      throw serverFailureDuring('replication.failed-wal', message.fields, connection.user);
    default:
      throw unexpectedMessage(message, say('protocol.phase.stream-start'));
  }
}
