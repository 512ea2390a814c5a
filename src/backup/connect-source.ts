import { ServerError } from '../connection/server-error.ts';
import { say, type Message } from '../messages/message.ts';
import { openReplicationSession, type ReplicationSession, type SessionSettings } from '../replication/open-session.ts';
import { openSuitableSession } from '../replication/suitable-session.ts';
import { refusesChannel } from '../server/refusals.ts';
import type { BackupNews } from './events.ts';
import type { BackupOrder } from './request.ts';

/** The session of a backup, and the settings with which further ones reach the same place in the same way. */
export interface ConnectedSource {
  readonly session: ReplicationSession;
  readonly settings: SessionSettings;
  /** The server leaves files out because of the client name that was used. */
  readonly missesFiles: boolean;
}

/** A name that no server treats in a special way. */
const plainName = 'gausskeep';

/**
 * Opens the session of a backup under the client name with which the server sends everything. Where it refuses the role
 * under that name, and only if the request allows it, under another one.
 */
export async function connectSource(
  request: BackupOrder,
  { signal, tell }: { readonly signal: AbortSignal; readonly tell: (news: BackupNews) => void },
): Promise<ConnectedSource> {
  const onAttempt = (sentence: Message): void => tell({ type: 'step', sentence });
  const open = (settings: SessionSettings) => openReplicationSession(settings, { signal, onAttempt });
  let tried = request.source;
  const openNoted = (settings: SessionSettings) => {
    tried = settings;
    return open(settings);
  };
  try {
    const sources = [request.source, ...(request.otherSources ?? [])] as const;
    const { session, settings: source } = await openSuitableSession(sources, openNoted, { signal });
    const { applicationName, filesForApplicationName } = session.capabilities;
    const given = source.parameters?.['application_name'];
    if (filesForApplicationName.length === 0 || given === undefined || given === applicationName) {
      return { session, settings: source, missesFiles: false };
    }
    // PGAPPNAME must not decide whether the configuration is in the backup.
    await session.connection.close();
    const settings = named(source, applicationName);
    return { session: await open(settings), settings, missesFiles: false };
  } catch (error) {
    if (!request.allowMissingConfig || !(error instanceof ServerError) || !refusesChannel(error.fields)) throw error;
    tell({ type: 'warning', sentence: say('backup.other-name', { name: plainName }) });
    const settings = named(tried, plainName);
    const { session } = await openSuitableSession([settings], open, { signal });
    return { session, settings, missesFiles: true };
  }
}

function named(settings: SessionSettings, applicationName: string): SessionSettings {
  return { ...settings, parameters: { ...settings.parameters, application_name: applicationName } };
}
