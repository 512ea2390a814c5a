import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';

/**
 * What it means that a damaged object of the target could not be deleted, so that a sound one can be put in its place: it stays damaged (`CORRUPT`), and others are gone on with.
 */
export function cannotReplace(name: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof BackupError)) throw error;
    const isRefused = error.code === 'AUTHENTICATION' || error.kind === 'object-locked';
    if (!isRefused) throw error;
    throw new BackupError('CORRUPT', say('copy.cannot-replace', { name, reason: error.sentence }), {
      hint: say('copy.cannot-replace.hint'),
      cause: error,
    });
  };
}
