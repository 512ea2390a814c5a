import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Storage } from '../storage/storage.ts';

/** Both archives hold WAL of the server, and not the same. */
export function archiveConflict(name: string, generation: number, target: Storage): BackupError {
  return new BackupError('OBJECT_EXISTS', say('copy.conflict', { name, generation }), {
    hint: say('copy.conflict.hint'),
    context: { archive: target.description },
  });
}

/** As it is said of a copy. */
export function asCopyConflict(error: unknown): never {
  if (error instanceof BackupError && error.code === 'OBJECT_EXISTS') {
    throw error.with({ hint: say('copy.conflict.hint') });
  }
  throw error;
}
