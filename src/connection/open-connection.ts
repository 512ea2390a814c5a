import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { encodeCancelRequest, protocolVersion } from '../protocol/frontend-messages.ts';
import { newProgress, type Progress } from './authenticate.ts';
import type { ByteChannel } from './byte-channel.ts';
import { connectFailure, connectFailures, silentError } from './connect-failure.ts';
import type { Abortable, Connection } from './connection.ts';
import { dial, requestTls } from './dial.ts';
import type { Patience } from './patience.ts';
import { ServerError } from './server-error.ts';
import { Session } from './session.ts';
import type { ConnectionSettings } from './settings.ts';
import { speechOf, startSession, type Speech } from './startup.ts';
import { startTls } from './start-tls.ts';
import { targetsOf, type Target } from './target.ts';

export interface OpenConnection extends Connection {
  /**
   * Asks the server, over a connection of its own, to cancel what this session runs. Does nothing when the server gave no key for
   * that: sessions of an openGauss WAL sender end by being closed.
   */
  cancel(options?: Abortable): Promise<void>;
}

type Encryption = 'none' | 'if-offered' | 'required';

/** What an attempt got to; decides whether another way of connecting may be tried. */
interface Attempt extends Progress {
  encrypted: boolean;
  encryptionFailed: boolean;
}

/**
 * Connects, logs in and waits until the server takes commands. Every address of the host is tried; a server that refuses the login
 * ends the search, and a password is sent once at most.
 * @throws BackupError `SERVER_UNREACHABLE`, `AUTHENTICATION` (see `needsPassword`), `CONFIG_INVALID`, `PROTOCOL_VIOLATION`;
 * ServerError when the server said why; the reason of `signal`
 */
export async function openConnection(settings: ConnectionSettings, options: Abortable = {}): Promise<OpenConnection> {
  const failures: BackupError[] = [];
  for (const target of await targetsOf(settings, options)) {
    try {
      return await openTarget(target, settings, options);
    } catch (error) {
      if (!(error instanceof BackupError) || error.code !== 'SERVER_UNREACHABLE') throw error;
      failures.push(error);
    }
  }
  const [first] = failures;
  if (first === undefined) throw new TypeError('no address to connect to');
  if (failures.length === 1) throw first;
  const lines = { items: failures.map((failure) => failure.sentence), separator: '\n' };
  const retryable = failures.some((failure) => failure.retryable);
  throw first.with({ sentence: say('connection.failed-several', { lines }), cause: first, retryable });
}

/** All ways of talking to one address, within one connect time-out. */
async function openTarget(
  target: Target,
  settings: ConnectionSettings,
  { signal }: Abortable,
): Promise<OpenConnection> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), loginTimeoutMs(settings));
  const signals = signal === undefined ? [timeout.signal] : [signal, timeout.signal];
  const earlier: unknown[] = [];
  try {
    return await openInTurn(target, settings, speechOf(settings), earlier, { signal: AbortSignal.any(signals) });
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason;
    if (!timeout.signal.aborted) throw connectFailures(target, earlier, error, settings);
    const expired = new BackupError('SERVER_UNREACHABLE', say('connection.time-out'), {
      hint: say('connection.time-out-hint'),
      kind: 'login-time-out',
    });
    throw connectFailure(target, expired);
  } finally {
    clearTimeout(timer);
  }
}

const leastLoginMs = 60_000;
const longestLoginMs = 600_000;

/** A login as a whole ends some time, however busily the server keeps it going. */
export function loginTimeoutMs({
  connectTimeoutMs,
  inactivityTimeoutMs,
}: Pick<ConnectionSettings, 'connectTimeoutMs' | 'inactivityTimeoutMs'>): number {
  if (connectTimeoutMs !== undefined) return connectTimeoutMs;
  return inactivityTimeoutMs === undefined ? longestLoginMs : Math.max(inactivityTimeoutMs, leastLoginMs);
}

/**
 * Tries the encryptions that the sslmode allows one after the other, as libpq does, but never after a password was sent.
 * @param earlier gets the failures of those that were tried in vain before the last one
 */
async function openInTurn(
  target: Target,
  settings: ConnectionSettings,
  speech: Speech,
  earlier: unknown[],
  options: Abortable,
): Promise<OpenConnection> {
  const encryptions = encryptionsOf(target, settings);
  for (const [index, encryption] of encryptions.entries()) {
    const attempt = newAttempt();
    try {
      return await openOnce(target, settings, speech, encryption, attempt, options);
    } catch (error) {
      if (options.signal?.aborted === true || attempt.passwordSent) throw error;
      if (speech.dialect === 'detect' && isUnknownVersion(error)) {
        // PostgreSQL up to 10.2 refuses a version that it does not know instead of negotiating.
        const older: Speech = { dialect: 'postgresql', version: protocolVersion.v3_0 };
        return await openInTurn(target, settings, older, earlier, options);
      }
      if (index + 1 === encryptions.length || !mayHelp(error, encryption, attempt)) throw error;
      earlier.push(error);
    }
  }
  throw new TypeError('no way to connect');
}

