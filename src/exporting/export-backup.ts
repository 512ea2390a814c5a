import { contentTars } from '../backup-source/content-tars.ts';
import type { TarCompression } from '../backup/request.ts';
import { fromText } from '../bytes/byte-string.ts';
import { requireEncoder } from '../compression/decompress.ts';
import { claimDirectory } from '../files/claim-directory.ts';
import { syncDirectory, syncTree } from '../files/sync-tree.ts';
import { openContent } from '../packs/content-reader.ts';
import { chooseBackup } from '../repository/choose-backup.ts';
import { readCatalogue } from '../repository/catalogue.ts';
import type { Commit } from '../repository/commit.ts';
import type { Instance } from '../repository/instance.ts';
import { findNeededWal } from './needed-wal.ts';
import { holdBackup } from '../repository/hold-backup.ts';
import { TarSetWriter } from './tar-set-writer.ts';

/** A backup of a repository, to be written as a set of tars. */
export interface ExportRequest {
  readonly instance: Instance;
  /** `latest`, or the beginning of a name or of an id. */
  readonly backup: string;
  /** A directory that is missing or empty, absolute. */
  readonly directory: string;
  /** Default: none. */
  readonly compression?: TarCompression | undefined;
}

export interface ExportOptions {
  readonly signal: AbortSignal;
}

export interface ExportResult {
  readonly commit: Commit;
  /** Names of the files, in the order in which they were written. */
  readonly names: readonly string[];
  readonly writtenBytes: number;
  /** False: the repository could not be written to, so that nothing kept retention from removing what was read. */
  readonly isHeld: boolean;
}

/**
 * Writes a backup as a standard set of tars: `base.tar`, `OID.tar` of each tablespace, the tar of the WAL that it needs, backup_manifest where it has one. When it resolves
 * all of it is durable; when it rejects, the directory is as it was. Every byte is compared with the hash it was stored with.
 * @throws BackupError `BACKUP_NOT_FOUND`; `WAL_MISSING` when neither the archive of the instance nor the backup has a segment that it needs;
 *   `TARGET_NOT_EMPTY`, `LOCKED`, `CORRUPT`, `CONFIG_INVALID`, `STORAGE_UNAVAILABLE`
 */
export async function exportBackup(request: ExportRequest, { signal }: ExportOptions): Promise<ExportResult> {
  const { instance, compression = { method: 'none' } } = request;
  if (compression.method !== 'none') await requireEncoder(compression.method, compression.level);
  const { commit } = chooseBackup(await readCatalogue(instance.storage, { signal }), request.backup);
  const hold = await holdBackup(instance.storage, commit.backup, { signal });
  try {
    const held = hold === undefined ? signal : AbortSignal.any([signal, hold.signal]);
    const written = await writeSet(request, commit, compression, held);
    return { commit, ...written, isHeld: hold !== undefined };
  } finally {
    // What is left of it dies by itself; that it could not be taken away is no failure of the export.
    await hold?.release().catch(() => undefined);
  }
}

async function writeSet(
  { instance, directory }: ExportRequest,
  commit: Commit,
  compression: TarCompression,
  signal: AbortSignal,
): Promise<Pick<ExportResult, 'names' | 'writtenBytes'>> {
  const reader = await openContent(instance.storage, commit.root, { signal });
  const { set, reading } = await contentTars(reader, signal);
  const wal = await findNeededWal(instance, commit, reader, signal);
  const path = fromText(directory);
  const claim = await claimDirectory(path);
  try {
    const writer = new TarSetWriter(path, { compression, signal });
    const isElsewhere = (name: string): boolean => name === set.manifest?.name || wal.own.has(name);
    for (const tar of [...set.tablespaces, set.base]) {
      await writer.tar(tar.name, reading.members(tar, { signal }), tar === set.base ? isElsewhere : undefined);
    }
    await writer.wal(wal.directory, wal.members(signal));
    if (set.manifest !== undefined) await writer.manifest(reading.manifest({ signal }));
    await syncTree(path, { signal });
    await writer.reveal();
    claim.release();
    await syncDirectory(path);
    for (const above of claim.changedAbove ?? []) await syncDirectory(above);
    return { names: writer.names, writtenBytes: writer.writtenBytes };
  } catch (error) {
    // The failure itself is what to tell; what could not be removed is still there to see.
    await claim.discard().catch(() => undefined);
    throw error;
  }
}
