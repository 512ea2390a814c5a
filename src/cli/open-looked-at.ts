import { readEnvironment } from '../config/environment.ts';
import type { GivenOptions } from '../config/option-table.ts';
import { extraWord } from '../config/parse-options.ts';
import { readRepositorySettings, repositoryOf } from '../config/repository-settings.ts';
import { openRepository, type Repository } from '../index.ts';
import type { ProgramContext } from './program.ts';
import { passwordWays } from './repository-password.ts';

/** The repository that a command looks at as a whole; it has no operands. @throws BackupError `USAGE`, `CONFIG_INVALID`, as `openRepository` */
export async function openLookedAt(
  given: GivenOptions,
  context: ProgramContext,
): Promise<{ readonly repository: Repository; readonly directory: string }> {
  const { program, signal } = context;
  const [word] = given.operands;
  if (word !== undefined) throw extraWord(program, word);
  const settings = await readRepositorySettings(given, readEnvironment());
  const directory = repositoryOf(settings);
  return {
    repository: await openRepository(directory, { ...passwordWays(settings, directory, context), signal }),
    directory,
  };
}
