import { dirname } from 'node:path';
import { BackupError } from '../errors/backup-error.ts';
import {
  checkFirstPush,
  giveArchiveToServer,
  openForPush,
  pushWal,
  refuseArchiveInData,
  refuseNested,
  type Codec,
  type PushTarget,
} from '../wal-archive.ts';
import { say } from '../messages/message.ts';
import type { NamedWal } from './named-wal.ts';
import type { ProgramContext } from './program.ts';
import { clockSentence } from './store-findings.ts';

/** How files are stored. */
export interface PushCompression {
  readonly codec: Codec;
  readonly level: number | undefined;
}

/** Opens the archive that was named, to push into it. What it does not refuse becomes an archive by the first push. */
export async function openPushTarget(
  named: NamedWal,
  compression: PushCompression,
  { signal }: Pick<ProgramContext, 'signal'>,
): Promise<PushTarget> {
  const { generation } = named;
  const { storage, directory, systemIdentifier } = await named.open();
  return {
    look: () => openForPush(storage, { signal }),
    push: async (path, how) => {
      const creation = { happened: false };
      const beforeCreation = async (facts: { readonly systemIdentifier: bigint }): Promise<void> => {
        if (systemIdentifier !== undefined) refuseOther(systemIdentifier, facts.systemIdentifier);
        if (!named.isOfRepository) await refuseNested(named.name, { signal });
        // A repository is there: its file system is mounted.
        if (named.isOfRepository && directory !== undefined) await refuseArchiveInData(directory, dirname(path));
        else if (directory !== undefined) await checkFirstPush(directory, path);
        creation.happened = !named.isOfRepository;
      };
      const report = await pushWal(
        { storage, path, generation, ...compression, beforeCreation, opened: how?.opened, turn: how?.turn },
        { signal },
      );
      const clock = clockSentence(storage);
      if (!creation.happened || directory === undefined) return { report, notes: clock === undefined ? [] : [clock] };
      // In the server's log, once: that it was this directory, and that nothing before is in it.
      await giveArchiveToServer(directory, path);
      return { report, notes: [say('wal-commands.began', { directory, name: report.name })] };
    },
  };
}

/** An archive that was not begun yet says nothing itself. @throws BackupError `SYSTEM_MISMATCH` */
function refuseOther(expected: bigint, actual: bigint): void {
  if (actual === expected) return;
  throw new BackupError('SYSTEM_MISMATCH', say('archive.other-systemIdentifier', { expected, actual }), {
    hint: say('archive.other.hint'),
  });
}
