import { BackupError } from '../errors/backup-error.ts';
import type { ErrorCode } from '../errors/codes.ts';
import { Teller } from '../events/teller.ts';
import { say } from '../messages/message.ts';
import { listInstances, openInstance, openKnownInstance } from '../repository/open-instance.ts';
import { readableSource } from './readable-source.ts';
import { CopyingInstance } from './copy-instance.ts';
import type { CopiedInstance, CopyRequest, CopyResult } from './copy-request.ts';
import { openTarget } from './mend-identity.ts';
import type { CopyListener, CopyNews } from './events.ts';

/** Errors that are about one instance: the others are copied nevertheless. */
const ofOne: readonly ErrorCode[] = ['CORRUPT', 'SYSTEM_MISMATCH', 'OBJECT_EXISTS', 'REPOSITORY_VERSION', 'USAGE'];

/**
 * Copies backups and WAL of instances into another repository, in which they keep their ids: what is there is compared by names and sizes and not copied again, so that a run that was interrupted
 * is taken up by the next one, and each run brings what is new. What is copied is read through its checksums, and stored through those, or the keys, of the target. A backup is committed when all that it
 * needs is there; one of which something is damaged is named, and is not.
 * @throws BackupError `USAGE` when both are the same repository; `BACKUP_NOT_FOUND` for an instance that the source does not have; `STORAGE_UNAVAILABLE`
 */
export async function copyRepository(
  { source, target, instances: wanted, dryRun = false, read = 'none', cacheDirectory }: CopyRequest,
  { signal = new AbortController().signal, onEvent }: { signal?: AbortSignal; onEvent?: CopyListener | undefined } = {},
): Promise<CopyResult> {
  if (source.identity.repository === target.identity.repository) {
    throw new BackupError('USAGE', say('copy.same'), { hint: say('copy.same.hint') });
  }
  for (const name of wanted ?? []) await openKnownInstance(source, name, { signal });
  const names = wanted === undefined ? await listInstances(source, { signal }) : [...new Set(wanted)];
  const teller = new Teller<'copy', CopyNews>(onEvent);
  const instances: CopiedInstance[] = [];
  for (const name of names) {
    teller.enter('compare');
    teller.tell({ type: 'instance', instance: name });
    const run = new CopyingInstance(name, source.identity.repository, { dryRun, read, cacheDirectory, teller, signal });
    try {
      const from = await openInstance(source, name, { signal });
      // What a run left that never came to its end is no instance.
      if (from.identity === undefined) continue;
      const { storage, identity } = from;
      await run.copy(
        { ...from, identity, storage: readableSource(storage) },
        await openTarget(target, name, identity, { signal }),
      );
      instances.push(run.result(undefined));
    } catch (error) {
      if (!(error instanceof BackupError) || !ofOne.includes(error.code)) throw error;
      instances.push(run.result(error));
    }
  }
  return { instances };
}
