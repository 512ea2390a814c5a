import type { GivenOptions } from '../config/option-table.ts';
import { usage } from '../config/parse-options.ts';
import { needsPassword } from '../index.ts';
import { say } from '../messages/message.ts';
import type { ProgramContext } from './program.ts';
import { promptSecret } from './prompt.ts';
import { speak } from './speech.ts';

/** `-w` and `-W` exclude each other. @throws BackupError `USAGE` */
export function checkPasswordOptions(program: string, given: GivenOptions): void {
  if (given.has('password') && given.has('no-password')) throw usage(program, say('options.password-conflict'));
}

/**
 * Runs `work`, asking for a password where it turns out that one is needed, or at once with `-W`. Never while a connection
 * is open, and once at most.
 * @param work gets the password that was typed in; undefined: none was asked for
 * @param mayAsk whether a failure for want of a password is asked about; default always
 */
export async function withPassword<Result>(
  given: GivenOptions,
  { program, signal }: ProgramContext,
  work: (password: string | undefined) => Promise<Result>,
  mayAsk: () => boolean = () => true,
): Promise<Result> {
  checkPasswordOptions(program, given);
  const ask = async (): Promise<string> =>
    (await promptSecret(speak(say('options.password-prompt')), { signal })) ?? '';
  if (given.has('password')) return work(await ask());
  try {
    return await work(undefined);
  } catch (error) {
    if (!needsPassword(error) || given.has('no-password') || !mayAsk()) throw error;
    return work(await ask());
  }
}
