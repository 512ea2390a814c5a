import { fromText } from '../bytes/byte-string.ts';
import { fileFailure } from '../files/failure.ts';
import { say } from '../messages/message.ts';
import type { StorageOptions } from '../storage/storage.ts';
import { unfinishedFiles } from '../storage/unfinished-files.ts';
import type { Findings } from './finding.ts';

/**
 * Names what writes into a directory have not finished: the storage does not list it, and it takes room.
 * @throws BackupError `STORAGE_UNAVAILABLE`, `AUTHENTICATION` where a directory cannot be read
 */
export async function checkUnfinished(directory: string, findings: Findings, options: StorageOptions): Promise<void> {
  let [count, bytes] = [0, 0];
  try {
    for await (const { sizeBytes } of unfinishedFiles(directory, options)) {
      [count, bytes] = [count + 1, bytes + sizeBytes];
    }
  } catch (error) {
    if (options.signal?.aborted === true) throw error;
    throw fileFailure('read', fromText(directory), error);
  }
  if (count > 0) findings.note('', say('repo-check.unfinished', { count, bytes }), say('repo-check.unfinished.action'));
}
