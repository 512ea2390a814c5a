import { display, type ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { noteLimit } from './backup-identity.ts';

/** A small file of a backup that is read as a whole (a label, a map, the control file). @throws BackupError `CORRUPT` above `noteLimit` bytes */
export async function wholeNote(name: ByteString, content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of content) {
    length += piece.length;
    if (length > noteLimit) {
      throw new BackupError('CORRUPT', say('restore.note-too-large', { name: display(name), limit: noteLimit }));
    }
    pieces.push(Buffer.from(piece));
  }
  return Buffer.concat(pieces);
}
