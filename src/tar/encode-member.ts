import type { ByteString } from '../bytes/byte-string.ts';
import type { MemberHeader, MemberType } from './member.ts';
import { encodePaxRecords } from './pax.ts';
import { blockLength, headerChecksum, paddingLength } from './ustar-header.ts';

const nameLength = 100;
const prefixLength = 155;
/** Largest value of the 11 octal digits of size and mtime. */
const octalLimit = 8 ** 11 - 1;

const flags: Readonly<Record<MemberType, string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  relativeSymlink: '2',
  directory: '5',
  // A named pipe: the only special file that needs no device number. Databases have none of them.
  other: '6',
};

/** Two zero blocks: the end of a tar file. */
export const endOfTar: Uint8Array = new Uint8Array(2 * blockLength);

const zeros = new Uint8Array(blockLength);

/** The zero bytes that follow a content of `size` bytes: 0 to 511. A view; do not write to it. */
export function padding(size: number): Uint8Array {
  return zeros.subarray(0, paddingLength(size));
}

/**
 * The header of a member as standard ustar, in front of it a pax header where ustar cannot hold the name, link, size
 * (8 GiB and more) or time. A multiple of 512 bytes. A time that is undefined becomes 0; owner and group are 0, without names.
 * A `relativeSymlink` becomes an ordinary one, relative to where the link lies.
 * Format: POSIX.1-2001 pax, https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13
 */
export function encodeMemberHeader(header: MemberHeader): Uint8Array {
  const name = (header.type === 'directory' ? `${header.name}/` : header.name) as ByteString;
  const link = linkTarget(header);
  const mtime = header.mtime ?? 0;
  const split = splitName(name);
  const records: (readonly [string, ByteString])[] = [];
  if (split === undefined) records.push(['path', name]);
  if (link.length > nameLength) records.push(['linkpath', link]);
  if (header.size > octalLimit) records.push(['size', String(header.size) as ByteString]);
  if (mtime < 0 || mtime > octalLimit) records.push(['mtime', String(mtime) as ByteString]);
  const block = encodeBlock({
    ...(split ?? { prefix: '', name: name.slice(0, nameLength) }),
    flag: flags[header.type],
    mode: header.mode & 0o7777,
    size: header.size > octalLimit ? 0 : header.size,
    mtime: mtime < 0 || mtime > octalLimit ? 0 : mtime,
    link: link.slice(0, nameLength),
  });
  return records.length === 0 ? block : Buffer.concat([encodeExtension(name, records), block]);
}

function encodeExtension(name: ByteString, records: readonly (readonly [string, ByteString])[]): Uint8Array {
  const body = encodePaxRecords(records);
  const block = encodeBlock({
    prefix: '',
    name: `PaxHeaders/${name.replace(/^.*\/(?=.)/s, '')}`.slice(0, nameLength),
    flag: 'x',
    mode: 0o600,
    size: body.length,
    mtime: 0,
    link: '',
  });
  return Buffer.concat([block, body, padding(body.length)]);
}

/** How a name fits prefix and name field, split at a slash; undefined when it does not. */
function splitName(name: string): { prefix: string; name: string } | undefined {
  if (name.length <= nameLength) return { prefix: '', name };
  const slash = name.indexOf('/', name.length - nameLength - 1);
  if (slash <= 0 || slash > prefixLength || slash === name.length - 1) return undefined;
  return { prefix: name.slice(0, slash), name: name.slice(slash + 1) };
}

function linkTarget({ type, name, linkName }: MemberHeader): ByteString {
  if (type !== 'relativeSymlink') return linkName;
  const depth = name.split('/').length - 1;
  return `${'../'.repeat(depth)}${linkName}` as ByteString;
}

interface BlockFields {
  readonly prefix: string;
  readonly name: string;
  readonly flag: string;
  readonly mode: number;
  readonly size: number;
  readonly mtime: number;
  readonly link: string;
}

function encodeBlock(fields: BlockFields): Buffer {
  const block = Buffer.alloc(blockLength);
  block.write(fields.name, 0, 'latin1');
  block.write(octal(fields.mode, 7), 100, 'latin1');
  block.write(octal(0, 7), 108, 'latin1');
  block.write(octal(0, 7), 116, 'latin1');
  block.write(octal(fields.size, 11), 124, 'latin1');
  block.write(octal(fields.mtime, 11), 136, 'latin1');
  block.write(fields.flag, 156, 'latin1');
  block.write(fields.link, 157, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  block.write(octal(0, 7), 329, 'latin1');
  block.write(octal(0, 7), 337, 'latin1');
  block.write(fields.prefix, 345, 'latin1');
  // Six digits, NUL, space: the one field with this ending.
  block.write(`${octal(headerChecksum(block), 6)}\0 `, 148, 'latin1');
  return block;
}

function octal(value: number, digits: number): string {
  return Math.trunc(value).toString(8).padStart(digits, '0');
}
