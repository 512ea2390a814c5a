/** The smallest writer of a repository, for tests of its reader: what it writes can be wrong wherever a test wants it so. */
import { createCipheriv, createHash, randomBytes, scryptSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Chunk, Slice } from './chunk.ts';
import { derived } from './keys.ts';
import { SealedNames } from './sealed-names.ts';
import { crc32c } from './small-object.ts';

export function sealed(members: object): Buffer {
  const text = JSON.stringify(members).slice(0, -1);
  return Buffer.from(`${text},"crc32c":"${crc32c(Buffer.from(text)).toString(16).padStart(8, '0')}"}\n`);
}

export function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = BigInt(value); ; left >>= 7n) {
    if (left < 0x80n) return Buffer.from([...bytes, Number(left)]);
    bytes.push(Number(left & 0x7fn) | 0x80);
  }
}

/** Numbers as varints, texts as latin1, bytes as they are. */
export function binary(...parts: readonly (number | string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    parts.map((part) => {
      if (typeof part === 'number') return varint(part);
      return typeof part === 'string' ? Buffer.from(part, 'latin1') : part;
    }),
  );
}

export function hashOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest().subarray(0, 16);
}

export class HandRepository {
  readonly id = randomBytes(16);
  readonly directory: string;
  readonly #master = randomBytes(32);
  readonly #names: SealedNames | undefined;

  constructor(directory: string, password?: string) {
    this.directory = directory;
    this.#names = password === undefined ? undefined : new SealedNames(this.#master);
    if (password !== undefined) this.addKey(password);
    const check = Buffer.concat([Buffer.from('gausskeep key check'), Buffer.of(0, 1, 1)]);
    this.identity({
      frames: password === undefined ? 'sha256' : 'aes-256-gcm',
      keyCheck: password === undefined ? null : derived(this.#master, this.id, check, 16).toString('hex'),
    });
  }

  get encrypted(): boolean {
    return this.#names !== undefined;
  }

  identity(more: object): void {
    const members = { format: 1, repository: this.id.toString('hex'), createdAt: '2026-11-22T19:00:00.000Z' };
    this.write('gausskeep-repository.json', sealed({ ...members, ...more }));
  }

  /** @returns the name of the object */
  addKey(password: string, more: object = {}): string {
    const [salt, nonce] = [randomBytes(32), randomBytes(12)];
    const name = `keys/${randomBytes(16).toString('hex')}.json`;
    const [n, r, p] = [2 ** 15, 8, 1];
    const key = scryptSync(password, salt, 32, { N: n, r, p, maxmem: 2 ** 26 });
    const cipher = createCipheriv('aes-256-gcm', key, nonce);
    cipher.setAAD(binary(name, Buffer.of(0), this.id));
    const wrapped = Buffer.concat([nonce, cipher.update(this.#master), cipher.final(), cipher.getAuthTag()]);
    const members = { format: 1, kdf: 'scrypt', n, r, p, salt: salt.toString('hex'), wrapped: wrapped.toString('hex') };
    this.write(name, sealed({ ...members, createdAt: '2026-11-22T19:00:00.000Z', note: null, ...more }));
    return name;
  }

  /** Bytes as they are, at a place below the directory. */
  write(path: string, bytes: Uint8Array): void {
    mkdirSync(dirname(join(this.directory, path)), { recursive: true });
    writeFileSync(join(this.directory, path), bytes);
  }

  /** Where an object lies, below the directory. */
  place(name: string): string {
    const names = this.#names;
    if (names === undefined) return name;
    let folder = '';
    const parts = name.split('/').map((part) => {
      const stored = names.stored(folder, part);
      folder += `${part}/`;
      return stored;
    });
    return join('objects', ...parts);
  }

  put(name: string, content: Uint8Array): void {
    const bare = !this.encrypted && /^instances\/[^/]+\/wal\//.test(name);
    this.write(this.place(name), bare ? content : this.framed(name, content));
  }

  framed(name: string, content: Uint8Array): Buffer {
    const header = Buffer.concat([binary('GKSO', Buffer.of(1, this.encrypted ? 1 : 2, 0, 0)), randomBytes(16)]);
    const frames: Buffer[] = [header];
    const count = Math.max(1, Math.ceil(content.length / 65_536));
    const info = binary('gausskeep object', Buffer.of(0), name);
    const key = derived(this.#master, header.subarray(8), info);
    for (let number = 0; number < count; number += 1) {
      const piece = content.subarray(number * 65_536, (number + 1) * 65_536);
      const place = Buffer.alloc(9);
      place[0] = number === count - 1 ? 1 : 0;
      place.writeUInt32BE(number, 5);
      if (this.encrypted) {
        const cipher = createCipheriv('aes-256-gcm', key, Buffer.concat([Buffer.alloc(3), place]));
        cipher.setAAD(header.subarray(0, 8));
        frames.push(cipher.update(piece), cipher.final(), cipher.getAuthTag());
      } else {
        frames.push(
          Buffer.from(piece),
          hashOf(Buffer.concat([header, this.id, place, binary(name, Buffer.of(0)), piece])),
        );
      }
    }
    return Buffer.concat(frames);
  }
}

/** A pack under way. */
export class HandPack {
  readonly reference: { readonly backup: string; readonly number: number };
  readonly kind: 0 | 1 | 2;
  readonly #chunks: Buffer[] = [];
  rawBytes = 0;

  constructor(backup: string, number: number, kind: 0 | 1 | 2) {
    this.reference = { backup, number };
    this.kind = kind;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** Stored as gzip makes it, or as it is where that is not smaller. */
  add(raw: Buffer): Slice {
    const packed = gzipSync(raw);
    const [codec, stored] = packed.length < raw.length ? [1, packed] : [0, raw];
    const offset = this.bytes.length;
    this.#chunks.push(stored);
    this.rawBytes += raw.length;
    const chunk = { pack: this.reference, offset, storedBytes: stored.length, rawBytes: raw.length, codec };
    return { chunk, start: 0, length: raw.length };
  }
}

/** `id 16 bytes, number`. */
export function packReference({ backup, number }: { readonly backup: string; readonly number: number }): Buffer {
  return binary(Buffer.from(backup, 'hex'), number);
}

/** `rest of a chunk`. */
export function rest({ offset, storedBytes, rawBytes, codec }: Chunk): Buffer {
  return binary(offset, storedBytes, rawBytes, Buffer.of(codec));
}
