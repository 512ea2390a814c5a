import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { BodyReader } from '../protocol/body-reader.ts';
import { encodePassword, encodeSaslInitialResponse, encodeSaslResponse } from '../protocol/frontend-messages.ts';
import { unexpectedMessage } from '../protocol/protocol-violation.ts';
import { md5Password } from './md5-password.ts';
import { decodeHashChallenge, hashProof, md5Sha256Password } from './hash-proof.ts';
import { chooseScram } from './choose-scram.ts';
import { checkRequest, type LoginRules } from './login-rules.ts';
import { ScramClient } from './scram.ts';
import { ServerError } from './server-error.ts';
import type { Session } from './session.ts';

/** Codes of the authentication request that are never answered, by name. Both products, except as noted. */
const unsupportedNames: Readonly<Record<number, string>> = {
  2: 'Kerberos V5',
  6: 'SCM credentials',
  7: 'GSSAPI',
  8: 'GSSAPI',
  9: 'SSPI',
  12: 'SHA256_RFC',
  14: 'IAM',
};
const defaultIterationLimit = 10_000_000;

export interface Credentials {
  readonly user: string;
  readonly password: string | (() => Promise<string | undefined>) | undefined;
  readonly maxAuthIterations: number | undefined;
}

export interface AuthenticationRequest {
  readonly code: number;
  readonly body: Uint8Array;
}

/** What happened so far: decides whether connecting again in another way could be a second try of a rejected password. */
export interface Progress {
  passwordSent: boolean;
  /** The request that was answered last. */
  answeredCode?: number | undefined;
  /** The server got all that it asked for; of SCRAM, it proved itself. */
  answered: boolean;
  /** The login is tied to the TLS connection. */
  bound: boolean;
  /** Of the server, in DER; undefined without TLS. */
  serverCertificate?: Uint8Array | undefined;
}

export function newProgress(): Progress {
  return { passwordSent: false, answered: false, bound: false };
}

interface Exchange {
  readonly session: Session;
  readonly credentials: Credentials;
  readonly rules: LoginRules;
  readonly progress: Progress;
  readonly signal: AbortSignal | undefined;
}

/**
 * Answers one authentication request; of SASL the whole exchange. AuthenticationOk (0) is for the caller.
 * @throws BackupError `AUTHENTICATION`
 */
export async function answerRequest(
  exchange: Exchange,
  request: AuthenticationRequest,
  dialect: 'postgresql' | 'opengauss',
): Promise<void> {
  const { code, body } = request;
  checkRequest(exchange.rules, { code, dialect });
  exchange.progress.answeredCode = code;
  if (code === 3) {
    await reply(exchange, encodePassword(await passwordOf(exchange)));
  } else if (code === 5) {
    const salt = new BodyReader(body, 'AuthenticationMD5Password').bytes(4);
    const password = await passwordOf(exchange);
    await reply(exchange, encodePassword(md5Password(password, exchange.credentials.user, salt)));
  } else if (dialect === 'postgresql' && code === 10) {
    await scram(exchange, body);
  } else if (dialect === 'opengauss' && (code === 10 || code === 13)) {
    const challenge = decodeHashChallenge(body);
    const password = await passwordOf(exchange);
    await reply(exchange, encodePassword(await hashProof(password, challenge, proofOptions(exchange))));
  } else if (dialect === 'opengauss' && code === 11) {
    const password = await passwordOf(exchange);
    await reply(exchange, encodePassword(await md5Sha256Password(password, body, proofOptions(exchange))));
  } else {
    const name = unsupportedNames[code] ?? 'unknown';
    throw new BackupError('AUTHENTICATION', say('connection.unsupported-authentication', { code, name }));
  }
  exchange.progress.answered = true;
}

async function scram(exchange: Exchange, body: Uint8Array): Promise<void> {
  const { rules, progress } = exchange;
  const { mechanism, binding } = chooseScram(decodeMechanisms(body), rules, progress.serverCertificate);
  const password = await passwordOf(exchange);
  const client = new ScramClient(undefined, binding);
  await exchange.session.write(encodeSaslInitialResponse(mechanism, client.first()), exchange);
  const serverFirst = await expectSasl(exchange, 11);
  await reply(exchange, encodeSaslResponse(await client.final(serverFirst, password, proofOptions(exchange))));
  client.verify(await expectSasl(exchange, 12));
  progress.bound = 'data' in binding;
}

/** The text of the next message, AuthenticationSASLContinue (11) or AuthenticationSASLFinal (12). */
async function expectSasl({ session, signal }: Exchange, code: number): Promise<string> {
  const message = await session.receive({ signal });
  if (message.type === 'ErrorResponse') throw new ServerError(message.fields);
  // AuthenticationOk before the server's own proof would be a server that does not know the password.
  if (message.type !== 'Authentication' || message.code !== code)
    throw unexpectedMessage(message, say('protocol.phase.login'));
  return Buffer.from(message.body).toString('utf8');
}

function decodeMechanisms(body: Uint8Array): string[] {
  const reader = new BodyReader(body, 'AuthenticationSASL');
  const mechanisms: string[] = [];
  for (let name = reader.cString(); name !== ''; name = reader.cString()) mechanisms.push(name);
  reader.end();
  return mechanisms;
}

async function reply({ session, progress, signal }: Exchange, message: Uint8Array): Promise<void> {
  progress.passwordSent = true;
  await session.write(message, { signal });
}

async function passwordOf({ credentials }: Exchange): Promise<string> {
  const { password } = credentials;
  const value = typeof password === 'function' ? await password() : password;
  if (value === undefined || value === '') {
    throw new BackupError('AUTHENTICATION', say('connection.no-password'), {
      hint: say('connection.no-password-hint'),
      kind: 'no-password',
    });
  }
  if (value.includes('\0')) throw new BackupError('AUTHENTICATION', say('connection.password-has-zero'));
  return value;
}

/** Whether opening a connection failed only because the server wants a password and none was given: ask for one and open again. */
export function needsPassword(error: unknown): boolean {
  return error instanceof BackupError && error.kind === 'no-password';
}

function proofOptions({ credentials, signal }: Exchange) {
  return { limit: credentials.maxAuthIterations ?? defaultIterationLimit, signal };
}
