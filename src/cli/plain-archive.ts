import { repositoryOf, type RepositorySettings } from '../config/repository-settings.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { openKnownInstance, openRepository } from '../repository-wal.ts';
import { isS3Place } from '../wal-archive.ts';
import type { ProgramContext } from './program.ts';

/**
 * The place of the WAL archive of an instance, where its repository is an unencrypted one: an ordinary archive, in which segments can grow where it is a directory.
 * Passwords that are named somewhere are not looked at.
 * @param encrypted the error for an encrypted one: no password is asked for
 * @throws BackupError `USAGE`, `REPOSITORY_NOT_FOUND`, `BACKUP_NOT_FOUND` before the first backup of the instance
 */
export async function plainArchiveOf(
  settings: RepositorySettings,
  { signal }: Pick<ProgramContext, 'signal'>,
  encrypted: () => BackupError,
): Promise<{ readonly archive: string; readonly systemIdentifier: bigint }> {
  const directory = repositoryOf(settings);
  const { instance } = settings;
  if (instance === undefined) {
    throw new BackupError('CONFIG_INVALID', say('storing.no-instance'), { hint: say('storing.no-instance.hint') });
  }
  const askPassword = (): Promise<never> => Promise.reject(encrypted());
  if (isS3Place(directory)) throw new BackupError('USAGE', say('s3.no-growing'), { hint: say('s3.no-growing.hint') });
  const repository = await openRepository(directory, { askPassword, signal });
  const { wal, isEncrypted, identity } = await openKnownInstance(repository, instance, { signal });
  if (isEncrypted) throw encrypted();
  if (typeof wal !== 'string') throw encrypted();
  return { archive: wal, systemIdentifier: identity.systemIdentifier };
}
