import { fromBytes, type ByteString } from '../bytes/byte-string.ts';
import { tarNumber } from './numbers.ts';

/**
 * One 512-byte header block of a tar file, as it stands: extensions (pax, GNU long names) are applied by the reader.
 * Layout: POSIX.1 ustar, https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06; GNU tar manual, "Standard".
 */
export interface UstarBlock {
  /** prefix and name joined; not checked. */
  readonly name: ByteString;
  readonly linkName: ByteString;
  /** Type flag as a character; NUL (before POSIX) reads as `0`. */
  readonly flag: string;
  /** Undefined when the field is no number or not exact in a number. */
  readonly mode: number | undefined;
  readonly size: number | undefined;
  readonly mtime: number | undefined;
}

export const blockLength = 512;
const checksumOffset = 148;

/** Whether the block is all zero, as the two at the end of an archive are. */
export function isZeroBlock(block: Uint8Array): boolean {
  return block[0] === 0 && block.every((byte) => byte === 0);
}

/** Whether the block's checksum (sum of its bytes, the checksum field counted as blanks) is right. */
export function checksumHolds(block: Uint8Array): boolean {
  return block.length >= blockLength && tarNumber(block, checksumOffset, 8) === headerChecksum(block);
}

export function headerChecksum(block: Uint8Array): number {
  let sum = 8 * 0x20;
  for (let index = 0; index < checksumOffset; index += 1) sum += block[index] ?? 0;
  for (let index = checksumOffset + 8; index < blockLength; index += 1) sum += block[index] ?? 0;
  return sum;
}

/** @param block 512 bytes whose checksum holds */
export function decodeUstarBlock(block: Uint8Array): UstarBlock {
  const name = field(block, 0, 100);
  // GNU's own magic `ustar  ` means that the prefix field holds something else.
  const posix = fromBytes(block.subarray(257, 263)) === 'ustar\0';
  const prefix = posix ? field(block, 345, 155) : '';
  return {
    name: (prefix === '' ? name : `${prefix}/${name}`) as ByteString,
    linkName: field(block, 157, 100),
    flag: block[156] === 0 ? '0' : String.fromCharCode(block[156] ?? 0),
    mode: tarNumber(block, 100, 8),
    size: tarNumber(block, 124, 12),
    mtime: tarNumber(block, 136, 12),
  };
}

/** Zero bytes between the end of a content of `size` bytes and the next multiple of 512. */
export function paddingLength(size: number): number {
  return (blockLength - (size % blockLength)) % blockLength;
}

function field(block: Uint8Array, offset: number, length: number): ByteString {
  const bytes = block.subarray(offset, offset + length);
  const end = bytes.indexOf(0);
  return fromBytes(end === -1 ? bytes : bytes.subarray(0, end));
}
