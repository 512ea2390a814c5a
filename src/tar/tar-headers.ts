import { say } from '../messages/message.ts';
import type { ByteReader } from '../bytes/byte-reader.ts';
import { fromBytes, type ByteString } from '../bytes/byte-string.ts';
import { tarFault, endlessZeros, memberFault, noEndMark } from './faults.ts';
import { checkedLink, checkedName } from './member-name.ts';
import type { MemberHeader, MemberType } from './member.ts';
import { paxNumber } from './numbers.ts';
import { readPaxRecords, type PaxRecords } from './pax.ts';
import {
  blockLength,
  checksumHolds,
  decodeUstarBlock,
  isZeroBlock,
  paddingLength,
  type UstarBlock,
} from './ustar-header.ts';

/** Records of one extended header. A megabyte is a thousand times what the longest path needs. */
const paxLimit = 1024 * 1024;
/** A GNU long name or link with its NUL. */
const longNameLimit = 64 * 1024;
/** Most zeros behind the end, the filling of a tape record: GNU tar's largest is far below. A few compressed bytes would do for terabytes. */
const zerosLimit = 64 * 1024 * 1024;

/** The member headers of a tar file, with pax and GNU extensions applied. */
export class TarHeaders {
  readonly #reader: ByteReader;
  readonly #terminated: boolean;
  readonly #global: PaxRecords = {};
  /** The bytes of the header that is being read; undefined where nobody wants them. */
  #kept: Uint8Array[] | undefined;
  #first: Uint8Array | undefined;

  constructor(
    reader: ByteReader,
    first: Uint8Array | undefined,
    { terminated, verbatim }: { readonly terminated: boolean; readonly verbatim: boolean },
  ) {
    this.#reader = reader;
    this.#first = first;
    this.#terminated = terminated;
    if (verbatim) this.#kept = [];
  }

  /** The bytes of the last header with its extensions, where they are wanted. */
  get verbatim(): Uint8Array | undefined {
    return this.#kept?.length === 1 ? this.#kept[0] : this.#kept && Buffer.concat(this.#kept);
  }

  async next(): Promise<MemberHeader | undefined> {
    const records: PaxRecords = {};
    const long: { name?: ByteString; link?: ByteString } = {};
    if (this.#kept !== undefined) this.#kept = [];
    for (let extended = false; ; extended = true) {
      const block = await this.#nextBlock(extended);
      if (block === undefined) return undefined;
      switch (block.flag) {
        case 'x':
          await this.#readRecords(block, records);
          break;
        case 'g':
          await this.#readRecords(block, this.#global);
          break;
        case 'L':
          long.name = await this.#readLongName(block);
          break;
        case 'K':
          long.link = await this.#readLongName(block);
          break;
        default:
          return memberHeader(block, {
            path: records.path ?? long.name ?? this.#global.path,
            linkpath: records.linkpath ?? long.link ?? this.#global.linkpath,
            size: records.size ?? this.#global.size,
            mtime: records.mtime ?? this.#global.mtime,
            sparse: records.sparse ?? this.#global.sparse,
          });
      }
    }
  }

  /** @param extended whether an extension header came before, so that the archive may not end here */
  async #nextBlock(extended: boolean): Promise<UstarBlock | undefined> {
    const first = this.#first;
    this.#first = undefined;
    const offset = first === undefined ? this.#reader.offset : 0;
    const atHand = first ?? this.#reader.readExactlyNow(blockLength);
    if (atHand === undefined && (await this.#reader.atEnd())) {
      if (extended) throw tarFault('tar.lone-extension', offset);
      if (this.#terminated) throw noEndMark();
      return undefined;
    }
    const block = atHand ?? (await this.#reader.readExactly(blockLength, say('bytes.member-header')));
    if (isZeroBlock(block)) {
      if (extended) throw tarFault('tar.lone-extension', offset);
      await this.#readEnd();
      return undefined;
    }
    if (!checksumHolds(block)) throw tarFault('tar.bad-checksum', offset);
    this.#kept?.push(Uint8Array.from(block));
    return decodeUstarBlock(block);
  }

  /** Behind the first zero block there is a second one, and nothing but zeros (the filling of a tape record) after it. */
  async #readEnd(): Promise<void> {
    let zeros = 0;
    for (;;) {
      const offset = this.#reader.offset;
      const piece = await this.#reader.readSome(64 * 1024);
      if (piece === undefined) break;
      const other = piece.findIndex((byte) => byte !== 0);
      if (other !== -1) throw tarFault('tar.trailing-data', offset + other);
      zeros += piece.length;
      if (zeros > zerosLimit) throw endlessZeros(zerosLimit);
    }
    if (zeros < blockLength) throw noEndMark();
  }

  async #readRecords(block: UstarBlock, into: PaxRecords): Promise<void> {
    const offset = this.#reader.offset;
    const bytes = await this.#readMeta(block, paxLimit);
    if (!readPaxRecords(bytes, into)) throw tarFault('tar.bad-extension', offset);
  }

  async #readLongName(block: UstarBlock): Promise<ByteString> {
    const bytes = await this.#readMeta(block, longNameLimit);
    const end = bytes.indexOf(0);
    return fromBytes(end === -1 ? bytes : bytes.subarray(0, end));
  }

