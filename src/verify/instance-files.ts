import type { ByteString } from '../bytes/byte-string.ts';
import { noteLimit } from '../content/backup-identity.ts';
import { systemCodeOf } from '../errors/backup-error.ts';
import { readRegular } from '../files/open-regular.ts';
import { fsPath, joinPath } from '../files/path.ts';
import { companionFileName } from '../manifest/companion.ts';
import { configOriginName } from '../manifest/config-origin.ts';

/** Small files of a backup that say what it is. */
const instanceFileNames = [
  'PG_VERSION',
  'global/pg_control',
  'backup_label',
  'tablespace_map',
  companionFileName,
  configOriginName,
] as const;

export type InstanceFileName = (typeof instanceFileNames)[number];

export type InstanceFiles = Map<InstanceFileName, Uint8Array>;

export function isInstanceFile(path: string): path is InstanceFileName {
  return instanceFileNames.some((name) => name === path);
}

/**
 * Those that are in a plain backup. One that cannot be read is left out: the survey reports it.
 * @param onUnreadable for each that is there, for all that can be told
 */
export function readInstanceFiles(root: ByteString, onUnreadable: (name: InstanceFileName) => void): InstanceFiles {
  const files: InstanceFiles = new Map();
  for (const name of instanceFileNames) {
    try {
      files.set(name, readRegular(fsPath(joinPath(root, name)), noteLimit));
    } catch (error) {
      if (!['ENOENT', 'ENOTDIR'].includes(systemCodeOf(error) ?? '')) onUnreadable(name);
    }
  }
  return files;
}
