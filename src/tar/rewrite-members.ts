import { display } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { encodeMemberHeader, endOfTar, padding } from './encode-member.ts';
import type { TarFormat, Member, MemberHeader } from './member.ts';
import { encodeOpengaussHeader } from './opengauss-header.ts';

export interface EditMembersOptions {
  /**
   * The header that a member gets: its own, another one of the same size, or 'drop' to leave the member out.
   * Called once for each member, in order.
   */
  readonly change?: ((header: MemberHeader) => MemberHeader | 'drop') | undefined;
  /** Members put behind the last one. */
  readonly append?: readonly Member[] | undefined;
}

/** The members of `members` with some left out, changed or added. */
export async function* editMembers(
  members: AsyncIterable<Member>,
  { change, append }: EditMembersOptions,
): AsyncGenerator<Member, void, undefined> {
  for await (const member of members) {
    const header = change === undefined ? member.header : change(member.header);
    if (header !== 'drop') yield { header, content: member.content };
  }
  if (append !== undefined) yield* append;
}

export interface EncodeMembersOptions {
  /** Default `tar`. */
  readonly format?: TarFormat | undefined;
  /** Seconds since 1970, for members that have no time of their own; default 0. */
  readonly mtime?: number | undefined;
}

/**
 * An archive of `members`, with its end mark. Contents pass through as they are: the pieces are views, valid until the
 * next one is asked for.
 * @throws BackupError `CORRUPT` when a content is not as long as its header says
 */
export async function* encodeMembers(
  members: AsyncIterable<Member>,
  { format = 'tar', mtime }: EncodeMembersOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const { header, content } of members) {
    yield format === 'opengauss'
      ? encodeOpengaussHeader(header)
      : encodeMemberHeader({ ...header, mtime: header.mtime ?? mtime });
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
  if (format === 'tar') yield endOfTar;
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
