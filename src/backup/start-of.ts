import type { BaseBackupEvent } from '../replication/base-backup.ts';
import type { ReplicationSession } from '../replication/open-session.ts';
import type { BackupStart } from './request.ts';

type Start = Extract<BaseBackupEvent, { type: 'start' }>;

/** What a server says of a backup that it has begun, with what its session says of it. */
export function startOf(
  { identity, capabilities, system }: ReplicationSession,
  { startLsn, timeline }: Start,
): BackupStart {
  const { systemIdentifier } = system;
  return { server: identity, walDirectory: capabilities.walDirectory, systemIdentifier, startLsn, timeline };
}
