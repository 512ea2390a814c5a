import type { Abortable, Connection, Endpoint } from '../connection/connection.ts';
import { openConnection } from '../connection/open-connection.ts';
import { ServerError } from '../connection/server-error.ts';
import type { ConnectionSettings } from '../connection/settings.ts';
import { BackupError } from '../errors/backup-error.ts';
import type { ErrorKind } from '../errors/codes.ts';
import { say, type Message } from '../messages/message.ts';
import { capabilitiesOf } from '../server/capabilities-of.ts';
import type { Capabilities } from '../server/capabilities.ts';
import { describeServer, type ServerIdentity } from '../server/identity.ts';
import { roleWord } from '../server/refusals-access.ts';
import { refusalOf, refusesChannel, wantsReplicationPort } from '../server/refusals.ts';
import { checkSameSystem, identifySystem, type SystemIdentity } from './identify.ts';
import { recogniseServer } from './recognise-server.ts';

/** A physical replication session to a server that is known by product. Close its connection when done. */
export interface ReplicationSession {
  readonly connection: Connection;
  readonly identity: ServerIdentity;
  readonly capabilities: Capabilities;
  readonly system: SystemIdentity;
  /** Where the connection leads: perhaps the HA port instead of the one that was named. */
  readonly endpoint: Endpoint;
  /**
   * Another session of the same run to the same place. Ask for a second one with this: no port is searched for again.
   * @throws BackupError `SYSTEM_MISMATCH` when it leads to another instance
   */
  readonly openAnother: (options?: AnotherSessionOptions) => Promise<ReplicationSession>;
}

