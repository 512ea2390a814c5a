import { display, fromBytes, toBytes, type ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { tarFault, memberFault } from './faults.ts';
import { checkedLink, checkedName } from './member-name.ts';
import type { MemberHeader, MemberType } from './member.ts';
import { strictOctal } from './numbers.ts';

/**
 * The member header of an openGauss base backup. Source: bin/pg_basebackup/gs_tar_const.h, replication/basebackup.cpp.
 *
 * | offset | length | field |
 * |---|---|---|
 * | 0 | 1024 | name, ended by NUL; directories and links end in `/` |
 * | 1024 | 8 | st_mode, 7 octal digits and a space; with the file-type bits |
 * | 1048 | 11 | size, 11 octal digits, no terminator |
 * | 1080 | 1 | `0` file, `5` directory, `2` link, `3` link relative to the data directory |
 * | 1081 | 1024 | link target, ended by NUL |
 *
 * The rest is zero. Content follows, padded with zeros to 512. There is no checksum and no end mark.
 */
export const opengaussHeaderLength = 2560;

const nameLength = 1024;
const modeOffset = 1024;
const sizeOffset = 1048;
const typeOffset = 1080;
const linkOffset = 1081;
/** Largest size of 11 octal digits. */
const sizeLimit = 8 ** 11 - 1;

const types: Readonly<Partial<Record<number, MemberType>>> = {
  0x30: 'file',
  0x35: 'directory',
  0x32: 'symlink',
  0x33: 'relativeSymlink',
};
const typeBytes = { file: 0x30, directory: 0x35, symlink: 0x32, relativeSymlink: 0x33 } as const;

/** Whether `bytes` (2560) has the shape of such a header. Random or tar data practically never has. */
export function looksLikeOpengaussHeader(bytes: Uint8Array): boolean {
  return (
    bytes.length >= opengaussHeaderLength &&
    bytes[0] !== 0 &&
    bytes.subarray(0, nameLength).includes(0) &&
    strictOctal(bytes, modeOffset, 7) !== undefined &&
    strictOctal(bytes, sizeOffset, 11) !== undefined &&
    types[bytes[typeOffset] ?? 0] !== undefined
  );
}

/**
 * @param bytes 2560 bytes
 * @param offset of the header in the archive, for errors
 * @throws BackupError `CORRUPT`
 */
export function decodeOpengaussHeader(bytes: Uint8Array, offset: number): MemberHeader {
  const rawName = terminated(bytes, 0, nameLength);
  if (rawName === undefined) throw tarFault('tar.endless-name', offset);
  if (rawName === '') throw tarFault('tar.no-name', offset);
  const name = checkedName(rawName);
  const mode = bytes[modeOffset + 7] === 0x20 ? strictOctal(bytes, modeOffset, 7) : undefined;
  if (mode === undefined) throw memberFault('tar.member-mode', rawName);
  const size = strictOctal(bytes, sizeOffset, 11);
  if (size === undefined) throw memberFault('tar.member-size', rawName);
  const type = types[bytes[typeOffset] ?? 0];
  if (type === undefined) throw memberFault('tar.member-type', rawName);
  if (size !== 0 && type !== 'file') throw memberFault('tar.member-content', rawName);
  return { name, type, mode: mode & 0o7777, size, mtime: undefined, linkName: linkOf(bytes, rawName, type) };
}

function linkOf(bytes: Uint8Array, name: ByteString, type: MemberType): ByteString {
  if (type !== 'symlink' && type !== 'relativeSymlink') return '' as ByteString;
  const target = terminated(bytes, linkOffset, nameLength);
  if (target === undefined) throw memberFault('tar.member-link-endless', name);
  checkedLink(name, target);
  if (type === 'symlink') return target;
  const relative = checkedName(target);
  if (relative === '') throw memberFault('tar.member-link-empty', name);
  return relative;
}

function terminated(bytes: Uint8Array, offset: number, length: number): ByteString | undefined {
  const field = bytes.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return end === -1 ? undefined : fromBytes(field.subarray(0, end));
}

/**
 * The header as an openGauss server writes it.
 * @throws BackupError `INTERNAL` for what the format cannot hold: sizes of 8 GiB and more, names and links above 1022 bytes
 */
export function encodeOpengaussHeader(header: MemberHeader): Uint8Array {
  const { name, type, linkName } = header;
  if (type === 'hardlink' || type === 'other') {
    throw new BackupError('INTERNAL', say('tar.no-such-type', { member: display(name) }));
  }
  if (header.size > sizeLimit) {
    throw new BackupError('INTERNAL', say('tar.too-large-for-opengauss', { member: display(name), size: header.size }));
  }
  if (name.length > nameLength - 2 || linkName.length > nameLength - 1) {
    throw new BackupError('INTERNAL', say('tar.too-long-for-opengauss', { member: display(name) }));
  }
  const bytes = Buffer.alloc(opengaussHeaderLength);
  toBytes((type === 'file' ? name : `${name}/`) as ByteString).copy(bytes);
  const fileType = { file: 0o100000, directory: 0o040000, symlink: 0o120000, relativeSymlink: 0o120000 }[type];
  bytes.write(`${(header.mode | fileType).toString(8).padStart(7, '0')} `, modeOffset, 'latin1');
  bytes.write(header.size.toString(8).padStart(11, '0'), sizeOffset, 'latin1');
  bytes[typeOffset] = typeBytes[type];
  toBytes(linkName).copy(bytes, linkOffset);
  return bytes;
}
