import { judgeServer } from '../checks/all-checks.ts';
import type { ServerFacts } from '../checks/server-facts.ts';
import { worstOf, type ServerFinding, type Severity } from '../checks/server-finding.ts';
import { needsPassword } from '../connection/authenticate.ts';
import { ServerError } from '../connection/server-error.ts';
import type { Connection } from '../connection/connection.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import { openSqlConnection } from '../replication/ask-slot.ts';
import {
  openReplicationSession,
  sessionName,
  type ReplicationSession,
  type SessionSettings,
} from '../replication/open-session.ts';
import { recogniseServer } from '../replication/recognise-server.ts';
import { openSuitableSession } from '../replication/suitable-session.ts';
import type { ServerIdentity } from '../server/identity.ts';
import { askFacts } from './ask-facts.ts';
import { hostFacts, lookAtHost, seeArchive, type HostRequest, type SeenArchive } from './look-at-host.ts';

export interface ExamineRequest extends HostRequest {
  /** The server, or several of which the first that answers is examined. `port` is the SQL port. */
  readonly sources: readonly [SessionSettings, ...SessionSettings[]];
}

export interface ExamineOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told what is tried, for `-v`. */
  readonly onAttempt?: ((sentence: Message) => void) | undefined;
}

/** What was found, and where. */
export interface Examination {
  readonly server: ServerIdentity;
  readonly host: string;
  readonly port: number;
  /** In the order in which they were looked at. */
  readonly findings: readonly ServerFinding[];
  readonly worst: Severity;
}

/**
 * Looks at a server as the backup programs would reach it, and judges what stands in the way of a backup or a recovery. Changes nothing.
 * @throws BackupError why nobody lets us in, where neither a replication session nor SQL is possible
 */
export async function examine(
  { sources, ...request }: ExamineRequest,
  { signal, onAttempt }: ExamineOptions = {},
): Promise<Examination> {
  const opened = await openBoth(sources, { signal, onAttempt });
  const { replication, sql, settings } = opened;
  try {
    const findings = [...opened.findings];
    const options = { replication, host: settings.host, signal };
    let { server } = opened;
    let facts: ServerFacts | undefined;
    let archive: SeenArchive | undefined;
    if (sql !== undefined) {
      const told = await askFacts(sql, server, { ownSession: replication && sessionName(settings), signal });
      archive = await seeArchive(told, request, options);
      facts = { ...told, host: await hostFacts(told, request, archive, options) };
      server = facts.identity;
      findings.push(...judgeServer(facts));
    } else archive = await seeArchive(undefined, request, options);
    findings.push(...(await lookAtHost(facts, request, archive)));
    await Promise.all([replication?.connection.close(), sql?.close()]);
    return { server, host: settings.host, port: settings.port, findings, worst: worstOf(findings) };
  } finally {
    replication?.connection.destroy();
    sql?.destroy();
  }
}

interface Opened {
  readonly replication: ReplicationSession | undefined;
  readonly sql: Connection | undefined;
  readonly server: ServerIdentity;
  readonly settings: SessionSettings;
  /** About the two logins. */
  readonly findings: readonly ServerFinding[];
}

async function openBoth(sources: ExamineRequest['sources'], { signal, onAttempt }: ExamineOptions): Promise<Opened> {
  const open = (source: SessionSettings) => openReplicationSession(source, { signal, onAttempt });
  try {
    const { session, settings } = await openSuitableSession(sources, open, { signal });
    const login = { user: settings.user, host: settings.host, port: session.endpoint.port };
    const first: ServerFinding = {
      check: 'replication-login',
      severity: 'ok',
      what: say('doctor.replication-login.ok', login),
    };
    try {
      const sql = await openSqlConnection(settings, { signal });
      const second: ServerFinding = {
        check: 'sql-login',
        severity: 'ok',
        what: say('doctor.sql-login.ok', { ...login, port: settings.port }),
      };
      return { replication: session, sql, server: session.identity, settings, findings: [first, second] };
    } catch (error) {
      const second = loginFinding('sql-login', error, signal);
      return { replication: session, sql: undefined, server: session.identity, settings, findings: [first, second] };
    }
  } catch (error) {
    if (isAboutPassword(error)) throw error;
    const [settings] = sources;
    const first = loginFinding('replication-login', error, signal);
    // Where replication is refused, SQL may still tell why; where nobody answers, nothing does.
    const sql = await openSqlConnection(settings, { signal }).catch(() => {
      throw error;
    });
    return { replication: undefined, sql, server: await recogniseServer(sql, { signal }), settings, findings: [first] };
  }
}

/** The same password would be refused again, and a few such tries lock an account; where there is none, one is asked for first. */
function isAboutPassword(error: unknown): boolean {
  return needsPassword(error) || (error instanceof ServerError && error.sqlState === '28P01');
}

function loginFinding(
  check: 'replication-login' | 'sql-login',
  error: unknown,
  signal: AbortSignal | undefined,
): ServerFinding {
  signal?.throwIfAborted();
  if (!(error instanceof BackupError)) throw error;
  const reason = error.sentence;
  const isReplication = check === 'replication-login';
  return {
    check,
    // Without SQL a backup works, and what was not looked at is said.
    severity: isReplication ? 'error' : 'warning',
    what: isReplication ? say('doctor.replication-login', { reason }) : say('doctor.sql-login', { reason }),
    why: isReplication ? say('doctor.replication-login.why') : say('doctor.sql-login.why'),
    fix: error.hint ?? say('doctor.login.fix'),
  };
}
