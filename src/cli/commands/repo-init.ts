import { readEnvironment } from '../../config/environment.ts';
import { extraWord, usage } from '../../config/parse-options.ts';
import { lockSettings } from '../../config/lock-settings.ts';
import { repoInitOptions } from '../../config/repository-options.ts';
import { readRepositorySettings, repositoryOf } from '../../config/repository-settings.ts';
import { initRepository } from '../../index.ts';
import { say } from '../../messages/message.ts';
import type { Command } from '../command.ts';
import { warningLine } from '../error-text.ts';
import { newPassword } from '../repository-password.ts';
import { speak } from '../speech.ts';
import { lockSentence, storeRecord, tellClock } from '../store-findings.ts';
import { isS3Place, shownPlace } from '../../wal-archive.ts';

export const repoInitCommand: Command = {
  synopsis: say('repo.init.synopsis'),
  summary: say('repo.init.what'),
  options: repoInitOptions,
  run: async (given, context) => {
    const { program, terminal, signal } = context;
    const [operand, further] = given.operands;
    const word = given.has('repo') ? operand : further;
    if (word !== undefined) throw extraWord(program, word);
    const isEncrypted = given.has('encrypt');
    const unused = ['password-file', 'password-command'].find((option) => !isEncrypted && given.has(option));
    if (unused !== undefined) throw usage(program, say('repo.init.password-unused', { option: `--${unused}` }));
    const settings = await readRepositorySettings(given, readEnvironment(), operand);
    const directory = repositoryOf(settings);
    const lock = lockSettings(given);
    const password = isEncrypted ? newPassword(settings, directory, context) : undefined;
    const { identity, root } = await initRepository(directory, { password, lock, signal });
    const found = await root.prepare?.({ signal });
    const sentence = say(isEncrypted ? 'repo.init.made-encrypted' : 'repo.init.made', {
      directory: shownPlace(directory),
    });
    if (!given.has('json')) terminal.line(`${program}: ${speak(sentence)}`);
    else {
      const { repository, createdAt } = identity;
      const record = {
        messageType: 'repository',
        directory: shownPlace(directory),
        repository,
        isEncrypted,
        createdAt,
        ...(found === undefined ? {} : { store: storeRecord(found) }),
      };
      await terminal.report(`${JSON.stringify(record)}\n`);
    }
    if (isS3Place(directory)) terminal.line(hostsLine(program, root.abilities.putOnce));
    const lockTold = found && lockSentence(found);
    if (lockTold !== undefined) terminal.line(`${program}: ${speak(lockTold)}`);
    tellClock(root, context);
    return 0;
  },
};

/** Who may write to an object store, by what it was seen to do. */
function hostsLine(program: string, putOnce: boolean): string {
  return putOnce ? `${program}: ${speak(say('s3.several-hosts'))}` : warningLine(program, say('s3.one-host'));
}
