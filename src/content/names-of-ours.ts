import type { ByteString } from '../bytes/byte-string.ts';
import { companionFileName } from '../manifest/companion.ts';
import { configDirectoryName } from '../manifest/config-origin.ts';

/** Files, at the top of a data directory, of runs of ours that worked in it. */
const ofRuns = /^\.gausskeep\.[^/]*(?:\/|$)/;

/**
 * Whether only a backup or a restore of ours has a file of this name in a data directory. A server that was started on such a copy
 * still has them, and sends them: what they say is about another backup.
 * @param path relative to the data directory
 */
export function isNameOfOurs(path: ByteString): boolean {
  return path === companionFileName || isOurConfiguration(path) || ofRuns.test(path);
}

/** Whether it is configuration that a backup took along from outside of a data directory. */
export function isOurConfiguration(path: ByteString): boolean {
  return path === configDirectoryName || path.startsWith(`${configDirectoryName}/`);
}
