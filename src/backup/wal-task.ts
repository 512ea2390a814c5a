import { randomBytes } from 'node:crypto';
import type { ReplicationSession, SessionSettings } from '../replication/open-session.ts';
import type { Output } from './output.ts';
import type { WalSlot, WalTask } from './receive-wal.ts';
import type { BackupOrder } from './request.ts';

interface WalTaskParts {
  readonly request: BackupOrder;
  /** The settings with which `session` was opened. */
  readonly settings: SessionSettings;
  readonly session: ReplicationSession;
  readonly segmentSizeBytes: number;
  readonly output: Output;
}

/** What the WAL receiver of a streaming backup has to do. */
export function walTask({ request, settings, session, segmentSizeBytes, output }: WalTaskParts): WalTask {
  return {
    // The second connection goes where the first one ended up, and must find the same instance.
    source: { ...settings, replicationPort: session.endpoint.port },
    systemIdentifier: session.system.systemIdentifier,
    segmentSizeBytes,
    statusIntervalMs: request.statusIntervalMs,
    slot: slotOf(request, session),
    place: output.walPlace(),
    fileMode: output.fileMode,
    sync: request.sync,
  };
}

function slotOf({ slot }: BackupOrder, { capabilities }: ReplicationSession): WalSlot | undefined {
  switch (slot.kind) {
    case 'none':
      return undefined;
    case 'named':
      return slot;
    case 'default':
      if (capabilities.slots.usedByDefault === 'none') return undefined;
      return { kind: 'temporary', name: `gs_basebackup_${process.pid}_${randomBytes(3).toString('hex')}` };
  }
}
