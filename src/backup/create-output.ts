import { showSetting } from '../replication/identify.ts';
import type { ReplicationSession } from '../replication/open-session.ts';
import { MembersOutput } from './members-output.ts';
import type { Output, OutputParts } from './output.ts';
import { PlainOutput } from './plain-output.ts';
import type { BackupTarget } from './request.ts';
import { StreamOutput } from './stream-output.ts';
import { TarOutput } from './tar-output.ts';

/** The output for `target`. */
export async function createOutput(target: BackupTarget, parts: OutputParts): Promise<Output> {
  switch (target.kind) {
    case 'plain':
      return new PlainOutput(parts, target, await groupMayRead(parts.session));
    case 'tar':
      return new TarOutput(parts, target);
    case 'stream':
      return new StreamOutput(parts, target);
    case 'members':
      return new MembersOutput(target.sink);
  }
}

/** Whether the source lets its group read the data directory; the copy then does so too. PostgreSQL 11 and later. */
async function groupMayRead({ connection, capabilities }: ReplicationSession): Promise<boolean> {
  if (!capabilities.directoryModeSetting) return false;
  const mode = await showSetting(connection, 'data_directory_mode');
  return (Number.parseInt(mode, 8) & 0o050) !== 0;
}
