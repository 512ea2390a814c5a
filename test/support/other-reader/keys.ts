import { createDecipheriv, hkdfSync, scryptSync } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { must, Refusal } from './refusal.ts';
import { idForm, numberOf, readSmallObject, textOf } from './small-object.ts';

export type FrameKind = 'aes-256-gcm' | 'sha256';

/** What `gausskeep-repository.json` says, and the master key of an encrypted repository. */
export interface Identity {
  readonly repository: Buffer;
  readonly frames: FrameKind;
  readonly master: Buffer | undefined;
}

const identityName = 'gausskeep-repository.json';
const maximumScryptBytes = 128 * 1024 * 1024;
const maximumKeys = 32;

/**
 * @param password of an encrypted repository; none for another one
 * @throws Refusal `NOT_FOUND`, `CORRUPT`, `REPOSITORY_VERSION`, `USAGE`, `WRONG_PASSWORD`, `DAMAGED_KEY`
 */
export function readIdentity(directory: string, password: string | undefined): Identity {
  const path = join(directory, identityName);
  if (!existsSync(path)) throw new Refusal('NOT_FOUND', `${directory} is no repository`);
  const members = readSmallObject(readFileSync(path), identityName);
  const repository = Buffer.from(textOf(members, 'repository', identityName, idForm), 'hex');
  const frames = textOf(members, 'frames', identityName, /^/) as FrameKind;
  if (!['aes-256-gcm', 'sha256'].includes(frames)) throw new Refusal('REPOSITORY_VERSION', `frames ${frames}`);
  if (frames === 'sha256') {
    must(members['keyCheck'] === null, `${identityName} has a key check without a key`);
    if (password !== undefined) throw new Refusal('USAGE', 'a password, and nothing is encrypted');
    return { repository, frames, master: undefined };
  }
  const keyCheck = textOf(members, 'keyCheck', identityName, idForm);
  if (password === undefined) throw new Refusal('USAGE', 'encrypted, and there is no password');
  const master = openMaster(directory, password, repository, keyCheck);
  return { repository, frames, master };
}

function openMaster(directory: string, password: string, repository: Buffer, keyCheck: string): Buffer {
  const folder = join(directory, 'keys');
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => /^[0-9a-f]{32}\.json$/.test(name)) : [];
  let sound = 0;
  for (const name of names.sort().slice(0, maximumKeys)) {
    const clearName = `keys/${name}`;
    const key = readKey(readFileSync(join(folder, name)), clearName);
    if (key === undefined) continue;
    sound += 1;
    const master = unwrap(key, password, clearName, repository);
    if (master !== undefined && checkOf(master, repository) === keyCheck) return master;
  }
  if (sound > 0) throw new Refusal('WRONG_PASSWORD', `none of ${sound} keys`);
  throw new Refusal('DAMAGED_KEY', `${names.length} keys, none of them sound`);
}

interface WrappedKey {
  readonly n: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Buffer;
  readonly wrapped: Buffer;
}

/** @returns undefined: damaged */
function readKey(bytes: Buffer, name: string): WrappedKey | undefined {
  try {
    const members = readSmallObject(bytes, name);
    textOf(members, 'kdf', name, /^scrypt$/);
    const [n, r, p] = ['n', 'r', 'p'].map((member) => numberOf(members, member, name)) as [number, number, number];
    must(Number.isInteger(Math.log2(n)) && n >= 2 ** 15 && n <= 2 ** 20, 'n');
    must(r >= 8 && r <= 16 && p >= 1 && p <= 4 && 128 * n * r <= maximumScryptBytes, 'r, p');
    const salt = Buffer.from(textOf(members, 'salt', name, /^[0-9a-f]{64}$/), 'hex');
    const wrapped = Buffer.from(textOf(members, 'wrapped', name, /^[0-9a-f]{120}$/), 'hex');
    return { n, r, p, salt, wrapped };
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** @returns undefined: the password is not that of this key */
function unwrap(key: WrappedKey, password: string, name: string, repository: Buffer): Buffer | undefined {
  const { n, r, p, salt, wrapped } = key;
  const secret = scryptSync(Buffer.from(password.normalize('NFC'), 'utf8'), salt, 32, {
    N: n,
    r,
    p,
    maxmem: 2 * maximumScryptBytes,
  });
  const decipher = createDecipheriv('aes-256-gcm', secret, wrapped.subarray(0, 12));
  decipher.setAAD(Buffer.concat([Buffer.from(name), Buffer.of(0), repository]));
  decipher.setAuthTag(wrapped.subarray(44));
  try {
    return Buffer.concat([decipher.update(wrapped.subarray(12, 44)), decipher.final()]);
  } catch {
    return undefined;
  }
}

function checkOf(master: Buffer, repository: Buffer): string {
  const info = Buffer.concat([Buffer.from('gausskeep key check'), Buffer.of(0, 1, 1)]);
  return derived(master, repository, info, 16).toString('hex');
}

/** HKDF-SHA-256. */
export function derived(master: Buffer, salt: Uint8Array, info: Buffer, length = 32): Buffer {
  return Buffer.from(hkdfSync('sha256', master, salt, info, length));
}