function newAttempt(): Attempt {
  return { ...newProgress(), encrypted: false, encryptionFailed: false };
}

function encryptionsOf(target: Target, { sslmode = 'prefer' }: ConnectionSettings): readonly Encryption[] {
  if ('socketPath' in target) return ['none'];
  if (sslmode === 'disable') return ['none'];
  if (sslmode === 'allow') return ['none', 'required'];
  return sslmode === 'prefer' ? ['if-offered', 'none'] : ['required'];
}

/** Whether the other encryption could change the server's mind: rules of pg_hba.conf name the encryption (class 28), and so does `require_ssl` of openGauss (57P03). */
function mayHelp(error: unknown, encryption: Encryption, attempt: Attempt): boolean {
  if (attempt.encryptionFailed) return encryption === 'if-offered';
  if (encryption === 'if-offered' && !attempt.encrypted) return false;
  return error instanceof ServerError && (error.sqlState === '28000' || error.sqlState === '57P03');
}

function isUnknownVersion(error: unknown): boolean {
  return error instanceof ServerError && error.sqlState === '0A000';
}

async function openOnce(
  target: Target,
  settings: ConnectionSettings,
  speech: Speech,
  encryption: Encryption,
  attempt: Attempt,
  options: Abortable,
): Promise<OpenConnection> {
  const channel = await dial(target, patienceOf(settings, options), settings);
  try {
    if (encryption !== 'none') await encrypt(channel, settings, encryption, attempt, options);
    const session = new CancellableSession(target, channel, settings, attempt.encrypted);
    session.inactivityTimeoutMs = settings.inactivityTimeoutMs;
    if (settings.onNotice !== undefined) session.onNotice = settings.onNotice;
    await startSession(session, settings, speech, attempt, options);
    return session;
  } catch (error) {
    channel.destroy();
    throw error;
  }
}

/** The inactivity time-out holds while connecting, too. */
function patienceOf({ inactivityTimeoutMs }: ConnectionSettings, { signal }: Abortable): Patience {
  return { signal, timeoutMs: inactivityTimeoutMs, onTimeout: () => silentError(inactivityTimeoutMs ?? 0) };
}

async function encrypt(
  channel: ByteChannel,
  settings: ConnectionSettings,
  encryption: Encryption,
  attempt: Attempt,
  options: Abortable,
): Promise<void> {
  const patience = patienceOf(settings, options);
  const isDirect = settings.tls?.negotiation === 'direct';
  if (isDirect) checkDirect(settings);
  const answer = isDirect ? 'accepted' : await requestTls(channel, patience);
  if (answer === 'accepted') {
    attempt.encryptionFailed = true;
    attempt.serverCertificate = await startTls(channel, settings.host, settings, patience);
    attempt.encryptionFailed = false;
    attempt.encrypted = true;
  } else if (answer === 'refused' && encryption === 'if-offered') {
    channel.setOneAtATime(false);
  } else {
    attempt.encryptionFailed = true;
    throw new BackupError('SERVER_UNREACHABLE', say('connection.no-tls'), {
      hint: say('connection.no-tls-hint'),
      kind: 'no-tls',
      retryable: false,
    });
  }
}

/** Without an answer of the server, nothing says that it does without TLS: a mode that would fall back makes no sense. */
function checkDirect({ sslmode = 'prefer' }: ConnectionSettings): void {
  if (sslmode === 'require' || sslmode === 'verify-ca' || sslmode === 'verify-full') return;
  throw new BackupError('CONFIG_INVALID', say('connection.weak-direct', { mode: sslmode }));
}

class CancellableSession extends Session implements OpenConnection {
  readonly #target: Target;
  readonly #settings: ConnectionSettings;
  readonly #encrypted: boolean;
  readonly user: string;

  constructor(target: Target, channel: ByteChannel, settings: ConnectionSettings, encrypted: boolean) {
    super(target.endpoint, channel, settings.trace);
    this.#target = target;
    this.#settings = settings;
    this.#encrypted = encrypted;
    this.user = settings.user;
  }

  async cancel(options: Abortable = {}): Promise<void> {
    if (this.cancelKey === undefined) return;
    const channel = await dial(this.#target, patienceOf(this.#settings, options));
    try {
      const attempt = newAttempt();
      if (this.#encrypted) await encrypt(channel, this.#settings, 'required', attempt, options);
      await channel.write(encodeCancelRequest(this.cancelKey.processId, this.cancelKey.secretKey), options);
      // The server closes the connection when it has dealt with the request.
      await channel.readable(options);
    } finally {
      channel.destroy();
    }
  }
}
