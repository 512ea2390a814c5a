import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';

/** What the words of a hint hang on. */
export interface HintPlace {
  /** Where backups and WAL are those of a repository, options of directories are not named. */
  readonly isRepository: boolean;
  /** Where the user named no backup, there is no other one to be named. */
  readonly isBackupNamed: boolean;
}

/** The same error with a hint that names only what can be done there. */
export function withHintFor(error: unknown, place: HintPlace): unknown {
  if (!(error instanceof BackupError) || error.hint === undefined) return error;
  const hint = hintFor(error.hint, place);
  return hint === undefined ? error : error.with({ hint });
}

function hintFor({ key, parameters }: Message, { isRepository, isBackupNamed }: HintPlace): Message | undefined {
  const { lsn = '-', time = '-' } = parameters;
  switch (key) {
    case 'window.proof.no-wal.hint':
      return isRepository ? say('window.proof.no-wal.hint-repository') : undefined;
    case 'window.unreachable.before.hint':
      if (!isBackupNamed) return say('window.unreachable.before.hint-none', { lsn, time });
      return isRepository ? say('window.unreachable.before.hint-repository', { lsn, time }) : undefined;
    case 'window.unreachable.too-new.hint':
      if (!isBackupNamed) return say('window.unreachable.too-new.hint-none');
      return isRepository ? say('window.unreachable.too-new.hint-repository') : undefined;
    default:
      return undefined;
  }
}
