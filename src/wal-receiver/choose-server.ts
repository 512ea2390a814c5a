import { BackupError, reasonOf } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import { openReplicationSession, type ReplicationSession, type SessionSettings } from '../replication/open-session.ts';
import { serverRole } from '../replication/server-role.ts';

export interface ChooseServerOptions {
  readonly signal: AbortSignal;
  /** The instance whose WAL is received, once it is known. */
  readonly systemIdentifier: string | undefined;
  readonly onAttempt: (attempt: Message) => void;
  /** A server was left out, and why. */
  readonly onSkipped: (sentence: Message) => void;
  /** Throws where the WAL of this server does not follow what is held; then another one may. */
  readonly examine: (server: ChosenServer) => Promise<void>;
}

export interface ChosenServer {
  readonly session: ReplicationSession;
  readonly source: SessionSettings;
  /** The server makes WAL itself; undefined where it does not tell. */
  readonly isPrimary: boolean | undefined;
}

/** A server that says nothing for so long is taken for gone, in ms, unless the settings say otherwise. */
const defaultInactivityMs = 60_000;

/**
 * Opens a session to the one server that was named, whatever it is, or to the first of several that is a primary of the instance.
 * @throws what the one server refused; of several `SERVER_UNREACHABLE`, or the first failure if none can pass by itself
 */
export async function chooseServer(
  sources: readonly [SessionSettings, ...SessionSettings[]],
  options: ChooseServerOptions,
): Promise<ChosenServer> {
  const [only, ...others] = sources;
  if (others.length === 0) return examined(await open(only, options), options);
  const failures: unknown[] = [];
  for (const source of sources) {
    try {
      const chosen = await open(source, options);
      if (chosen.isPrimary !== false) return await examined(chosen, options);
      chosen.session.connection.destroy();
      const standby = new BackupError('SERVER_UNREACHABLE', say('receiver.not-primary', { server: nameOf(source) }));
      failures.push(standby);
    } catch (error) {
      options.signal.throwIfAborted();
      failures.push(error);
      // Would never be said where another host answers: another instance in the list, or a primary of the past that is back.
      if (!(error instanceof BackupError)) throw error;
      if (!error.retryable) {
        options.onSkipped(say('receiver.skipped-server', { server: nameOf(source), reason: reasonOf(error) }));
      }
    }
  }
  throw noPrimary(failures);
}

async function examined(chosen: ChosenServer, { examine }: ChooseServerOptions): Promise<ChosenServer> {
  try {
    await examine(chosen);
    return chosen;
  } catch (error) {
    chosen.session.connection.destroy();
    throw error;
  }
}

async function open(source: SessionSettings, options: ChooseServerOptions): Promise<ChosenServer> {
  const { signal, systemIdentifier, onAttempt } = options;
  const inactivityTimeoutMs = source.inactivityTimeoutMs ?? defaultInactivityMs;
  const parameters = { application_name: 'gausskeep', ...source.parameters };
  const settings = { ...source, inactivityTimeoutMs, parameters };
  const session = await openReplicationSession(settings, { signal, systemIdentifier, onAttempt });
  try {
    const role = await serverRole(session, { signal });
    return { session, source: settings, isPrimary: role === 'unknown' ? undefined : role === 'primary' };
  } catch (error) {
    session.connection.destroy();
    throw error;
  }
}

function noPrimary(failures: readonly unknown[]): unknown {
  const canPass = failures.some((error) => error instanceof BackupError && error.retryable);
  const [first] = failures;
  if (!canPass) return first;
  const reasons = failures.map((error) => reasonOf(error)).join('; ');
  return new BackupError('SERVER_UNREACHABLE', say('receiver.no-primary', { count: failures.length, reasons }), {
    cause: first,
  });
}

function nameOf({ host, port, replicationPort }: SessionSettings): string {
  const named = host.includes(':') ? `[${host}]` : host;
  return `${named}:${replicationPort ?? port}`;
}
