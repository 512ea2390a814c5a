import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';

const scheme = 's3://';

/** Whether a word looks like a place in an object store, however it is written: `s3://b`, `S3://b`, `s3:b`. */
export function beginsAsStore(word: string): boolean {
  return /^s3:/i.test(word);
}

/** Whether a word looks like the address of a server. It may hold a secret: it is not repeated. */
export function beginsAsUrl(word: string): boolean {
  return /^https?:\//i.test(word);
}

/** @throws BackupError `CONFIG_INVALID` for a word that looks like the address of a server, or like a place in an object store and is the name of a directory */
export function refuseMisspeltStore(word: string): void {
  if (beginsAsUrl(word)) throw new BackupError('CONFIG_INVALID', say('s3.url'), { hint: say('s3.url.hint') });
  if (!beginsAsStore(word) || word.startsWith(scheme)) return;
  const meant = `${scheme}${word.slice('s3:'.length).replace(/^\/+/, '')}`;
  throw new BackupError('CONFIG_INVALID', say('s3.misspelt', { text: word }), {
    hint: meant === scheme ? say('s3.place.hint') : say('s3.misspelt.hint', { meant }),
  });
}
