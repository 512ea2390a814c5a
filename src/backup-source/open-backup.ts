import { realpathSync, statSync } from 'node:fs';
import { display, fromText, type ByteString } from '../bytes/byte-string.ts';
import { BackupError, systemCodeOf } from '../errors/backup-error.ts';
import { linkedTars } from '../content/linked-tars.ts';
import { fileFailure } from '../files/failure.ts';
import { fsPath, joinPath } from '../files/path.ts';
import { say } from '../messages/message.ts';
import { findTarSet } from '../wal-archive/tar-set.ts';
import { openLocalStorage } from '../storage/local-storage.ts';
import { StoredBackups } from './stored-backups.ts';
import { storedTars } from './stored-tars.ts';
import { TarSource } from './tar-source.ts';
import { PlainSource } from './plain-source.ts';
import type { BackupSource } from './backup-source.ts';
import type { Storage } from '../storage/storage.ts';

/** Where a backup is: a local directory (plain or archives), or archives in a folder ('' or ending in `/`) of a storage. */
export type BackupLocation =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'storage'; readonly storage: Storage; readonly folder: string };

/**
 * The backup at a place. What it is, its content tells: a directory with PG_VERSION is plain, one with base.tar holds archives.
 * @throws BackupError `BACKUP_NOT_FOUND`, `STORAGE_UNAVAILABLE`
 */
export async function openBackupSource(from: BackupLocation, signal: AbortSignal): Promise<BackupSource> {
  if (from.kind === 'storage') {
    if (from.storage instanceof StoredBackups) return from.storage.source(from.folder, signal);
    const set = await findTarSet(from.storage, from.folder, { signal });
    const description = `${from.storage.description}${from.folder === '' ? '' : `: ${from.folder}`}`;
    if (set === undefined) throw noBackup(description);
    const { storage } = from;
    return new TarSource({
      reading: storedTars(storage, set),
      set,
      description,
      localPath: undefined,
      owner: undefined,
    });
  }
  const path = realDirectory(fromText(from.path));
  const has = (name: string): boolean =>
    statSync(fsPath(joinPath(path, name)), { throwIfNoEntry: false }) !== undefined;
  if (has('PG_VERSION')) return new PlainSource(path);
  const [linked] = linkedTars(path);
  if (linked !== undefined) throw linked;
  const storage = await openLocalStorage(display(path));
  const set = await findTarSet(storage, '', { signal });
  if (set === undefined) throw noBackup(display(path));
  const { uid, gid } = statSync(fsPath(joinPath(path, fromText(set.base.name))));
  const reading = storedTars(storage, set);
  return new TarSource({ reading, set, description: display(path), localPath: path, owner: { uid, gid } });
}

/** The directory of a local backup, without links. @throws BackupError `BACKUP_NOT_FOUND` when there is none, `STORAGE_UNAVAILABLE` */
export function realDirectory(path: ByteString): ByteString {
  try {
    const real = realpathSync.native(fsPath(path), { encoding: 'latin1' }) as ByteString;
    if (statSync(fsPath(real)).isDirectory()) return real;
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw fileFailure('read', path, error);
  }
  throw noBackup(display(path));
}

function noBackup(description: string): BackupError {
  return new BackupError('BACKUP_NOT_FOUND', say('restore.no-backup', { backup: description }), {
    hint: say('restore.no-backup.hint'),
  });
}
