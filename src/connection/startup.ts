import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import type { ErrorFields } from '../protocol/backend-messages.ts';
import { encodeStartup, protocolVersion } from '../protocol/frontend-messages.ts';
import { unexpectedMessage } from '../protocol/protocol-violation.ts';
import { answerRequest, type Progress } from './authenticate.ts';
import type { Abortable } from './connection.ts';
import { checkLogin } from './login-rules.ts';
import { ServerError } from './server-error.ts';
import type { Session } from './session.ts';
import type { ConnectionSettings } from './settings.ts';

/** What `detect` and the default protocol version come to in one attempt. */
export interface Speech {
  readonly dialect: 'detect' | 'postgresql' | 'opengauss';
  readonly version: number;
}

export function speechOf({ dialect = 'detect', protocolVersion: version }: ConnectionSettings): Speech {
  const spoken = version ?? (dialect === 'postgresql' ? protocolVersion.v3_0 : protocolVersion.v3_51);
  return { version: spoken, dialect: dialect === 'detect' && (spoken & 0xffff) === 0 ? 'postgresql' : dialect };
}

/** Requests that are answered in one login. Servers ask once; each answer may cost seconds of key derivation. */
const mostRequests = 4;

/**
 * Startup packet, authentication, and everything up to the first ReadyForQuery.
 * Source: PostgreSQL documentation, "Message Flow", Start-up.
 * @throws ServerError when the server refuses; a ReadyForQuery after such an error is not a login (openGauss sends one)
 */
export async function startSession(
  session: Session,
  settings: ConnectionSettings,
  speech: Speech,
  progress: Progress,
  { signal }: Abortable,
): Promise<void> {
  await session.write(encodeStartup(speech.version, startupParameters(settings)), { signal });
  try {
    await logIn(session, settings, speech, progress, { signal });
  } catch (error) {
    throw closedWithoutWord(error, session, progress) ?? error;
  }
  for (;;) {
    const message = await session.receive({ signal });
    switch (message.type) {
      case 'BackendKeyData':
        session.cancelKey = { processId: message.processId, secretKey: message.secretKey };
        break;
      case 'ErrorResponse':
        throw new ServerError(message.fields);
      case 'ReadyForQuery':
        session.loggedIn();
        return;
      default:
        throw unexpectedMessage(message, say('protocol.phase.session'));
    }
  }
}

/** openGauss hangs up without an answer where pg_hba.conf has no line for us: an end before any message has its own advice. */
function closedWithoutWord(error: unknown, session: Session, progress: Progress): BackupError | undefined {
  if (session.heard || progress.answeredCode !== undefined || !(error instanceof BackupError)) return undefined;
  if (error.kind !== 'connection-lost') return undefined;
  return error.with({ hint: say('connection.closed-at-login-hint'), kind: 'closed-at-login' });
}

async function logIn(
  session: Session,
  settings: ConnectionSettings,
  speech: Speech,
  progress: Progress,
  { signal }: Abortable,
): Promise<void> {
  const { user, password, maxAuthIterations } = settings;
  const rules = { channelBinding: settings.channelBinding ?? 'prefer', requireAuth: settings.requireAuth } as const;
  const exchange = { session, credentials: { user, password, maxAuthIterations }, rules, progress, signal };
  const refused = (fields: ErrorFields) =>
    new ServerError(fields, { hint: refusalHint(fields['C'], settings, progress) });
  for (let requests = 0; ;) {
    const message = await session.receive({ signal });
    switch (message.type) {
      case 'NegotiateProtocolVersion':
        session.negotiated = true;
        break;
      case 'Authentication':
        if (message.code === 0) {
          checkLogin(rules, progress);
          return;
        }
        requests += 1;
        if (requests > mostRequests) {
          throw new BackupError('PROTOCOL_VIOLATION', say('connection.login-rounds', { limit: mostRequests }), {
            hint: say('connection.login-endless-hint'),
          });
        }
        try {
          await answerRequest(exchange, message, dialectOf(session, speech));
        } catch (error) {
          // In the middle of SASL; everywhere else the refusal is the next message.
          throw error instanceof ServerError ? refused(error.fields) : error;
        }
        break;
      case 'ErrorResponse':
        throw refused(message.fields);
      default:
        throw unexpectedMessage(message, say('protocol.phase.login'));
    }
  }
}

/** Every PostgreSQL answers a minor version that it does not know with NegotiateProtocolVersion, before it asks for a password. */
function dialectOf(session: Session, { dialect }: Speech): 'postgresql' | 'opengauss' {
  if (dialect !== 'detect') return dialect;
  return session.negotiated ? 'postgresql' : 'opengauss';
}

function startupParameters(settings: ConnectionSettings): [string, string][] {
  const { user, database, replication, parameters = {} } = settings;
  const pairs: [string, string | undefined][] = [
    ['user', user],
    ['database', database],
    ['replication', replication],
    ...Object.entries(parameters),
  ];
  return pairs.filter((pair): pair is [string, string] => pair[1] !== undefined);
}

function refusalHint(
  sqlState: string | undefined,
  settings: ConnectionSettings,
  progress: Progress,
): Message | undefined {
  if (sqlState !== '28P01' || !progress.passwordSent) return undefined;
  if (progress.answeredCode === 11) return say('connection.md5-sha256-hint');
  if (settings.passwordFile === undefined) return undefined;
  return say('connection.password-from-file', { path: settings.passwordFile });
}
