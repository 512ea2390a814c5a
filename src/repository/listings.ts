import type { Storage, StorageOptions } from '../storage/storage.ts';
import { decodeCommit, type Commit, type Tombstone } from './commit.ts';
import { decodeMark, marksFolder, parseMarkName, type Mark } from './mark.ts';
import { idIn } from './names.ts';
import { readObjects, type ObjectsRead } from './read-objects.ts';
import { decodeRemoval, removalsFolder, type Removal } from './removal.ts';

const commitsFolder = 'commits/';

/** All commits and tombstones. @throws BackupError `REPOSITORY_VERSION` */
export function readCommits(storage: Storage, options: StorageOptions = {}): Promise<ObjectsRead<Commit | Tombstone>> {
  const decoderOf = (name: string) => {
    const backup = idIn(commitsFolder, name);
    return backup === undefined ? undefined : (bytes: Uint8Array) => decodeCommit(bytes, backup);
  };
  return readObjects(storage, { folder: commitsFolder, decoderOf }, options);
}

/** All marks, or those of one backup. @throws BackupError `REPOSITORY_VERSION` */
export function readMarks(
  storage: Storage,
  options: StorageOptions & { readonly backup?: string } = {},
): Promise<ObjectsRead<Mark>> {
  const decoderOf = (name: string) => {
    const mark = parseMarkName(name);
    return mark && ((bytes: Uint8Array) => decodeMark(bytes, mark));
  };
  const folder = options.backup === undefined ? marksFolder : `${marksFolder}${options.backup}/`;
  return readObjects(storage, { folder, decoderOf }, options);
}

/** All removals. @throws BackupError `REPOSITORY_VERSION` */
export function readRemovals(storage: Storage, options: StorageOptions = {}): Promise<ObjectsRead<Removal>> {
  const decoderOf = (name: string) => {
    const backup = idIn(removalsFolder, name);
    return backup === undefined ? undefined : (bytes: Uint8Array) => decodeRemoval(bytes, backup);
  };
  return readObjects(storage, { folder: removalsFolder, decoderOf }, options);
}
