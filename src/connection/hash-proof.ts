import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { BodyReader } from '../protocol/body-reader.ts';
import { protocolViolation } from '../protocol/protocol-violation.ts';
import { md5Hex } from './md5-password.ts';
import { passwordKey } from './password-key.ts';
import { sm3 } from './sm3.ts';

/** Iterations that a server means when it names none (`ITERATION_COUNT`, sha2.h). */
const defaultIterations = 10_000;

/** Body of the requests SHA256 (10) and SM3 (13). */
export interface HashChallenge {
  /** How the server keeps the password: 2 SHA256, 3 SM3. */
  readonly storedMethod: number;
  /** 32 bytes. */
  readonly salt: Uint8Array;
  /** 4 bytes. */
  readonly token: Uint8Array;
  /** The server's own proof; sent only to clients of protocol 3.0. */
  readonly serverSignature: Uint8Array | undefined;
  readonly iterations: number;
}

export interface ProofOptions {
  readonly limit: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Decodes a challenge: int32 stored method, salt (64 hex digits), token (8), and then nothing (protocol 3.50), the iterations in
 * 4 bytes (3.51) or the signature of the server in 64 hex digits (3.0). Source: auth.cpp of openGauss and recorded logins.
 */
export function decodeHashChallenge(body: Uint8Array): HashChallenge {
  const reader = new BodyReader(body, 'Authentication');
  const storedMethod = reader.int32();
  const salt = hexField(reader, 64);
  const token = hexField(reader, 8);
  const serverSignature = reader.remaining === 64 ? hexField(reader, 64) : undefined;
  const iterations = reader.remaining > 0 ? reader.int32() : defaultIterations;
  reader.end();
  return { storedMethod, salt, token, serverSignature, iterations };
}

/**
 * The answer to SHA256 or SM3: 64 lowercase hex digits.
 * K = PBKDF2-HMAC-SHA1(password, salt); the proof is HMAC-SHA256(H("Client Key" of K), token) XOR "Client Key" of K.
 * @throws BackupError `AUTHENTICATION` when the server's signature shows that it does not know this password
 */
export async function hashProof(password: string, challenge: HashChallenge, options: ProofOptions): Promise<string> {
  const usesSm3 = challenge.storedMethod === 3;
  if (!usesSm3 && challenge.storedMethod !== 2) {
    throw new BackupError('AUTHENTICATION', say('connection.stored-method', { method: challenge.storedMethod }));
  }
  const { salt, iterations, token, serverSignature } = challenge;
  const key = await passwordKey({ digest: 'sha1', password, salt, iterations, ...options });
  if (serverSignature !== undefined) {
    const expected = hmac(serverKey(key, usesSm3), token);
    if (!timingSafeEqual(expected, serverSignature)) {
      throw new BackupError('AUTHENTICATION', say('connection.wrong-server-signature'), {
        hint: say('connection.wrong-server-signature-hint'),
      });
    }
  }
  const clientKey = hmac(key, 'Client Key');
  const mask = hmac(usesSm3 ? sm3(clientKey) : sha256(clientKey), token);
  return Buffer.from(clientKey.map((byte, index) => byte ^ (mask[index] ?? 0))).toString('hex');
}

/** The label of SHA256 is misspelt in the server, so it is part of the protocol. */
function serverKey(key: Uint8Array, usesSm3: boolean): Buffer {
  return hmac(key, usesSm3 ? 'Server Key' : 'Sever Key');
}

/**
 * The answer to MD5_SHA256 (11; body: salt in 64 hex digits, 4 bytes of md5 salt), which comes when pg_hba.conf says md5 and the
 * password is stored as sha256: `md5` and md5 over what the server stores (salt, server key, stored key, iterations as text) and the
 * md5 salt. The stock client leaves out the iterations and is refused. They are not transmitted: the default is assumed.
 */
export async function md5Sha256Password(password: string, body: Uint8Array, options: ProofOptions): Promise<string> {
  const reader = new BodyReader(body, 'Authentication');
  const salt = hexField(reader, 64);
  const md5Salt = reader.bytes(4);
  reader.end();
  const key = await passwordKey({ digest: 'sha1', password, salt, iterations: defaultIterations, ...options });
  const stored = [
    Buffer.from(salt).toString('hex'),
    serverKey(key, false).toString('hex'),
    sha256(hmac(key, 'Client Key')).toString('hex'),
    iterationText(defaultIterations),
  ].join('');
  return `md5${md5Hex(Buffer.concat([Buffer.from(stored, 'latin1'), md5Salt]))}`;
}

/** How the server writes the iterations behind a stored password: 11 characters, a digit added to each, lowest digit first. */
function iterationText(iterations: number): string {
  const digits = String(iterations).padStart(11, '0');
  return Array.from('ecdfdcefade', (letter, index) => {
    return String.fromCharCode(letter.charCodeAt(0) + Number(digits[10 - index]));
  }).join('');
}

function hexField(reader: BodyReader, length: number): Uint8Array {
  const text = reader.text(length);
  if (!/^[0-9a-f]+$/i.test(text)) {
    throw protocolViolation(
      say('protocol.malformed', { message: 'Authentication', detail: say('protocol.detail.no-digits') }),
    );
  }
  return Buffer.from(text, 'hex');
}

function hmac(key: Uint8Array, data: string | Uint8Array): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

function sha256(data: Uint8Array): Buffer {
  return createHash('sha256').update(data).digest();
}
