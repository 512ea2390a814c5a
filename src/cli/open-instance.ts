import { repositoryOf, type RepositorySettings } from '../config/repository-settings.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { openInstance, openKnownInstance, openRepository, type Instance } from '../repository-wal.ts';
import type { ProgramContext } from './program.ts';
import { passwordWays } from './repository-password.ts';

type Context = Pick<ProgramContext, 'signal'>;
type KnownInstance = Awaited<ReturnType<typeof openKnownInstance>>;

/** The instance that was named, in the repository that was named. @throws BackupError `CONFIG_INVALID`, as `openRepository` */
export function openNamedInstance(settings: RepositorySettings, context: Context): Promise<Instance> {
  return opened(settings, context, openInstance);
}

/** As `openNamedInstance`. @throws BackupError `BACKUP_NOT_FOUND` when nothing was ever stored under that name */
export function openNamedKnownInstance(settings: RepositorySettings, context: Context): Promise<KnownInstance> {
  return opened(settings, context, openKnownInstance);
}

async function opened<Result>(
  settings: RepositorySettings,
  { signal }: Context,
  open: (
    repository: Awaited<ReturnType<typeof openRepository>>,
    name: string,
    options: { readonly signal: AbortSignal },
  ) => Promise<Result>,
): Promise<Result> {
  const directory = repositoryOf(settings);
  const { instance } = settings;
  if (instance === undefined) {
    throw new BackupError('CONFIG_INVALID', say('storing.no-instance'), { hint: say('storing.no-instance.hint') });
  }
  const repository = await openRepository(directory, { ...passwordWays(settings, directory, { signal }), signal });
  return open(repository, instance, { signal });
}
