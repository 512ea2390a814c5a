import type { Abortable } from '../connection/connection.ts';
import { ServerError } from '../connection/server-error.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import { showSetting } from './identify.ts';
import type { ReplicationSession, SessionSettings, TargetSessionAttrs } from './open-session.ts';
import { serverRole } from './server-role.ts';

export interface SuitableSession {
  readonly session: ReplicationSession;
  /** Those of `sources` that led there. */
  readonly settings: SessionSettings;
}

/**
 * A session on the first of several servers that answers and is of the kind that `targetSessionAttrs` of the first wants. As in libpq,
 * a server that is away or still starts is passed over; one that refuses the login ends the search, and its password goes nowhere else.
 * `prefer-standby` takes any where no standby is.
 * @param open how a session is opened; the settings lead to one server
 * @throws what `open` throws; BackupError `SERVER_UNREACHABLE` where none is suitable, with the reasons of all
 */
export async function openSuitableSession(
  sources: readonly [SessionSettings, ...SessionSettings[]],
  open: (settings: SessionSettings) => Promise<ReplicationSession>,
  options: Abortable = {},
): Promise<SuitableSession> {
  const wanted = sources[0].targetSessionAttrs ?? 'any';
  const passes: readonly Exclude<TargetSessionAttrs, 'prefer-standby'>[] =
    wanted === 'prefer-standby' ? ['standby', 'any'] : [wanted];
  let failures: BackupError[] = [];
  for (const kind of passes) {
    failures = [];
    for (const settings of sources) {
      try {
        const session = await open(settings);
        const reason = await refusalOfKind(session, kind, options);
        if (reason === undefined) return { session, settings };
        failures.push(reason);
      } catch (error) {
        options.signal?.throwIfAborted();
        if (!(error instanceof BackupError) || !isAway(error)) throw error;
        failures.push(error);
      }
    }
  }
  throw summary(failures);
}

/** Out of reach now, or not up yet (cannot_connect_now). */
function isAway(error: BackupError): boolean {
  return error.code === 'SERVER_UNREACHABLE' || (error instanceof ServerError && error.sqlState === '57P03');
}

function summary(failures: readonly BackupError[]): BackupError {
  const [first] = failures;
  if (first === undefined) throw new TypeError('no server to connect to');
  if (failures.length === 1) return first;
  const lines = { items: failures.map((failure) => failure.sentence), separator: '\n' };
  const retryable = failures.some((failure) => failure.retryable);
  return first.with({ sentence: say('connection.failed-several', { lines }), cause: first, retryable });
}

/**
 * Why the server of a session is not of the kind that is wanted; undefined where it is. A session that is not taken is closed.
 * @throws ServerError, BackupError when the server cannot be asked
 */
export async function refusalOfKind(
  session: ReplicationSession,
  kind: Exclude<TargetSessionAttrs, 'prefer-standby'>,
  options: Abortable = {},
): Promise<BackupError | undefined> {
  if (kind === 'any') return undefined;
  let sentence: Message | undefined;
  try {
    sentence = await unfit(session, kind, options);
  } catch (error) {
    session.connection.destroy();
    throw error;
  }
  if (sentence === undefined) return undefined;
  await session.connection.close();
  return new BackupError('SERVER_UNREACHABLE', sentence, { kind: 'session-attrs' });
}

async function unfit(
  session: ReplicationSession,
  kind: 'read-write' | 'read-only' | 'primary' | 'standby',
  options: Abortable,
): Promise<Message | undefined> {
  const { host, port } = session.endpoint;
  const place = { host, port };
  const role = await serverRole(session, options);
  // A server that does not say what it is gets taken for nothing.
  if (role === 'unknown') return say('replication.role-unknown', { ...place, wanted: kind });
  if (kind === 'primary') return role === 'primary' ? undefined : say('replication.not-primary', place);
  if (kind === 'standby') return role === 'standby' ? undefined : say('replication.not-standby', place);
  const readOnly = role === 'standby' || (await isReadOnlyByDefault(session, options));
  if (kind === 'read-only') return readOnly ? undefined : say('replication.not-read-only', place);
  return readOnly ? say('replication.read-only', place) : undefined;
}

/** Of a primary. Where SHOW does not work in a replication session, the role is all that can be asked. */
async function isReadOnlyByDefault({ connection, capabilities }: ReplicationSession, options: Abortable) {
  return capabilities.show && (await showSetting(connection, 'default_transaction_read_only', options)) === 'on';
}
