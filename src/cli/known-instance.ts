import { repositoryOf, type RepositorySettings } from '../config/repository-settings.ts';
import { BackupError } from '../errors/backup-error.ts';
import { openKnownInstance, openRepository, type RepositoryInstance } from '../index.ts';
import { say } from '../messages/message.ts';
import type { ProgramContext } from './program.ts';
import { passwordWays } from './repository-password.ts';

/**
 * The instance that was named, of the repository that was named: for what works on backups that are there.
 * @throws BackupError `CONFIG_INVALID` when none is named; `BACKUP_NOT_FOUND` when nothing was stored under the name; as `openRepository`
 */
export async function knownInstance(
  settings: RepositorySettings,
  context: ProgramContext,
): Promise<RepositoryInstance> {
  const { signal } = context;
  const directory = repositoryOf(settings);
  const { instance } = settings;
  if (instance === undefined) {
    throw new BackupError('CONFIG_INVALID', say('storing.no-instance'), {
      hint: say('storing.no-instance.hint'),
    });
  }
  const repository = await openRepository(directory, { ...passwordWays(settings, directory, context), signal });
  return openKnownInstance(repository, instance, { signal });
}
