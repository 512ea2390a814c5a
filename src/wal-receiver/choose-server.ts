import { BackupError, reasonFor } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import {
  openReplicationSession,
  type ReplicationSession,
  type SessionSettings,
  type TargetSessionAttrs,
} from '../replication/open-session.ts';
import { refusalOfKind } from '../replication/suitable-session.ts';
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
 * Opens a session to the one server that was named, whatever it is, or to the first of several that is a primary of the instance;
 * where the first source has `targetSessionAttrs`, to the first that is of that kind.
 * @throws what the one server refused; of several `SERVER_UNREACHABLE`, or the first failure if none can pass by itself
 */
export async function chooseServer(
  sources: readonly [SessionSettings, ...SessionSettings[]],
  options: ChooseServerOptions,
): Promise<ChosenServer> {
  const [only, ...others] = sources;
  const wanted = only.targetSessionAttrs;
  if (others.length === 0 && wanted === undefined) return examined(await open(only, options), options);
  const refused = new Set<SessionSettings>();
  if (wanted !== 'prefer-standby') return firstFit(sources, wanted, refused, options);
  try {
    return await firstFit(sources, 'standby', refused, options);
  } catch (error) {
    options.signal.throwIfAborted();
    // Not a second try of a password that was wrong: openGauss locks an account after some.
    const others = sources.filter((source) => !refused.has(source));
    if (others.length === 0) throw error;
    return firstFit(others, 'any', refused, options);
  }
}

/** @param refused gets those that did not let us in */
async function firstFit(
  sources: readonly SessionSettings[],
  wanted: Exclude<TargetSessionAttrs, 'prefer-standby'> | undefined,
  refused: Set<SessionSettings>,
  options: ChooseServerOptions,
): Promise<ChosenServer> {
  const failures: unknown[] = [];
  for (const source of sources) {
    try {
      const chosen = await open(source, options);
      const unfit = await unfitFor(chosen, wanted, options);
      if (unfit === undefined) return await examined(chosen, options);
      failures.push(unfit);
    } catch (error) {
      options.signal.throwIfAborted();
      failures.push(error);
      // Would never be said where another host answers: another instance in the list, or a primary of the past that is back.
      if (!(error instanceof BackupError)) throw error;
      if (error.code === 'AUTHENTICATION') refused.add(source);
      if (!error.retryable && sources.length > 1) {
        options.onSkipped(say('receiver.skipped-server', { server: nameOf(source), reason: reasonFor(error) }));
      }
    }
  }
  throw noneFits(failures, wanted);
}

/** Why this one is not taken. Unless the user says otherwise, all do that are not known to be a standby. */
async function unfitFor(
  { session, source, isPrimary }: ChosenServer,
  wanted: Exclude<TargetSessionAttrs, 'prefer-standby'> | undefined,
  { signal }: ChooseServerOptions,
): Promise<BackupError | undefined> {
  if (wanted !== undefined) return refusalOfKind(session, wanted, { signal });
  if (isPrimary !== false) return undefined;
  session.connection.destroy();
  return new BackupError('SERVER_UNREACHABLE', say('receiver.not-primary', { server: nameOf(source) }));
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

function noneFits(failures: readonly unknown[], wanted: TargetSessionAttrs | undefined): unknown {
  const canPass = failures.some((error) => error instanceof BackupError && error.retryable);
  const [first] = failures;
  if (!canPass || failures.length === 1) return first;
  const reasons = { items: failures.map((error) => reasonFor(error)), separator: '; ' };
  const count = failures.length;
  const sentence =
    wanted === undefined
      ? say('receiver.no-primary', { count, reasons })
      : say('receiver.none-fits', { wanted, reasons });
  return new BackupError('SERVER_UNREACHABLE', sentence, { cause: first });
}

function nameOf({ host, port, replicationPort }: SessionSettings): string {
  const named = host.includes(':') ? `[${host}]` : host;
  return `${named}:${replicationPort ?? port}`;
}
