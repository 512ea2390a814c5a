import type { ByteSource } from '../../src/bytes/byte-reader.ts';
import { encodeMembers } from '../../src/tar/encode-members.ts';
import type { TarFormat } from '../../src/tar/member.ts';
import { readMembers, type ReadMembersOptions } from '../../src/tar/read-members.ts';

export interface RewriteMembersOptions extends ReadMembersOptions {
  /** Seconds since 1970, for members that have no time of their own. */
  readonly mtime?: number | undefined;
}

/** Any tar as standard tar, member by member in one pass. */
export function rewriteMembers(
  source: ByteSource,
  format: TarFormat | 'detect',
  { mtime, ...options }: RewriteMembersOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  return encodeMembers(readMembers(source, format, options), { mtime });
}
