import { display, type ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Member } from '../tar/member.ts';

/**
 * The members of a MOT checkpoint under the names that they have in the data directory: `mot.ctrl` and `chkpt_<id>/…`; the
 * server sends them with the path of its checkpoint directory in front.
 * @throws BackupError `CORRUPT` for any other member
 */
export async function* motMembers(members: AsyncIterable<Member>): AsyncGenerator<Member, void, undefined> {
  for await (const { header, content } of members) {
    const tail = /(?:^|\/)(mot\.ctrl|chkpt_\d+(?:\/.*)?)$/s.exec(header.name)?.[1];
    if (tail === undefined) throw new BackupError('CORRUPT', say('backup.mot-member', { name: display(header.name) }));
    yield { header: { ...header, name: tail as ByteString }, content };
  }
}
