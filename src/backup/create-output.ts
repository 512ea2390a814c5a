import { showSetting } from '../replication/identify.ts';
import type { ReplicationSession } from '../replication/open-session.ts';
import type { Output, OutputParts } from './output.ts';
import { PlainBackup } from './plain-backup.ts';
import { StreamBackup } from './stream-backup.ts';
import { TarBackup } from './tar-backup.ts';

/** The output that `request` asks for. */
export async function createOutput(parts: OutputParts): Promise<Output> {
  const { output } = parts.request;
  if (output.kind === 'plain') return new PlainBackup(parts, output, await groupMayRead(parts.session));
  return output.kind === 'tar' ? new TarBackup(parts, output) : new StreamBackup(parts, output);
}

/** Whether the source lets its group read the data directory; the copy then does so too. PostgreSQL 11 and later. */
async function groupMayRead({ connection, capabilities }: ReplicationSession): Promise<boolean> {
  if (!capabilities.directoryModeSetting) return false;
  const mode = await showSetting(connection, 'data_directory_mode');
  return (Number.parseInt(mode, 8) & 0o050) !== 0;
}
