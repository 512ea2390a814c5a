import { randomBytes } from 'node:crypto';

// The frames of an object, to the byte: docs/design/repository.md, Frames.

export const headerSize = 24;
/** Content of every frame but the last, in bytes. */
export const pieceSize = 65_536;
/** What a frame has behind its content, in bytes: its tag or checksum. */
export const tagSize = 16;
export const frameSize = pieceSize + tagSize;

/** How frames are protected, as the header names it. */
const frameKinds = { encrypted: 1, checksums: 2 } as const;
export type FrameKind = keyof typeof frameKinds;

const magic = Buffer.from('GKSO');
export const formatByte = 1;
const saltSize = 16;
/** What comes before the salt: the same in every header of one kind. */
const fixedSize = headerSize - saltSize;

export function kindByte(kind: FrameKind): number {
  return frameKinds[kind];
}

/** What every header of `kind` begins with, 8 bytes. */
export function fixedPartOf(kind: FrameKind): Buffer {
  const fixed = Buffer.alloc(fixedSize);
  magic.copy(fixed);
  fixed[magic.length] = formatByte;
  fixed[magic.length + 1] = kindByte(kind);
  return fixed;
}

/** A header with a salt that no other object has. */
export function newHeader(kind: FrameKind): Buffer {
  return Buffer.concat([fixedPartOf(kind), randomBytes(saltSize)]);
}

/**
 * Whether `bytes` are a whole header of `kind`. Another kind is none: who can write to the storage must not be able to answer for an
 * encrypted object with one of checksums. A number: it would be one of that newer format.
 */
export function judgeHeader(bytes: Uint8Array, kind: FrameKind): boolean | number {
  if (bytes.length !== headerSize) return false;
  if (fixedPartOf(kind).equals(bytes.subarray(0, fixedSize))) return true;
  const found = bytes[magic.length] ?? 0;
  return found > formatByte && magic.equals(bytes.subarray(0, magic.length)) ? found : false;
}

export function saltOf(header: Uint8Array): Uint8Array {
  return header.subarray(fixedSize);
}

/** Where frame `number` begins in the object, in bytes. */
export function frameOffset(number: number): number {
  return headerSize + number * frameSize;
}

/** Bytes of content in an object of `storedBytes`; undefined: no object has that size. */
export function contentSizeOf(storedBytes: number): number | undefined {
  const framed = storedBytes - headerSize;
  const frames = Math.ceil(framed / frameSize);
  const content = framed - frames * tagSize;
  // The last frame holds something, unless it is the only one.
  return content > (frames - 1) * pieceSize || (frames === 1 && content === 0) ? content : undefined;
}
