import { statSync } from 'node:fs';
import type { BackupListener, BackupNews } from '../backup/events.ts';
import { fromText } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { Teller } from '../events/teller.ts';
import { fsPath, joinPath } from '../files/path.ts';
import { readPieces } from '../files/read-file.ts';
import { manifestFileName } from '../manifest/manifest.ts';
import { say } from '../messages/message.ts';
import type { ContentCodec } from '../packs/chunk-encoder.ts';
import type { WrittenContent } from '../packs/content-writer.ts';
import { readCatalogue, type Catalogue } from '../repository/catalogue.ts';
import type { Commit } from '../repository/commit.ts';
import { claimInstance, type Instance } from '../repository/instance.ts';
import { readControlFile, type ControlFile } from '../server/control-file.ts';
import type { ServerIdentity } from '../server/identity.ts';
import { identityOfBackup } from '../server/identity-of-backup.ts';
import type { Lsn } from '../wal/lsn.ts';
import { defaultCodec } from './default-codec.ts';
import { ImportSink } from './import-sink.ts';
import { importTimes, type ImportTimes } from './import-times.ts';
import { archiveWal, generationFor, requireWal, sortWal, type SortedWal } from './imported-wal.ts';
import type { FileProof } from './manifest-proof.ts';
import { openArchiveOf } from './open-archive.ts';
import { findSame, openImport, type OpenedImport } from './open-import.ts';
import { makeSpoolDirectory } from './spool-directory.ts';
import { StoringRun, type Pin } from './storing-run.ts';

/** A backup that is in a directory already, to be put into a repository. */
export interface ImportBackupRequest {
  readonly instance: Instance;
  /** Its directory: plain, or tars with or without compression; of gausskeep, pg_basebackup or gs_basebackup. */
  readonly from: string;
  /** Default: what its backup_label says. */
  readonly label?: string | undefined;
  readonly note?: string | undefined;
  /** Keep it whatever retention says: until a date, or for ever. */
  readonly pin?: Pin | undefined;
  /** Default: zstd 3 where there is zstd, else gzip 6. */
  readonly codec?: ContentCodec | undefined;
  /** Generation of the WAL archive; default: the only open one. */
  readonly generation?: number | undefined;
  /** An existing directory of this host for the WAL of the backup, until it is in the archive. */
  readonly spoolParent: string;
}

export interface ImportOptions {
  readonly signal: AbortSignal;
  readonly onEvent?: BackupListener | undefined;
}

/** Where the WAL of an imported backup is. */
export type ImportedWalPlace =
  /** In the archive of the instance. */
  | 'archive'
  /** There, but for the last segment, which is not whole and lies in the backup. */
  | 'archive-and-backup'
  /** In the backup. */
  | 'backup';

export interface ImportedBackup {
  readonly commit: Commit;
  /** What its files were compared with while they were read. */
  readonly proved: FileProof;
  readonly walPlace: ImportedWalPlace;
  /** Every record of its WAL was read; false: it came without WAL, and the archive has the segments that it needs. */
  readonly isWalRead: boolean;
  /** Why the backup, which is stored, could not be pinned. */
  readonly pinFailure: BackupError | undefined;
}

/** An event for so many bytes. */
const progressBytes = 4 * 1024 * 1024;

/**
 * Puts a backup that is in a directory into a repository: every file is read and held against its manifest where it has one, every record of its WAL is read. When it resolves the backup is in
 * the catalogue, and its WAL in the archive of the instance or in the backup. When it rejects it is not, and what was stored of it is gone, unless removing that failed too: then retention removes it.
 * @throws BackupError `BACKUP_NOT_FOUND`; `CORRUPT` or `WAL_MISSING` for a damaged backup; `SYSTEM_MISMATCH` when the instance is another server's, before anything is stored; `OBJECT_EXISTS` when the
 *   backup is there already, or its WAL is another line than the archive's; `USAGE` for an incremental backup or the data directory of a server; `LOCKED`, `STORAGE_UNAVAILABLE`
 */
