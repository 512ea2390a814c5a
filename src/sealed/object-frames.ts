import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto';
import { fixedPartOf, saltOf, tagSize } from './frame-format.ts';

/** `master`: 32 bytes. `repository`: its id, 32 hex digits. */
export type FrameProtection =
  | { readonly kind: 'encrypted'; readonly master: Uint8Array }
  | { readonly kind: 'checksums'; readonly repository: string };

/** Makes and opens the frames of one object. */
export interface ObjectFrames {
  /** The frame of `piece`, which is left as it is: what is stored of it, and 16 bytes. */
  seal(piece: Uint8Array, number: number, isLast: boolean): Uint8Array;
  /** The piece of a frame of at least 16 bytes; undefined when it is not frame `number` of this object as it was made. */
  open(frame: Uint8Array, number: number, isLast: boolean): Uint8Array | undefined;
}

/** @param name the clear name of the object */
export function objectFrames(protection: FrameProtection, header: Uint8Array, name: string): ObjectFrames {
  return protection.kind === 'encrypted'
    ? new EncryptedFrames(protection.master, header, name)
    : new SummedFrames(protection.repository, header, name);
}

/**
 * AES-256-GCM under a key that only this object has: no nonce, which is made of the number of a frame and of whether it is the last,
 * comes twice under it.
 */
class EncryptedFrames implements ObjectFrames {
  readonly #key: Uint8Array;
  readonly #authenticated = fixedPartOf('encrypted');

  constructor(master: Uint8Array, header: Uint8Array, name: string) {
    const info = Buffer.from(`gausskeep object\0${name}`);
    this.#key = new Uint8Array(hkdfSync('sha256', master, saltOf(header), info, 32));
  }

  seal(piece: Uint8Array, number: number, isLast: boolean): Uint8Array {
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonceOf(number, isLast), { authTagLength: tagSize });
    cipher.setAAD(this.#authenticated);
    const stored = cipher.update(piece);
    cipher.final();
    return Buffer.concat([stored, cipher.getAuthTag()]);
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

  constructor(repository: string, header: Uint8Array, name: string) {
    this.#object = Buffer.concat([header, Buffer.from(repository, 'hex')]);
    this.#name = Buffer.from(`${name}\0`);
  }

  seal(piece: Uint8Array, number: number, isLast: boolean): Uint8Array {
    return Buffer.concat([piece, this.#sumOf(piece, number, isLast)]);
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
