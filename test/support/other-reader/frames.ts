import { createDecipheriv, createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { derived, type Identity } from './keys.ts';
import { must, Refusal } from './refusal.ts';

/** What is stored under a name, as it was before framing. */
export interface StoredContent {
  /** The clear name, as in the table of the page. */
  readonly name: string;
  readonly sizeBytes: number;
  /** @throws Refusal `CORRUPT` where it does not pass, or the range is not within the content */
  read(offset: number, length: number): Buffer;
}

const pieceBytes = 65_536;
const checkBytes = 16;
const frameBytes = pieceBytes + checkBytes;
const headerBytes = 24;

/** An object that is not framed: the WAL archive of a repository without encryption. */
export function openBare(path: string, name: string): StoredContent {
  const sizeBytes = sizeOf(path);
  return {
    name,
    sizeBytes,
    read(offset, length) {
      must(offset + length <= sizeBytes, `${name} ends before ${offset + length}`);
      return readAt(path, offset, length);
    },
  };
}

/**
 * A framed object; its header is looked at, and no frame.
 * @throws Refusal `CORRUPT`, `REPOSITORY_VERSION`
 */
export function openFramed(path: string, name: string, identity: Identity): StoredContent {
  const size = sizeOf(path);
  must(size >= headerBytes + checkBytes, `${name} (${path}) is too short for a frame`);
  const header = readAt(path, 0, headerBytes);
  must(header.toString('latin1', 0, 4) === 'GKSO', `${name} is not framed`);
  if (header[4]! > 1) throw new Refusal('REPOSITORY_VERSION', `${name} is of format ${header[4]!}`);
  must(header[4] === 1, `${name} is of format ${header[4]!}`);
  must(header[5] === (identity.frames === 'sha256' ? 2 : 1), `${name} has frames of another kind`);
  must(header.readUInt16BE(6) === 0, `${name} has a header that is not zero where it must be`);
  const count = Math.ceil((size - headerBytes) / frameBytes);
  const lastBytes = size - headerBytes - (count - 1) * frameBytes;
  must(lastBytes > checkBytes || (count === 1 && lastBytes === checkBytes), `no content has the size of ${name}`);
  const sizeBytes = size - headerBytes - count * checkBytes;
  const open = opener(header, name, identity);
  const piece = (number: number): Buffer => {
    const last = number === count - 1;
    return open(readAt(path, headerBytes + number * frameBytes, last ? lastBytes : frameBytes), number, last);
  };
  return {
    name,
    sizeBytes,
    read(offset, length) {
      const end = offset + length;
      must(end <= sizeBytes, `${name} ends before ${end}`);
      const first = Math.min(Math.floor(offset / pieceBytes), count - 1);
      // What reaches the end says that there is no more: the last frame has to say so too.
      const behind = end === sizeBytes ? count : Math.ceil(end / pieceBytes);
      const pieces: Buffer[] = [];
      for (let number = first; number < behind; number += 1) pieces.push(piece(number));
      return Buffer.concat(pieces).subarray(offset - first * pieceBytes, end - first * pieceBytes);
    },
  };
}

type OpenFrame = (frame: Buffer, number: number, last: boolean) => Buffer;

function opener(header: Buffer, name: string, { frames, repository, master }: Identity): OpenFrame {
  const clearName = Buffer.from(name, 'utf8');
  const place = (number: number, last: boolean): Buffer => {
    const bytes = Buffer.alloc(9);
    bytes.writeUInt8(last ? 1 : 0, 0);
    bytes.writeBigUInt64BE(BigInt(number), 1);
    return bytes;
  };
  if (frames === 'sha256') {
    return (frame, number, last) => {
      const piece = frame.subarray(0, -checkBytes);
      const hash = createHash('sha256').update(header).update(repository).update(place(number, last));
      const sum = hash.update(clearName).update(Buffer.of(0)).update(piece).digest().subarray(0, checkBytes);
      must(sum.equals(frame.subarray(-checkBytes)), `frame ${number} of ${name} does not pass`);
      return piece;
    };
  }
  const info = Buffer.concat([Buffer.from('gausskeep object'), Buffer.of(0), clearName]);
  const key = derived(master!, header.subarray(8), info);
  return (frame, number, last) => {
    const nonce = Buffer.concat([Buffer.alloc(3), place(number, last)]);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(header.subarray(0, 8));
    decipher.setAuthTag(frame.subarray(-checkBytes));
    try {
      return Buffer.concat([decipher.update(frame.subarray(0, -checkBytes)), decipher.final()]);
    } catch (cause) {
      throw new Refusal('CORRUPT', `frame ${number} of ${name} does not pass`, { cause });
    }
  };
}

function sizeOf(path: string): number {
  const file = openSync(path, 'r');
  try {
    return fstatSync(file).size;
  } finally {
    closeSync(file);
  }
}

function readAt(path: string, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  const file = openSync(path, 'r');
  try {
    for (let done = 0; done < length;) {
      const read = readSync(file, bytes, done, length - done, offset + done);
      must(read > 0, `${path} ends before ${offset + length}`);
      done += read;
    }
  } finally {
    closeSync(file);
  }
  return bytes;
}
