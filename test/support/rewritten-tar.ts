import type { ByteSource } from '../../src/bytes/byte-reader.ts';
import type { TarFormat } from '../../src/tar/member.ts';
import { readMembers } from '../../src/tar/read-members.ts';
import { editMembers, encodeMembers, type EditMembersOptions } from '../../src/tar/rewrite-members.ts';

export interface RewriteMembersOptions extends EditMembersOptions {
  readonly signal?: AbortSignal | undefined;
  readonly terminated?: boolean | undefined;
  /** Seconds since 1970, for members that have no time of their own. */
  readonly mtime?: number | undefined;
}

/** Any archive as standard tar, member by member in one pass. */
export function rewriteMembers(
  source: ByteSource,
  format: TarFormat | 'detect',
  options: RewriteMembersOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { signal, terminated, mtime } = options;
  return encodeMembers(editMembers(readMembers(source, format, { signal, terminated }), options), { mtime });
}
