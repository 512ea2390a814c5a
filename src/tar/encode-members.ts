import { display } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { encodeMemberHeader, endOfTar, padding } from './encode-member.ts';
import type { TarFormat, Member, MemberHeader } from './member.ts';
import { encodeOpengaussHeader } from './opengauss-header.ts';

export interface EncodeMembersOptions {
  /** Default `tar`. */
  readonly format?: TarFormat | undefined;
  /** Seconds since 1970, for members that have no time of their own; default 0. */
  readonly mtime?: number | undefined;
}

/**
 * A tar of `members`, with its end mark. Contents pass through as they are: the pieces are views, valid until the
 * next one is asked for.
 * @throws BackupError `CORRUPT` when a content is not as long as its header says
 */
export async function* encodeMembers(
  members: AsyncIterable<Member>,
  options: EncodeMembersOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const member of members) yield* encodeMember(member, options);
  if ((options.format ?? 'tar') === 'tar') yield endOfTar;
}

/** One member of a tar: its header (the verbatim one where it has one), its content, the filling. As `encodeMembers`. */
export async function* encodeMember(
  { header, content, verbatim }: Member,
  { format = 'tar', mtime }: EncodeMembersOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  if (verbatim !== undefined) yield verbatim;
  else if (format === 'opengauss') yield encodeOpengaussHeader(header);
  else yield encodeMemberHeader({ ...header, mtime: header.mtime ?? mtime });
  let length = 0;
  for await (const piece of content) {
    length += piece.length;
    if (length > header.size) break;
    yield piece;
  }
  if (length !== header.size) {
    const values = { member: display(header.name), expected: header.size, actual: length };
    throw new BackupError('CORRUPT', say('tar.size-differs', values));
  }
  const filling = padding(length);
  if (filling.length > 0) yield filling;
}

/** A member whose content is at hand. Its size is that of `content`. */
export function memberOf(header: Omit<MemberHeader, 'size'>, content: Uint8Array): Member {
  return {
    header: { ...header, size: content.length },
    content: {
      async *[Symbol.asyncIterator]() {
        if (content.length > 0) yield await Promise.resolve(content);
      },
    },
  };
}
