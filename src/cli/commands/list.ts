import { readEnvironment } from '../../config/environment.ts';
import { extraWord } from '../../config/parse-options.ts';
import { listOptions } from '../../config/repository-options.ts';
import { readRepositorySettings, repositoryOf } from '../../config/repository-settings.ts';
import { BackupError } from '../../errors/backup-error.ts';
import {
  listInstances,
  lostIdentity,
  newestWal,
  openInstance,
  openKnownInstance,
  openRepository,
  readCatalogue,
  readPruned,
  type Repository,
} from '../../index.ts';
import { say } from '../../messages/message.ts';
import type { Command } from '../command.ts';
import { warningLine } from '../error-text.ts';
import { backupRecord } from '../list-record.ts';
import { listLines } from '../list-text.ts';
import { passwordWays } from '../repository-password.ts';
import type { ShownInstance } from '../shown-backup.ts';
import { shownInstance } from '../shown-instance.ts';
import { speak } from '../speech.ts';
import { shownPlace } from '../../wal-archive.ts';

/** As of what was done with warnings. */
const withWarnings = 3;

export const listCommand: Command = {
  synopsis: say('repo.list.synopsis'),
  summary: say('repo.list.what'),
  options: listOptions,
  run: async (given, context) => {
    const { program, terminal, signal } = context;
    const [word] = given.operands;
    if (word !== undefined) throw extraWord(program, word);
    const settings = await readRepositorySettings(given, readEnvironment());
    const directory = repositoryOf(settings);
    const repository = await openRepository(directory, { ...passwordWays(settings, directory, context), signal });
    const only = given.last('instance');
    const names = only === undefined ? await listInstances(repository, { signal }) : [only];
    let isWhole = true;
    let tables = 0;
    for (const name of names) {
      const { shown, damaged } = await lookAt(repository, name, { isKnown: only !== undefined, signal });
      const lines = shown === undefined ? [] : given.has('json') ? recordsOf(shown) : listLines(shown);
      if (lines.length > 0) {
        await terminal.data([...(tables > 0 && !given.has('json') ? [''] : []), ...lines, ''].join('\n'));
        tables += 1;
      }
      for (const { name: object, error } of damaged) {
        isWhole = false;
        const words = { instance: name, name: object, reason: error.sentence };
        terminal.line(warningLine(program, say('repo.list.damaged', words)));
      }
    }
    if (names.length === 0)
      terminal.line(`${program}: ${speak(say('repo.list.no-instances', { directory: shownPlace(directory) }))}`);
    return isWhole ? 0 : withWarnings;
  },
};

function recordsOf(shown: ShownInstance): string[] {
  return shown.backups.map((backup) => JSON.stringify(backupRecord(shown, backup)));
}

interface Look {
  /** Undefined: nothing of it can be shown. */
  readonly shown: ShownInstance | undefined;
  readonly damaged: readonly { readonly name: string; readonly error: BackupError }[];
}

/** One that cannot be read hides no other. @throws BackupError when it is the one that was asked for */
async function lookAt(
  repository: Repository,
  name: string,
  { isKnown, signal }: { readonly isKnown: boolean; readonly signal: AbortSignal },
): Promise<Look> {
  try {
    const instance = await (isKnown ? openKnownInstance : openInstance)(repository, name, { signal });
    const catalogue = await readCatalogue(instance.storage, { signal });
    const pruned = await readPruned(instance.storage, { signal });
    const { lock: ofStorage } = instance.storage;
    const { lockedForMs = 0, nowMs = 0 } = ofStorage ?? {};
    const lock = ofStorage && { lockedForMs, nowMs, repository: repository.identity.repository };
    const newest = await newestWal(instance, { signal });
    const shown = shownInstance(instance, catalogue, { newestWal: newest, pruned, lock });
    const lost = instance.isIdentityLost === true ? [{ name: 'instance.json', error: lostIdentity(name) }] : [];
    return { shown, damaged: [...lost, ...catalogue.damaged] };
  } catch (error) {
    const isOfInstance = error instanceof BackupError && ['CORRUPT', 'REPOSITORY_VERSION'].includes(error.code);
    if (isKnown || !isOfInstance) throw error;
    return { shown: undefined, damaged: [{ name: `instances/${name}/`, error }] };
  }
}