export async function importBackup(request: ImportBackupRequest, options: ImportOptions): Promise<ImportedBackup> {
  const teller = new Teller<'backup', BackupNews>(options.onEvent);
  const { instance } = request;
  const { signal } = options;
  teller.enter('connect');
  const opened = await openImport(request.from, signal);
  const { systemIdentifier } = opened;
  if (instance.identity !== undefined) await claimInstance(instance, { systemIdentifier, product: '' }, { signal });
  const catalogue = await readCatalogue(instance.storage, { signal });
  await refuseSame(request, catalogue, opened, signal);
  const run = await StoringRun.begin(instance, signal);
  try {
    return await new Import(request, opened, run, teller).perform(isOlder(catalogue, opened.facts.label.startLsn));
  } catch (error) {
    teller.enter('clean-up');
    await run.abandon();
    throw error;
  }
}

async function refuseSame(
  { instance }: ImportBackupRequest,
  catalogue: Catalogue,
  opened: OpenedImport,
  signal: AbortSignal,
): Promise<void> {
  const same = await findSame(instance.storage, catalogue, opened, signal);
  if (same === undefined) return;
  const values = { backup: opened.facts.description, name: same.name, instance: instance.name };
  throw new BackupError('OBJECT_EXISTS', say('importing.there', values), { hint: say('importing.there.hint') });
}

/** Whether a backup starts before all that the catalogue has: WAL before those may be cut from the archive at any time. */
function isOlder({ backups }: Catalogue, startLsn: Lsn): boolean {
  return backups.length > 0 && backups.every(({ commit }) => commit.startLsn > startLsn);
}

class Import {
  readonly #request: ImportBackupRequest;
  readonly #opened: OpenedImport;
  readonly #run: StoringRun;
  readonly #teller: Teller<'backup', BackupNews>;

  constructor(
    request: ImportBackupRequest,
    opened: OpenedImport,
    run: StoringRun,
    teller: Teller<'backup', BackupNews>,
  ) {
    this.#request = request;
    this.#opened = opened;
    this.#run = run;
    this.#teller = teller;
  }

  /** @param keepsAll its WAL stays in the backup */
  async perform(keepsAll: boolean): Promise<ImportedBackup> {
    const { instance, codec: wanted, generation: named, spoolParent } = this.#request;
    const { facts, systemIdentifier } = this.#opened;
    const { startLsn, startTimeline: timeline } = facts.label;
    const { signal } = this.#run;
    const to = keepsAll ? 'read' : 'push';
    const generation = await generationFor(instance, { wanted: named, to, systemIdentifier }, { signal });
    await this.#run.hold.begin({ timeline, generation, startLsn });
    const codec = wanted ?? (await defaultCodec());
    const writer = await this.#run.openWriter(codec);
    const spool = await makeSpoolDirectory(spoolParent);
    try {
      const sink = new ImportSink({ writer, facts, spool: spool.path });
      await this.#copy(sink);
      const control = this.#controlOf(sink);
      const wal = await this.#sort(spool.path, control, keepsAll);
      for (const { name, path, sizeBytes } of wal.own) {
        await sink.ownWal(name, sizeBytes, readPieces(fromText(path), { signal }));
      }
      const lastUs = this.#opened.wal.timeUs;
      const times = await importTimes(facts.label, control, { spool: spool.path, lastUs, now: new Date() });
      const content = await writer.finish();
      this.#teller.enter('publish');
      const server = identityOfBackup(facts.rules.family, sink.note('PG_VERSION'));
      await this.#requireWal(wal, generation, control);
      await claimInstance(instance, { systemIdentifier, product: server.product }, { signal });
      await this.#archive(wal, generation, codec);
      return await this.#commit({ server, times, generation, sink, wal }, content);
    } catch (error) {
      throw spool.failure(error);
    } finally {
      await spool.remove();
    }
  }

