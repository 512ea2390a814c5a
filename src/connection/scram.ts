import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { BackupError } from '../errors/backup-error.ts';
import { say, type MessageValue } from '../messages/message.ts';
import { protocolViolation } from '../protocol/protocol-violation.ts';
import { passwordKey } from './password-key.ts';
import { saslPrepare } from './sasl-prepare.ts';

export const scramMechanism = 'SCRAM-SHA-256';
/** The same, tied to the TLS connection. */
export const scramPlusMechanism = 'SCRAM-SHA-256-PLUS';

/**
 * Part of RFC 5802's GS2 header, and what it announces: no channel binding; one that we could have and the server did not offer, so
 * that a server which did offer it finds out that somebody took it away; or this one. There is no authorization identity.
 */
export type ScramBinding =
  { readonly header: 'n,,' | 'y,,' } | { readonly header: 'p=tls-server-end-point,,'; readonly data: Uint8Array };

export interface ScramOptions {
  readonly limit: number;
  readonly signal?: AbortSignal | undefined;
}

/** The client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677) as PostgreSQL speaks it: the user name stays empty. */
export class ScramClient {
  readonly #nonce: string;
  readonly #binding: ScramBinding;
  #serverSignature: Buffer | undefined;

  /** @param nonce printable ASCII without comma; random unless a test gives it */
  constructor(nonce = randomBytes(18).toString('base64'), binding: ScramBinding = { header: 'n,,' }) {
    this.#nonce = nonce;
    this.#binding = binding;
  }

  get #firstBare(): string {
    return `n=,r=${this.#nonce}`;
  }

  first(): Buffer {
    return Buffer.from(this.#binding.header + this.#firstBare, 'utf8');
  }

  /**
   * The client-final-message for the server-first-message.
   * @throws BackupError `PROTOCOL_VIOLATION`; `AUTHENTICATION` for too many iterations
   */
  async final(serverFirst: string, password: string, options: ScramOptions): Promise<Buffer> {
    const [nonce, salt, iterations] = parseServerFirst(serverFirst);
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length)
      throw malformed(say('protocol.detail.nonce'));
    const key = await passwordKey({
      digest: 'sha256',
      password: saslPrepare(password),
      salt: Buffer.from(salt, 'base64'),
      iterations,
      ...options,
    });
    const header = Buffer.from(this.#binding.header);
    const bound = 'data' in this.#binding ? Buffer.concat([header, this.#binding.data]) : header;
    const withoutProof = `c=${bound.toString('base64')},r=${nonce}`;
    const authMessage = `${this.#firstBare},${serverFirst},${withoutProof}`;
    this.#serverSignature = hmac(hmac(key, 'Server Key'), authMessage);
    const clientKey = hmac(key, 'Client Key');
    const mask = hmac(createHash('sha256').update(clientKey).digest(), authMessage);
    const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (mask[index] ?? 0)));
    return Buffer.from(`${withoutProof},p=${proof.toString('base64')}`, 'utf8');
  }

  /** Checks the server-final-message. @throws BackupError `AUTHENTICATION` when the server does not know the password either */
  verify(serverFinal: string): void {
    const [, signature] = /^v=([A-Za-z0-9+/]+={0,2})(?:,|$)/.exec(serverFinal) ?? [];
    if (signature === undefined) throw malformed('server-final-message');
    const actual = Buffer.from(signature, 'base64');
    const expected = this.#serverSignature;
    if (expected?.length === actual.length && timingSafeEqual(expected, actual)) return;
    throw new BackupError('AUTHENTICATION', say('connection.wrong-server-signature'), {
      hint: say('connection.wrong-server-signature-hint'),
    });
  }
}

function parseServerFirst(text: string): [nonce: string, salt: string, iterations: number] {
  const [, nonce, salt, iterations] =
    /^r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/]+={0,2}),i=([0-9]{1,10})(?:,|$)/.exec(text) ?? [];
  if (nonce === undefined || salt === undefined || iterations === undefined) throw malformed('server-first-message');
  return [nonce, salt, Number(iterations)];
}

function malformed(detail: MessageValue): BackupError {
  return protocolViolation(say('protocol.malformed', { message: 'AuthenticationSASL', detail }));
}

function hmac(key: Uint8Array, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}
