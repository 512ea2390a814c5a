import { contentTars, type ContentTars } from '../backup-source/content-tars.ts';
import type { TarCompression } from '../backup/request.ts';
import { fromText, type ByteString } from '../bytes/byte-string.ts';
import { requireEncoder } from '../compression/decompress.ts';
import type { Message } from '../messages/message.ts';
import { openContent } from '../packs/content-reader.ts';
import { chooseBackup } from '../repository/choose-backup.ts';
import { readCatalogue } from '../repository/catalogue.ts';
import type { Commit } from '../repository/commit.ts';
import type { Instance } from '../repository/instance.ts';
import { choiceWarnings } from '../repository/tell-choice.ts';
import { holdBackup } from '../repository/hold-backup.ts';
import { exportPlain, type PlainExport, type PlainForm } from './export-plain.ts';
import { fillDirectories } from './fill-directories.ts';
import { findNeededWal, type NeededWal } from './needed-wal.ts';
import { TarSetWriter } from './tar-set-writer.ts';

/** A backup as a set of tars. */
export interface TarForm {
  readonly kind: 'tar';
  /** Default: none. */
  readonly compression?: TarCompression | undefined;
}

/** A backup of a repository, to be written as a standard one. */
export interface ExportRequest {
  readonly instance: Instance;
  /** `latest`, or the beginning of a name or of an id. */
  readonly backup: string;
  /** A directory that is missing or empty, absolute. */
  readonly directory: string;
  readonly form: TarForm | PlainForm;
}

/** What is told before anything is written. */
export interface ExportEvent {
  /** A newer backup cannot be read, or the backup is condemned. */
  readonly type: 'warning';
  readonly sentence: Message;
}

export interface ExportOptions {
  readonly signal: AbortSignal;
  readonly onEvent?: ((event: ExportEvent) => void) | undefined;
}

export interface TarExport {
  readonly kind: 'tar';
  /** Names of the files, in the order in which they were written. */
  readonly names: readonly string[];
  readonly writtenBytes: number;
}

export interface ExportResult {
  readonly commit: Commit;
  readonly written: TarExport | PlainExport;
  /** False: the repository could not be written to, so that nothing kept retention from removing what was read. */
  readonly isHeld: boolean;
}

/**
 * Writes a backup as a standard one with the WAL that it needs. As tars: `base.tar`, `OID.tar` of each tablespace, the tar of the WAL, backup_manifest where it has one. As directories:
 * as a server's own tool writes a plain backup. When it resolves all of it is durable; when it rejects, the directories are as they were. Every byte is compared with the hash it was stored with.
 * @throws BackupError `BACKUP_NOT_FOUND`; `WAL_MISSING` when neither the archive of the instance nor the backup has a segment that it needs;
 *   `TARGET_NOT_EMPTY`, `LOCKED`, `CORRUPT`, `CONFIG_INVALID`, `USAGE`, `STORAGE_UNAVAILABLE`
 */
export async function exportBackup(request: ExportRequest, { signal, onEvent }: ExportOptions): Promise<ExportResult> {
  const { instance, form } = request;
  if (form.kind === 'tar' && form.compression !== undefined && form.compression.method !== 'none') {
    await requireEncoder(form.compression.method, form.compression.level);
  }
  const catalogue = await readCatalogue(instance.storage, { signal });
  const chosen = chooseBackup(catalogue, request.backup);
  for (const sentence of choiceWarnings(catalogue, request.backup, chosen)) onEvent?.({ type: 'warning', sentence });
  const { commit } = chosen;
  const hold = await holdBackup(instance.storage, commit.backup, { signal });
  try {
    const held = hold === undefined ? signal : AbortSignal.any([signal, hold.signal]);
    return { commit, written: await write(request, commit, held), isHeld: hold !== undefined };
  } finally {
    // What is left of it dies by itself; that it could not be taken away is no failure of the export.
    await hold?.release().catch(() => undefined);
  }
}

async function write(
  { instance, directory, form }: ExportRequest,
  commit: Commit,
  signal: AbortSignal,
): Promise<TarExport | PlainExport> {
  const reader = await openContent(instance.storage, commit.root, { signal });
  const tars = await contentTars(reader, signal);
  const wal = await findNeededWal(instance, commit, reader, signal);
  if (form.kind === 'tar') return writeTars(tars, wal, { form, path: fromText(directory), signal });
  const { set, reading } = tars;
  const manifest = set.manifest && ((options: { signal: AbortSignal }) => reading.manifest(options));
  return exportPlain({ instance, commit, directory, form, wal, manifest }, signal);
}

async function writeTars(
  { set, reading }: ContentTars,
  wal: NeededWal,
  { form, path, signal }: { readonly form: TarForm; readonly path: ByteString; readonly signal: AbortSignal },
): Promise<TarExport> {
  return fillDirectories([path], { signal }, async () => {
    const { compression = { method: 'none' } } = form;
    const writer = new TarSetWriter(path, { compression, signal });
    const isElsewhere = (name: string): boolean => name === set.manifest?.name || wal.own.has(name);
    for (const tar of [...set.tablespaces, set.base]) {
      await writer.tar(
        tar.name,
        reading.members(tar, { signal, isWhole: true }),
        tar === set.base ? isElsewhere : undefined,
      );
    }
    await writer.wal(wal.directory, wal.members(signal));
    if (set.manifest !== undefined) await writer.manifest(reading.manifest({ signal }));
    const { names, writtenBytes, held } = writer;
    return { result: { kind: 'tar', names, writtenBytes }, held };
  });
}
