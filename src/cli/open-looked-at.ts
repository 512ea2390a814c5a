import { readEnvironment } from '../config/environment.ts';
import type { GivenOptions } from '../config/option-table.ts';
import { usage } from '../config/parse-options.ts';
import { readRepositorySettings, repositoryOf } from '../config/repository-settings.ts';
import { openRepository, type Repository } from '../index.ts';
import { say } from '../messages/message.ts';
import type { ProgramContext } from './program.ts';
import { passwordWays } from './repository-password.ts';

/** The repository that a command looks at as a whole; it has no operands. @throws BackupError `USAGE`, `CONFIG_INVALID`, as `openRepository` */
export async function openLookedAt(
  given: GivenOptions,
  context: ProgramContext,
): Promise<{ readonly repository: Repository; readonly directory: string }> {
  const { program, signal } = context;
  const [word] = given.operands;
  if (word !== undefined) throw usage(program, say('options.too-many', { word }));
  const settings = await readRepositorySettings(given, readEnvironment());
  const directory = repositoryOf(settings);
  return {
    repository: await openRepository(directory, { ...passwordWays(settings, directory, context), signal }),
    directory,
  };
}
