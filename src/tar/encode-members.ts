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
  for await (const member of members) {
    yield headOf(member, options);
    let length = 0;
    for await (const piece of member.content) {
      length += piece.length;
      if (length > member.header.size) break;
      yield piece;
    }
    const filling = fillingOf(member, length);
    if (filling.length > 0) yield filling;
  }
  if ((options.format ?? 'tar') === 'tar') yield endOfTar;
}

/** What comes in front of the content of a member in a tar: its header, the verbatim one where it has one. */
export function headOf({ header, verbatim }: Member, { format = 'tar', mtime }: EncodeMembersOptions): Uint8Array {
  if (verbatim !== undefined) return verbatim;
  return format === 'opengauss'
    ? encodeOpengaussHeader(header)
    : encodeMemberHeader({ ...header, mtime: header.mtime ?? mtime });
}

/**
 * What comes behind it: zeros up to the next block. A view; do not write to it.
 * @param length how long the content was
 * @throws BackupError `CORRUPT` when that is not what the header says
 */
export function fillingOf({ header }: Member, length: number): Uint8Array {
  if (length === header.size) return padding(length);
  const values = { member: display(header.name), expected: header.size, actual: length };
  throw new BackupError('CORRUPT', say('tar.size-differs', values));
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
