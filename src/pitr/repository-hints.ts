import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';

/** The same error with the words of a repository in its hint, where that would name options that go with directories. */
export function withRepositoryHint(error: unknown): unknown {
  if (!(error instanceof BackupError) || error.hint === undefined) return error;
  const hint = hintInRepository(error.hint);
  return hint === undefined ? error : error.with({ hint });
}

function hintInRepository({ key, parameters }: Message): Message | undefined {
  const { lsn = '-', time = '-' } = parameters;
  switch (key) {
    case 'window.proof.no-wal.hint':
      return say('window.proof.no-wal.hint-repository');
    case 'window.unreachable.before.hint':
      return say('window.unreachable.before.hint-repository', { lsn, time });
    case 'window.unreachable.too-new.hint':
      return say('window.unreachable.too-new.hint-repository');
    default:
      return undefined;
  }
}