  /** The content of an extension header, whose size is always that of its own block, never of a pax record. */
  async #readMeta(block: UstarBlock, limit: number): Promise<Uint8Array> {
    const { size } = block;
    if (size === undefined || size < 0 || size > limit) {
      throw tarFault('tar.large-extension', this.#reader.offset - blockLength);
    }
    const bytes = Uint8Array.from(await this.#reader.readExactly(size, say('bytes.extended-header')));
    await this.#reader.skip(paddingLength(size), say('bytes.extended-header'));
    this.#kept?.push(bytes, new Uint8Array(paddingLength(size)));
    return bytes;
  }
}

const types: Readonly<Partial<Record<string, MemberType>>> = {
  '0': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'other',
  '4': 'other',
  '5': 'directory',
  '6': 'other',
};

/** The header in `block`, with the extensions that came before it. @throws BackupError `CORRUPT` */
function memberHeader(block: UstarBlock, records: PaxRecords): MemberHeader {
  const rawName = records.path ?? block.name;
  const name = checkedName(rawName);
  if (block.flag === 'S' || records.sparse === true) throw memberFault('tar.member-sparse', rawName);
  let type = types[block.flag];
  if (type === undefined) throw memberFault('tar.member-type', rawName);
  // Before POSIX a directory was a file whose name ends in a slash.
  if (type === 'file' && rawName.endsWith('/')) type = 'directory';
  if (name === '' && type !== 'directory') throw memberFault('tar.member-name-root', rawName);
  const size = records.size === undefined ? block.size : paxNumber(records.size, { fraction: false });
  if (size === undefined || size < 0) throw memberFault('tar.member-size', rawName);
  // Readers disagree on whether content follows such a header, so that no reading of it is safe.
  if (size !== 0 && type !== 'file') throw memberFault('tar.member-content', rawName);
  if (block.mode === undefined || block.mode < 0) throw memberFault('tar.member-mode', rawName);
  const mtime = records.mtime === undefined ? block.mtime : paxNumber(records.mtime, { fraction: true });
  if (mtime === undefined) throw memberFault('tar.member-mtime', rawName);
  return {
    name,
    type,
    mode: block.mode & 0o7777,
    size,
    mtime,
    linkName: linkOf(rawName, type, records.linkpath ?? block.linkName),
  };
}

function linkOf(name: ByteString, type: MemberType, target: ByteString): ByteString {
  if (type === 'symlink') return checkedLink(name, target);
  if (type === 'hardlink') {
    const linked = checkedName(target);
    if (linked === '') throw memberFault('tar.member-link-empty', name);
    return linked;
  }
  return '' as ByteString;
}
