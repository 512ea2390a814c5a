import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { placeWords } from '../messages/place-words.ts';
import { isS3Place } from '../storage/s3/location.ts';
import type { Storage } from '../storage/storage.ts';

/** A place that is no WAL archive. */
export function noArchive({ description }: Storage): BackupError {
  return new BackupError('REPOSITORY_NOT_FOUND', say('archive.none', { storage: placeWords(description) }), {
    hint: say(isS3Place(description) ? 'archive.none-in-store.hint' : 'archive.none.hint'),
  });
}
