import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import {
  chooseGeneration,
  openGeneration as openNext,
  readGenerations,
  type Archive,
  type NewGeneration,
} from '../wal-archive/archive.ts';
import { openArchiveWal } from '../wal-archive/archive-wal.ts';
import type { Generation } from '../wal-archive/generation.ts';
import type { StorageOptions } from '../storage/storage.ts';
import { formatLsn } from '../wal/lsn.ts';
import { parseSegmentName } from '../wal/segment.ts';

/**
 * Opens the next generation, after a recovery of `parent` to `forkLsn`. What the archive has of the parent must begin before
 * that, for nobody can have recovered from it to an earlier position.
 * @throws BackupError `USAGE` when there is no such parent, or the fork lies before its WAL
 */
export async function openGeneration(
  archive: Archive,
  request: NewGeneration,
  options: StorageOptions = {},
): Promise<Generation> {
  const { parent, forkLsn } = request;
  const generations = await readGenerations(archive, options);
  chooseGeneration(generations, parent, 'read');
  for await (const { file } of openArchiveWal(archive, generations, parent).list(options)) {
    if (!('segment' in file)) continue;
    const begin = parseSegmentName(file.segment, archive.identity.segmentSizeBytes)?.startLsn;
    if (begin === undefined || forkLsn >= begin) break;
    const parameters = { forkLsn: formatLsn(forkLsn), parent, begin: formatLsn(begin) };
    throw new BackupError('USAGE', say('archive.fork-before-begin', parameters), {
      hint: say('archive.fork-before-begin.hint'),
    });
  }
  return openNext(archive, request, options);
}
