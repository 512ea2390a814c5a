import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto';
import { fixedPartOf, saltOf, tagSize } from './frame-format.ts';

/** `master`: 32 bytes. `repository`: its id, 32 hex digits. */
export type FrameProtection =
  | { readonly kind: 'encrypted'; readonly master: Uint8Array }
  | { readonly kind: 'checksums'; readonly repository: string };

/** What the frames of one object are made and opened with. Plain data: it goes to threads. */
export type ObjectKey =
  | { readonly kind: 'encrypted'; readonly key: Uint8Array }
  | { readonly kind: 'checksums'; readonly object: Uint8Array; readonly name: Uint8Array };

/** @param name the clear name of the object */
export function objectKey(protection: FrameProtection, header: Uint8Array, name: string): ObjectKey {
  if (protection.kind === 'checksums') {
    const object = Buffer.concat([header, Buffer.from(protection.repository, 'hex')]);
    // Memory of their own: who sends a view to a thread sends all that it is a view of.
    return { kind: 'checksums', object: Uint8Array.from(object), name: Uint8Array.from(Buffer.from(`${name}\0`)) };
  }
  const info = Buffer.from(`gausskeep object\0${name}`);
  const key = new Uint8Array(hkdfSync('sha256', protection.master, saltOf(header), info, 32));
  return { kind: 'encrypted', key };
}

/** Makes and opens the frames of one object. Pieces and frames may be views of shared memory. */
export interface ObjectFrames {
  /** What is stored of `piece` (perhaps itself), and the 16 bytes behind it. */
  seal(piece: Uint8Array, number: number, isLast: boolean): { readonly stored: Uint8Array; readonly tag: Uint8Array };
  /** The piece (perhaps a view) of a frame of at least 16 bytes; undefined when it is not frame `number` of this object as it was made. */
  open(frame: Uint8Array, number: number, isLast: boolean): Uint8Array | undefined;
}

export function objectFrames(key: ObjectKey): ObjectFrames {
  return key.kind === 'encrypted' ? new EncryptedFrames(key.key) : new SummedFrames(key);
}

/**
 * AES-256-GCM under a key that only this object has: no nonce, which is made of the number of a frame and of whether it is the last,
 * comes twice under it.
 */
class EncryptedFrames implements ObjectFrames {
  readonly #key: Uint8Array;
  readonly #authenticated = fixedPartOf('encrypted');

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  seal(piece: Uint8Array, number: number, isLast: boolean): { stored: Uint8Array; tag: Uint8Array } {
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonceOf(number, isLast), { authTagLength: tagSize });
    cipher.setAAD(this.#authenticated);
    const stored = cipher.update(piece);
    cipher.final();
    return { stored, tag: cipher.getAuthTag() };
  }

  open(frame: Uint8Array, number: number, isLast: boolean): Uint8Array | undefined {
    const border = frame.length - tagSize;
    const decipher = createDecipheriv('aes-256-gcm', this.#key, nonceOf(number, isLast), { authTagLength: tagSize });
    decipher.setAAD(this.#authenticated).setAuthTag(frame.subarray(border));
    const piece = decipher.update(frame.subarray(0, border));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return piece;
  }
}

function nonceOf(number: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce[3] = isLast ? 1 : 0;
  nonce.writeBigUInt64BE(BigInt(number), 4);
  return nonce;
}

/** SHA-256 of where a piece belongs and of the piece: finds what is damaged or in the wrong place, and keeps nothing secret. */
class SummedFrames implements ObjectFrames {
  readonly #object: Uint8Array;
  readonly #name: Uint8Array;

  constructor({ object, name }: Extract<ObjectKey, { kind: 'checksums' }>) {
    this.#object = object;
    this.#name = name;
  }

  seal(piece: Uint8Array, number: number, isLast: boolean): { stored: Uint8Array; tag: Uint8Array } {
    return { stored: piece, tag: this.#sumOf(piece, number, isLast) };
  }

  open(frame: Uint8Array, number: number, isLast: boolean): Uint8Array | undefined {
    const border = frame.length - tagSize;
    const piece = frame.subarray(0, border);
    return this.#sumOf(piece, number, isLast).equals(frame.subarray(border)) ? piece : undefined;
  }

  #sumOf(piece: Uint8Array, number: number, isLast: boolean): Buffer {
    const place = Buffer.alloc(9);
    place[0] = isLast ? 1 : 0;
    place.writeBigUInt64BE(BigInt(number), 1);
    const hash = createHash('sha256').update(this.#object).update(place).update(this.#name).update(piece);
    return hash.digest().subarray(0, tagSize);
  }
}