  async #commit({ server, times, generation, sink, wal }: Judged, content: WrittenContent): Promise<ImportedBackup> {
    const { label, note, pin } = this.#request;
    const { facts, systemIdentifier, wal: needed } = this.#opened;
    const { startLsn, startTimeline: timeline, label: ownLabel = '' } = facts.label;
    const { proved } = sink.proof;
    const commit = await this.#run.commit(
      {
        ...{ systemIdentifier, product: server.product, release: server.version ?? '' },
        ...{ timeline, startLsn, endLsn: needed.endLsn, ...times },
        ...{ label: label ?? ownLabel, note, source: 'import', generation },
        trust: proved === 'checksums' ? 'manifest' : 'read',
      },
      content,
    );
    const pinFailure = await this.#run.pin(pin);
    return { commit, proved, walPlace: placeOf(wal), isWalRead: needed.isRead, pinFailure };
  }

  #sort(directory: string, { walSegmentSizeBytes }: ControlFile, keepsAll: boolean): Promise<SortedWal> {
    const { facts, wal } = this.#opened;
    const { startLsn } = facts.label;
    const { signal } = this.#run;
    const needed = { startLsn, endLsn: wal.endLsn, segmentSizeBytes: walSegmentSizeBytes };
    return sortWal({ directory, ...needed, keepsAll }, { signal });
  }

  /** Every file, then the manifest of a set of tars, which lies beside them. */
  async #copy(sink: ImportSink): Promise<void> {
    const { source, facts, directory } = this.#opened;
    const { signal } = this.#run;
    this.#teller.enter('copy');
    await source.deliver(sink, { signal, onBytes: this.#meter(sink) });
    if (facts.format === 'tar' && facts.manifest !== undefined) {
      const path = joinPath(directory, manifestFileName);
      const { size: sizeBytes } = statSync(fsPath(path));
      const attributes = { name: fromText(manifestFileName), mode: 0o600, mtimeSeconds: undefined };
      await sink.ownFile({ ...attributes, sizeBytes }, readPieces(path, { signal }));
    }
    sink.finish();
  }

  #meter(sink: ImportSink): (count: number) => void {
    const { totalBytes, tablespaces } = this.#opened.facts;
    const still = { tablespacesDone: 0, tablespaceCount: tablespaces.length + 1, current: '' };
    let doneBytes = 0;
    let toldBytes = 0;
    const tell = (): void => {
      toldBytes = doneBytes;
      this.#teller.tell({ type: 'progress', doneBytes, totalBytes, filesDone: sink.files, ...still });
    };
    tell();
    return (count) => {
      doneBytes += count;
      if (doneBytes - toldBytes >= progressBytes || doneBytes >= totalBytes) tell();
    };
  }

  /** @throws BackupError `SYSTEM_MISMATCH` when it is not that of the manifest's instance; `CORRUPT` */
  #controlOf(sink: ImportSink): ControlFile {
    const control = readControlFile(sink.note('global/pg_control'));
    const { systemIdentifier: expected, facts } = this.#opened;
    const actual = control.systemIdentifier;
    if (actual === expected) return control;
    const values = { backup: facts.description, expected, actual };
    throw new BackupError('SYSTEM_MISMATCH', say('incremental.manifest-instance', values));
  }

  /** Before anything but packs is stored. */
  #requireWal({ archived, own }: SortedWal, generation: number, control: ControlFile): Promise<void> {
    const { facts, systemIdentifier, wal } = this.#opened;
    const has = new Set([...archived, ...own].map(({ name }) => name));
    const { walSegmentSizeBytes: segmentSizeBytes } = control;
    const needed = { endLsn: wal.endLsn, segmentSizeBytes, generation, systemIdentifier, has };
    return requireWal(this.#request.instance, facts, needed, { signal: this.#run.signal });
  }

  async #archive(wal: SortedWal, generation: number, { name: codec, level }: ContentCodec): Promise<void> {
    if (wal.archived.length === 0) return;
    const storage = await openArchiveOf(this.#request.instance);
    await archiveWal(wal, { storage, generation, codec, level }, { signal: this.#run.signal });
  }
}

/** What was found out before the commit. */
interface Judged {
  readonly server: ServerIdentity;
  readonly times: ImportTimes;
  readonly generation: number;
  readonly sink: ImportSink;
  readonly wal: SortedWal;
}

function placeOf({ archived, own }: SortedWal): ImportedWalPlace {
  if (own.length === 0) return 'archive';
  return archived.length === 0 ? 'backup' : 'archive-and-backup';
}
