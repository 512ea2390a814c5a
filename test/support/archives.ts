import { fromText, type ByteString } from '../../src/bytes/byte-string.ts';
import type { TarFormat, Member, MemberHeader } from '../../src/tar/member.ts';
import { readMembers, type ReadMembersOptions } from '../../src/tar/read-members.ts';
import { encodeMembers, memberOf } from '../../src/tar/encode-members.ts';
import { collect, reused } from './byte-pieces.ts';

/** Sizes of pieces around every boundary of both formats. */
export const chunkSizes = [1, 511, 512, 513, 2560, 65_536];

/** A member with its content as latin1 text. */
export interface WholeMember {
  readonly header: MemberHeader;
  readonly content: string;
}

export async function readAll(
  bytes: Uint8Array,
  format: TarFormat | 'detect' = 'detect',
  chunk = 65_536,
  options: ReadMembersOptions = {},
): Promise<WholeMember[]> {
  const members: WholeMember[] = [];
  for await (const { header, content } of readMembers(reused(bytes, chunk), format, options)) {
    members.push({ header, content: (await collect(content)).toString('latin1') });
  }
  return members;
}

export async function encode(members: readonly Member[], format: TarFormat = 'tar'): Promise<Buffer> {
  const source = async function* () {
    for (const member of members) yield await Promise.resolve(member);
  };
  return collect(encodeMembers(source(), { format }));
}

export const none = '' as ByteString;

export function file(name: string, content = '', mode = 0o600): Member {
  const header = { name: fromText(name), type: 'file', mode, mtime: 1_700_000_000, linkName: none } as const;
  return memberOf(header, Buffer.from(content, 'latin1'));
}
