import { judgeServer } from '../checks/all-checks.ts';
import { untoldFacts } from '../checks/server-facts.ts';
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
import { examinationOf } from '../server/examination.ts';
import type { ServerIdentity } from '../server/identity.ts';
import { askFacts } from './ask-facts.ts';
import { hostFacts, lookAtHost, seeArchive, type HostRequest } from './look-at-host.ts';

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
    const told =
      sql === undefined
        ? untoldFacts(opened.server, examinationOf(opened.server), settings.user)
        : await askFacts(sql, opened.server, { ownSession: replication && sessionName(settings), signal });
    const archive = await seeArchive(told, request, options);
    const facts = { ...told, host: await hostFacts(told, request, archive, options) };
    const server = facts.identity;
    // Without SQL each check says that it was not made.
    findings.push(...judgeServer(facts), ...(await lookAtHost(facts, request, archive)));
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
    if (isAboutPassword(error) || isAboutKind(error)) throw error;
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

/** A server answered that is not of the kind that was asked for: it is not the one to examine. */
function isAboutKind(error: unknown): boolean {
  return error instanceof BackupError && error.kind === 'session-attrs';
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
    fix: error.hint ?? (isAboutHba(error) ? say('doctor.login.fix') : say('doctor.login.other.fix')),
  };
}

/** invalid_authorization_specification: what pg_hba.conf refuses, in whatever language the server says it. */
function isAboutHba(error: BackupError): boolean {
  return error instanceof ServerError && error.sqlState === '28000';
}