export interface AnotherSessionOptions extends Abortable {
  /** Settings of the server for that session, by name, sent with its login. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
}

/** Where to open replication sessions, and as whom. `port` is the SQL port. */
export interface SessionSettings extends ConnectionSettings {
  /** The port for replication, where it was named (`--ha-port`) or found before; `port` is then not tried. */
  readonly replicationPort?: number | undefined;
  /** The user is likely to mean a server that has a port of its own for replication: advice about it is of use. Default false. */
  readonly advisesReplicationPort?: boolean | undefined;
  /** What kind of server will do, where there is a choice or the user wants to be sure. See `openSuitableSession`. */
  readonly targetSessionAttrs?: TargetSessionAttrs | undefined;
}

/** Kinds of servers, as libpq names them. */
export type TargetSessionAttrs = 'any' | 'read-write' | 'read-only' | 'primary' | 'standby' | 'prefer-standby';

export interface ReplicationSessionOptions extends Abortable {
  /** Takes the place of that in the settings. */
  readonly replicationPort?: number | undefined;
  /** The instance that must be there; `SYSTEM_MISMATCH` otherwise. */
  readonly systemIdentifier?: string | undefined;
  /** Told about each attempt and its reason, for `-v`. */
  readonly onAttempt?: ((attempt: Message) => void) | undefined;
  /** For tests. */
  readonly open?: typeof openConnection | undefined;
}

const defaultApplicationName = 'gs_basebackup';

/** The client name under which a session with these settings is open. */
export function sessionName({ parameters }: SessionSettings): string {
  return parameters?.['application_name'] ?? defaultApplicationName;
}

/**
 * Opens a physical replication session on the port of `settings`, which is the SQL port. Protocol 3.51 is offered first:
 * PostgreSQL negotiates it down, openGauss takes it, so that the product is known before a password is sent.
 * Another port is used only when an openGauss server on that port says that replication must go to its HA port (port + 1),
 * or when `replicationPort` names one. A rejected password ends everything.
 * @param settings `replication` and `database` are set here; without an application name it is `gs_basebackup`, with which
 * openGauss sends its configuration along
 * @throws ServerError with advice; BackupError `SERVER_UNREACHABLE`, `AUTHENTICATION`, `SYSTEM_MISMATCH`, `SERVER_ERROR` (product or release not supported)
 */
export async function openReplicationSession(
  settings: SessionSettings,
  options: ReplicationSessionOptions = {},
): Promise<ReplicationSession> {
  const replicationPort = options.replicationPort ?? settings.replicationPort;
  const physical: SessionSettings = {
    ...settings,
    port: replicationPort ?? settings.port,
    replicationPort,
    replication: 'true',
    database: 'replication',
    parameters: { application_name: defaultApplicationName, ...settings.parameters },
  };
  const { connection, port } = await connect(physical, options);
  try {
    const identity = await recogniseServer(connection, options);
    options.onAttempt?.(
      say('replication.recognised', { endpoint: endpointText(connection.endpoint), server: describeServer(identity) }),
    );
    const system = await identifySystem(connection, options);
    if (options.systemIdentifier !== undefined) checkSameSystem(options.systemIdentifier, system.systemIdentifier);
    const again = { ...options, replicationPort: port, systemIdentifier: system.systemIdentifier };
    return {
      connection,
      identity,
      capabilities: capabilitiesOf(identity, connection.parameters),
      system,
      endpoint: connection.endpoint,
      openAnother: ({ signal, settings: own } = {}) =>
        openReplicationSession({ ...settings, parameters: { ...settings.parameters, ...own } }, { ...again, signal }),
    };
  } catch (error) {
    connection.destroy();
    throw error;
  }
}

/** The connection, and the port on which it came about. */
async function connect(
  settings: SessionSettings,
  options: ReplicationSessionOptions,
): Promise<{ connection: Connection; port: number }> {
  const open = options.open ?? openConnection;
  options.onAttempt?.(say('replication.attempt', { endpoint: placeText(settings) }));
  try {
    return { connection: await open(settings, { signal: options.signal }), port: settings.port };
  } catch (error) {
    const toldToGoThere = error instanceof ServerError && wantsReplicationPort(error.fields);
    if (!toldToGoThere || settings.replicationPort !== undefined) throw advised(error, settings);
  }
  const port = settings.port + 1;
  options.onAttempt?.(say('replication.attempt-ha-port', { port }));
  try {
    return { connection: await open({ ...settings, port }, { signal: options.signal }), port };
  } catch (error) {
    if (error instanceof ServerError && refusesChannel(error.fields)) {
      throw advisedRefusal(
        error,
        settings.user,
        say('refusal.ha-channel-thread-pool', { user: roleWord(settings.user) }),
      );
    }
    throw advised(error, { ...settings, replicationPort: port });
  }
}

/** Failures whose own advice fits better than that about ports. */
const knowsMore: ReadonlySet<ErrorKind | undefined> = new Set<ErrorKind>([
  'closed-at-login',
  'unknown-host',
  'no-tls',
  'login-time-out',
  'tls-refused',
]);

/** The same error with advice: for what the server refused, or for a port on which nobody answered. */
function advised(error: unknown, settings: SessionSettings): unknown {
  if (error instanceof ServerError) return advisedRefusal(error, settings.user);
  const nobodyThere = error instanceof BackupError && error.code === 'SERVER_UNREACHABLE';
  const isAdvised = settings.advisesReplicationPort === true && settings.replicationPort === undefined;
  if (!nobodyThere || !isAdvised || knowsMore.has(error.kind)) return error;
  return error.with({ hint: say('replication.unreachable.hint', { port: settings.port + 1 }) });
}

function advisedRefusal(error: ServerError, user: string, better?: Message): ServerError {
  const refusal = refusalOf(error.fields, { user });
  // About a password the connection knows more, for example the file that it came from.
  const hint = error.sqlState === '28P01' ? (error.hint ?? refusal.hint) : (refusal.hint ?? error.hint);
  return error.with({ hint: better ?? hint, code: refusal.code, retryable: refusal.retryable });
}

function placeText({ host, port }: ConnectionSettings): string {
  return endpointText({ kind: host.startsWith('/') ? 'unix' : 'tcp', host, port });
}

function endpointText({ kind, host, port }: Endpoint): string {
  if (kind === 'unix') return `${host}/.s.PGSQL.${port}`;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
