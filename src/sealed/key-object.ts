import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { damaged, decodeSealed, encodeSealed } from '../storage/sealed-json.ts';

/** What scrypt costs: about 128·n·r bytes of memory, p times in turn. */
export interface KeyCost {
  /** A power of two, 2^15 … 2^20. */
  readonly n: number;
  /** 8 … 16. */
  readonly r: number;
  /** 1 … 4. */
  readonly p: number;
}

/** A password's copy of the master key. Format: docs/design/repository.md, `keys/ID.json`. */
export interface KeyObject {
  readonly cost: KeyCost;
  readonly salt: Uint8Array;
  /** Nonce, ciphertext, tag. */
  readonly wrapped: Uint8Array;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly note: string;
}

/** To what a key object is bound: its own name, `keys/ID.json`, and the id of the repository, 32 hex digits. */
export interface KeyPlace {
  readonly name: string;
  readonly repository: string;
}

const usualCost: KeyCost = { n: 2 ** 16, r: 8, p: 1 };
const mostMemory = 128 * 1024 * 1024;
const saltSize = 32;
const keySize = 32;
const nonceSize = 12;
const tagSize = 16;
const wrappedSize = nonceSize + keySize + tagSize;

/** The bytes of a new key object, which `password` opens. @param cost for tests; the default takes 64 MiB for a moment */
export async function wrapMaster(
  master: Uint8Array,
  password: string,
  {
    name,
    repository,
    note,
    createdAt,
    cost = usualCost,
  }: KeyPlace & { readonly note: string; readonly createdAt: string; readonly cost?: KeyCost },
): Promise<Buffer> {
  const salt = randomBytes(saltSize);
  const nonce = randomBytes(nonceSize);
  const key = await keyOf(password, salt, cost);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagSize });
  cipher.setAAD(boundTo({ name, repository }));
  const wrapped = Buffer.concat([nonce, cipher.update(master), cipher.final(), cipher.getAuthTag()]);
  const { n, r, p } = cost;
  const members = { kdf: 'scrypt', n, r, p, salt: salt.toString('hex'), wrapped: wrapped.toString('hex') };
  return encodeSealed({ format: 1, ...members, createdAt, note });
}

/**
 * @param name names it in the error
 * @throws BackupError `CORRUPT`: no key object, or one that would cost more than is allowed; `REPOSITORY_VERSION`
 */
export function decodeKeyObject(bytes: Uint8Array, name: string): KeyObject {
  const { kdf, n, r, p, salt, wrapped, createdAt, note } = decodeSealed(bytes, name);
  const cost = { n: numberOf(n), r: numberOf(r), p: numberOf(p) };
  const found = { salt: bytesOf(salt, saltSize), wrapped: bytesOf(wrapped, wrappedSize) };
  if (kdf !== 'scrypt' || !isAllowed(cost) || found.salt === undefined || found.wrapped === undefined) {
    throw damaged(name);
  }
  return {
    cost,
    salt: found.salt,
    wrapped: found.wrapped,
    createdAt: typeof createdAt === 'string' ? createdAt : '',
    note: typeof note === 'string' ? note : '',
  };
}

/** The master key; undefined: the password is wrong for this key object. Takes what `cost` says, off the main thread. */
export async function unwrapMaster(
  { cost, salt, wrapped }: KeyObject,
  password: string,
  place: KeyPlace,
): Promise<Uint8Array | undefined> {
  const key = await keyOf(password, salt, cost);
  const border = wrappedSize - tagSize;
  const decipher = createDecipheriv('aes-256-gcm', key, wrapped.subarray(0, nonceSize), { authTagLength: tagSize });
  decipher.setAAD(boundTo(place)).setAuthTag(wrapped.subarray(border));
  const master = decipher.update(wrapped.subarray(nonceSize, border));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return master;
}

function boundTo({ name, repository }: KeyPlace): Buffer {
  return Buffer.concat([Buffer.from(`${name}\0`), Buffer.from(repository, 'hex')]);
}

/** One password has several spellings in Unicode, and which one comes depends on the keyboard. */
function keyOf(password: string, salt: Uint8Array, { n, r, p }: KeyCost): Promise<Buffer> {
  const maxmem = 128 * r * (n + 2 + p) + 1024 * 1024;
  return new Promise((resolve, reject) => {
    scrypt(Buffer.from(password.normalize('NFC')), salt, keySize, { N: n, r, p, maxmem }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

/** Judged before anything is computed: whoever can write key objects must not be able to take all memory. */
function isAllowed({ n, r, p }: KeyCost): boolean {
  const isPower = Number.isInteger(Math.log2(n)) && n >= 2 ** 15 && n <= 2 ** 20;
  return isPower && r >= 8 && r <= 16 && p >= 1 && p <= 4 && 128 * n * r <= mostMemory;
}

/** 0, which no member may be, for what is no whole number. */
function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : 0;
}

function bytesOf(value: unknown, size: number): Uint8Array | undefined {
  return typeof value === 'string' && value.length === size * 2 && /^[0-9a-f]*$/.test(value)
    ? Buffer.from(value, 'hex')
    : undefined;
}
