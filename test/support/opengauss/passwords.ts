import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { authentication, int32 } from '../scripted/messages.ts';

/** `password_encryption_type` of the server at the time the password was set. */
export type StoredKind = 'sha256' | 'md5' | 'combined' | 'sm3';
export type HbaMethod = 'trust' | 'md5' | 'sha256' | 'sm3' | 'reject';

export interface StoredPassword {
  readonly kind: StoredKind;
  readonly user: string;
  readonly password: string;
  readonly salt: Buffer;
  readonly iterations: number;
}

/** What is asked of the client, and how its answer is judged. */
export interface Challenge {
  readonly code: 5 | 10 | 11 | 13;
  readonly message: Buffer;
  accepts(answer: string): boolean;
}

const never = (): boolean => false;

function hmac(key: Uint8Array, data: Uint8Array | string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

function md5Hex(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

interface Keys {
  readonly clientKey: Buffer;
  readonly serverKey: Buffer;
  readonly storedKey: Buffer;
}

/** The keys a server stores. The server key's label of SHA256 is misspelled in the protocol itself. */
function keysOf(stored: StoredPassword, hash: 'sha256' | 'sm3'): Keys {
  const salted = pbkdf2Sync(stored.password, stored.salt, stored.iterations, 32, 'sha1');
  const clientKey = hmac(salted, 'Client Key');
  return {
    clientKey,
    serverKey: hmac(salted, hash === 'sm3' ? 'Server Key' : 'Sever Key'),
    storedKey: createHash(hash).update(clientKey).digest(),
  };
}

/** The eleven characters that end a stored SHA256 password and say its iteration count. */
export function encodedIterations(iterations: number): string {
  return Array.from('ecdfdcefade', (letter, digit) =>
    String.fromCharCode(letter.charCodeAt(0) + (Math.floor(iterations / 10 ** digit) % 10)),
  ).join('');
}

function md5Challenge(stored: StoredPassword | undefined): Challenge {
  const salt = randomBytes(4);
  const expected = stored && `md5${md5Hex(md5Hex(stored.password, stored.user), salt)}`;
  return { code: 5, message: authentication(5, salt), accepts: (answer) => answer === expected };
}

function md5Sha256Challenge(stored: StoredPassword): Challenge {
  const salt = randomBytes(4);
  const { serverKey, storedKey } = keysOf(stored, 'sha256');
  const kept =
    stored.salt.toString('hex') +
    serverKey.toString('hex') +
    storedKey.toString('hex') +
    encodedIterations(stored.iterations);
  const expected = `md5${md5Hex(kept, salt)}`;
  const body = Buffer.from(stored.salt.toString('hex'));
  return { code: 11, message: authentication(11, body, salt), accepts: (answer) => answer === expected };
}

/** SHA256 and SM3: the layout depends on the minor version, below 50 with signature, above 50 with iterations. */
function proofChallenge(code: 10 | 13, stored: StoredPassword, minor: number, real: boolean): Challenge {
  const token = randomBytes(4);
  const { serverKey, storedKey } = keysOf(stored, code === 13 ? 'sm3' : 'sha256');
  const parts = [
    int32(code === 13 ? 3 : 2),
    Buffer.from(stored.salt.toString('hex')),
    Buffer.from(token.toString('hex')),
  ];
  if (minor < 50) parts.push(Buffer.from(hmac(serverKey, token).toString('hex')));
  if (minor > 50) parts.push(int32(stored.iterations));
  const accepts = (answer: string): boolean => {
    if (!/^[0-9a-f]{64}$/.test(answer)) return false;
    const proof = Buffer.from(answer, 'hex');
    const mask = hmac(storedKey, token);
    const clientKey = Buffer.from(proof.map((byte, at) => byte ^ mask[at]!));
    return createHash(code === 13 ? 'sm3' : 'sha256')
      .update(clientKey)
      .digest()
      .equals(storedKey);
  };
  return { code, message: authentication(code, ...parts), accepts: real ? accepts : never };
}

/** An unknown user gets the same salt on every try, so that it cannot be told from a known one. */
function madeUp(user: string): StoredPassword {
  const salt = createHash('sha256').update(`no such user ${user}`).digest();
  return { kind: 'sha256', user, password: salt.toString('hex'), salt, iterations: 10_000 };
}

/**
 * Chooses the request by access method, stored password and protocol version, as recorded (auth-hba-*, auth-native-unknown-user).
 * @param stored undefined: no such user
 */
export function challengeFor(
  method: 'md5' | 'sha256' | 'sm3',
  user: string,
  stored: StoredPassword | undefined,
  minor: number,
): Challenge {
  if (!stored) return minor >= 50 ? proofChallenge(10, madeUp(user), minor, false) : md5Challenge(undefined);
  if (method === 'sm3' || stored.kind === 'sm3') {
    const real = method === 'sm3' && stored.kind === 'sm3';
    return proofChallenge(13, real ? stored : madeUp(user), minor, real);
  }
  if (method === 'md5') return stored.kind === 'sha256' ? md5Sha256Challenge(stored) : md5Challenge(stored);
  if (stored.kind === 'md5' || (stored.kind === 'combined' && minor < 50)) return md5Challenge(stored);
  return proofChallenge(10, stored, minor, true);
}
