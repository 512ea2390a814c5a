import { configDirectoryName } from '../manifest/config-origin.ts';
import { say, type Message } from '../messages/message.ts';
import type { TablespaceRow } from '../replication/base-backup.ts';
import type { Capabilities } from '../server/capabilities.ts';
import type { BackupTarget } from './request.ts';

export interface AdviceFacts {
  readonly capabilities: Capabilities;
  readonly output: BackupTarget;
  readonly tablespaces: readonly TablespaceRow[];
  readonly missesFiles: boolean;
  /** Which files of the configuration are not in the backup, and where they are; undefined when none is missing. */
  readonly elsewhere: Message | undefined;
  /** What the configuration that was taken along includes from places that were not; undefined: nothing. */
  readonly included: Message | undefined;
  /** The server has configuration that an earlier backup took along; it was left out. */
  readonly leftConfiguration: boolean;
}

/** What the user must know before the copy is used. */
export function adviceOf({
  capabilities,
  output,
  tablespaces,
  missesFiles,
  elsewhere,
  included,
  leftConfiguration,
}: AdviceFacts): Message[] {
  const advice: Message[] = [];
  if (missesFiles) {
    advice.push(say('backup.missing-files', { files: capabilities.filesForApplicationName.join(', ') }));
  }
  if (elsewhere !== undefined) advice.push(elsewhere, say('backup.config-outside.advice'));
  if (included !== undefined) advice.push(included);
  if (leftConfiguration) advice.push(say('backup.left-configuration', { directory: configDirectoryName }));
  // A server that starts no new timeline overwrites the archive of its source as soon as a copy is started with its settings.
  if (capabilities.newTimelineAfterRecovery) return advice;
  if (output.kind === 'plain') advice.push(say('backup.source-settings'));
  else if (tablespaces.length > 1) advice.push(say('backup.tar-map'));
  return advice;
}
