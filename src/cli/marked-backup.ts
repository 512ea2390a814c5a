import { readEnvironment } from '../config/environment.ts';
import type { GivenOptions } from '../config/option-table.ts';
import { extraWord, usage } from '../config/parse-options.ts';
import { readRepositorySettings } from '../config/repository-settings.ts';
import { BackupError, chooseBackup, readCatalogue, unreadNewer, type RepositoryInstance } from '../index.ts';
import { say, type Message } from '../messages/message.ts';
import { openNamedKnownInstance } from './open-instance.ts';
import type { ProgramContext } from './program.ts';
import { speak } from './speech.ts';

/** A backup that something is said about. */
export interface MarkedBackup {
  readonly storage: RepositoryInstance['storage'];
  /** Its id. */
  readonly backup: string;
  readonly name: string;
}

/** The backup that the first operand names. @param operands how many there must be @throws BackupError `USAGE`, `BACKUP_NOT_FOUND`, `CORRUPT` where `latest` may be one that cannot be read, as `knownInstance` */
export async function markedBackup(given: GivenOptions, context: ProgramContext, operands = 1): Promise<MarkedBackup> {
  const { program, signal } = context;
  const [wanted, ...others] = given.operands;
  if (wanted === undefined) throw usage(program, say('wal-commands.missing', { what: 'NAME' }));
  const further = others[operands - 1];
  if (further !== undefined) throw extraWord(program, further);
  const { storage } = await openNamedKnownInstance(await readRepositorySettings(given, readEnvironment()), context);
  const catalogue = await readCatalogue(storage, { signal });
  const chosen = chooseBackup(catalogue, wanted);
  const [unread] = wanted === 'latest' ? unreadNewer(catalogue, chosen) : [];
  if (unread !== undefined) {
    throw new BackupError('CORRUPT', say('repo.latest-unsure', { name: unread.backup }), {
      hint: say('repo.latest-unsure.hint'),
      cause: unread.error,
    });
  }
  const { commit } = chosen;
  return { storage, backup: commit.backup, name: commit.name };
}

/** Tells what was done. @returns the exit status */
export function told({ program, terminal }: ProgramContext, sentence: Message): number {
  terminal.line(`${program}: ${speak(sentence)}`);
  return 0;
}
