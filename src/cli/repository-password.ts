import { readRepositoryPassword } from '../config/repository-password.ts';
import type { RepositorySettings } from '../config/repository-settings.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import type { ProgramContext } from './program.ts';
import { hasTerminal, promptSecret } from './prompt.ts';
import { speak } from './speech.ts';
import { shownPlace } from '../wal-archive.ts';

type Settings = Pick<RepositorySettings, 'password' | 'isPasswordOfOthers'>;

/** How the password of a repository is come by. */
interface PasswordWays {
  /** From where it was named. */
  readonly password: (() => Promise<string>) | undefined;
  /** Where the repository turns out to need one: from what names it for all that do, else somebody is asked. */
  readonly askPassword: () => Promise<string>;
}

/** Ways to the password of the repository in `directory`, for `openRepository`. */
export function passwordWays(
  { password, isPasswordOfOthers }: Settings,
  directory: string,
  { signal }: Pick<ProgramContext, 'signal'>,
): PasswordWays {
  const read = password && (() => readRepositoryPassword(password, { signal }));
  if (read !== undefined && isPasswordOfOthers === true) return { password: undefined, askPassword: read };
  return {
    password: read,
    askPassword: () => ask(say('repo.password-prompt', { directory: shownPlace(directory) }), signal),
  };
}

/** The password of a new one, from where it is named; else it is asked for, on a terminal, where nobody sees what is typed, twice. */
export function newPassword(
  { password }: Settings,
  directory: string,
  { signal }: ProgramContext,
): () => Promise<string> {
  return async () => {
    if (password !== undefined) return readRepositoryPassword(password, { signal });
    const first = await ask(say('repo.password-prompt-new', { directory: shownPlace(directory) }), signal);
    if (!hasTerminal() || (await ask(say('repo.password-prompt-again'), signal)) === first) return first;
    throw new BackupError('USAGE', say('repo.passwords-differ'));
  };
}

/** @throws BackupError `AUTHENTICATION` when nobody says one */
async function ask(prompt: Message, signal: AbortSignal): Promise<string> {
  const typed = await promptSecret(speak(prompt), { signal });
  if (typed !== undefined && typed !== '') return typed;
  throw new BackupError('AUTHENTICATION', say('repo.no-password'), { hint: say('repo.no-password.hint') });
}
