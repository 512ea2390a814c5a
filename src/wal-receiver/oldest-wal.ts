import { BackupError } from '../errors/backup-error.ts';
import { openReplicationSession, type ReplicationSession, type SessionSettings } from '../replication/open-session.ts';
import { startWalStream } from '../replication/start-wal-stream.ts';
import { lsn, type Lsn } from '../wal/lsn.ts';
import { segmentStart, type TimelineId } from '../wal/segment.ts';

export interface OldestWalRequest {
  readonly source: SessionSettings;
  /** A session to the server, which may be closed. */
  readonly session: ReplicationSession;
  readonly timeline: TimelineId;
  /** Start of a segment that the server has removed. */
  readonly fromLsn: Lsn;
  readonly segmentSizeBytes: number;
  readonly signal: AbortSignal;
}

/**
 * The first position behind `fromLsn` from which the server still has its WAL: the start of a segment. Found by asking for segments
 * over new sessions, halving the distance to the server's end, because no command tells it; servers remove the oldest first.
 */
export async function findOldestWal(request: OldestWalRequest): Promise<Lsn> {
  const { session, fromLsn, segmentSizeBytes } = request;
  const size = BigInt(segmentSizeBytes);
  let missing = fromLsn / size;
  let there = segmentStart(session.system.flushLsn, segmentSizeBytes) / size;
  while (there - missing > 1n) {
    const middle = (there + missing) / 2n;
    if (await hasSegment(request, lsn(middle * size))) there = middle;
    else missing = middle;
  }
  return lsn((there > missing ? there : missing + 1n) * size);
}

/** Whether the server begins to stream at the start of a segment. */
async function hasSegment(
  { source, session, timeline, segmentSizeBytes, signal }: OldestWalRequest,
  startLsn: Lsn,
): Promise<boolean> {
  const { systemIdentifier } = session.system;
  const probe = await openReplicationSession(source, {
    signal,
    systemIdentifier,
    replicationPort: session.endpoint.port,
  });
  try {
    const request = { startLsn, timeline, systemIdentifier };
    const stream = await startWalStream(probe.connection, probe.capabilities, request, { signal, segmentSizeBytes });
    await stream.next({ signal });
    return true;
  } catch (error) {
    if (error instanceof BackupError && error.code === 'WAL_MISSING') return false;
    throw error;
  } finally {
    probe.connection.destroy();
  }
}
