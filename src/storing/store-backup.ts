import type { BackupListener } from '../backup/events.ts';
import type { BackupRequest, BackupResult, BackupStart } from '../backup/request.ts';
import { takeBackup } from '../backup/take-backup.ts';
import type { BackupNews } from '../backup/events.ts';
import { Teller } from '../events/teller.ts';
import { say } from '../messages/message.ts';
import type { ContentCodec } from '../packs/chunk-encoder.ts';
import type { WrittenContent } from '../packs/content-writer.ts';
import { writeContent, type ContentWriter } from '../packs/content-writer.ts';
import { openContent } from '../packs/content-reader.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { readCatalogue, type Catalogue } from '../repository/catalogue.ts';
import { priorCandidates } from '../repository/choose-backup.ts';
import type { Commit } from '../repository/commit.ts';
import { claimInstance, type Instance } from '../repository/instance.ts';
import { putHold, type KeptHold } from '../repository/keep-hold.ts';
import { backupName, commitObject, newId } from '../repository/names.ts';
import { fence, putCommit } from '../repository/put-commit.ts';
import { withReserve } from '../repository/reserve.ts';
import { pinBackup } from '../repository/put-mark.ts';
import { deleteVoidHolds } from '../repository/void-holds.ts';
import { openArchiveOf } from './open-archive.ts';
import { chooseGeneration, findArchive, readGenerations } from '../wal-archive/archive.ts';
import { BackupError } from '../errors/backup-error.ts';
import type { Lsn } from '../wal/lsn.ts';
import { segmentOffset, segmentStart } from '../wal/segment.ts';
import { checkPacks } from './check-packs.ts';
import { ContentSink } from './content-sink.ts';
import { removePacks } from './remove-packs.ts';
import { defaultCodec } from './default-codec.ts';
import { makeSpoolDirectory } from './spool-directory.ts';
import { contentOf, storeWal } from './store-wal.ts';

/** A backup of a running server into a repository. */
export interface StoreBackupRequest extends Omit<
  BackupRequest,
  'output' | 'wal' | 'serverCompression' | 'standby' | 'incrementalTo'
> {
  readonly instance: Instance;
  /** Default: zstd 3 where there is zstd, else gzip 6. */
  readonly codec?: ContentCodec | undefined;
  /** Generation of the WAL archive; default: the only open one. */
  readonly generation?: number | undefined;
  readonly note?: string | undefined;
  /** Keep it whatever retention says: until a date, or for ever. */
  readonly pin?: { readonly until: string | undefined } | undefined;
  /** An existing directory of this host for the WAL of the backup, until it is in the archive. */
  readonly spoolParent: string;
}

export interface StoreOptions {
  readonly signal: AbortSignal;
  readonly onEvent?: BackupListener | undefined;
}

export interface StoredBackup {
  readonly commit: Commit;
  /** WAL of a standby that is the beginning of a segment: it lies in the backup, not in the archive. */
  readonly hasOwnWal: boolean;
  /** Why the backup, which is stored, could not be pinned. */
  readonly pinFailure: BackupError | undefined;
  readonly checksumFailures: boolean;
}

/**
 * Takes a backup of a running server into a repository. When it resolves the backup is in the catalogue, with its WAL in the archive of the instance, all of it durable. When it rejects
 * it is not, and its packs are gone, unless removing them failed too: then retention removes them.
 * @throws BackupError as `takeBackup`; `SYSTEM_MISMATCH` when the instance is another server's; `LOCKED` when the run was declared dead; `STORAGE_UNAVAILABLE`
 */
export async function storeBackup(request: StoreBackupRequest, options: StoreOptions): Promise<StoredBackup> {
  const run = await StoreRun.begin(request, options);
  try {
    return await run.perform();
  } catch (error) {
    await run.abandon();
    throw error;
  }
}

class StoreRun {
  readonly #request: StoreBackupRequest;
  readonly #options: StoreOptions;
  readonly #signal: AbortSignal;
  readonly #backup: string;
  readonly #startedAt: string;
  readonly #prior: Commit | undefined;
  readonly #hold: KeptHold;
  readonly #teller: Teller<'backup', BackupNews>;
  #writer: ContentWriter | undefined;
  #mayBeCommitted = false;

  private constructor(
    request: StoreBackupRequest,
    options: StoreOptions,
    {
      backup,
      startedAt,
      prior,
      hold,
    }: { backup: string; startedAt: string; prior: Commit | undefined; hold: KeptHold },
  ) {
    this.#request = request;
    this.#options = options;
    this.#backup = backup;
    this.#startedAt = startedAt;
    this.#prior = prior;
    this.#hold = hold;
    this.#signal = AbortSignal.any([options.signal, hold.signal]);
    this.#teller = new Teller(options.onEvent);
  }

  /** Says what it needs before it relies on it: a prior that was removed meanwhile is none. */
  static async begin(request: StoreBackupRequest, options: StoreOptions): Promise<StoreRun> {
    const { instance } = request;
    const { signal } = options;
    const startedAt = new Date().toISOString();
    const backup = newId();
    for (;;) {
      const catalogue = await readCatalogue(instance.storage, { signal });
      const prior = await findPrior(instance.storage, catalogue, { signal });
      await deleteVoidHolds(instance.storage, catalogue, { signal });
      try {
        const hold = await putHold(instance.storage, { kind: 'backup', backup, prior: prior?.backup }, { signal });
        return new StoreRun(request, options, { backup, startedAt, prior, hold });
      } catch (error) {
        if (!(error instanceof BackupError) || error.code !== 'BACKUP_NOT_FOUND') throw error;
      }
    }
  }

  async perform(): Promise<StoredBackup> {
    const { instance, codec: wanted, generation, pin, spoolParent, ...source } = this.#request;
    const codec = wanted ?? (await defaultCodec());
    const signal = this.#signal;
    const { storage } = instance;
    const backup = this.#backup;
    const writer = await writeContent({ storage, backup, prior: this.#prior?.root, codec, signal });
    this.#writer = writer;
    const sink = new ContentSink(writer);
    const spool = await makeSpoolDirectory(spoolParent);
    try {
      let start: BackupStart | undefined;
      let walEnd: { readonly endLsn: Lsn; readonly segmentSizeBytes: number } | undefined;
      const endsAt = (endLsn: Lsn, segmentSizeBytes: number): Lsn => {
        // A primary switches its segment at the end of a backup, so that all of it comes; a standby cannot.
        const wholeEnd = segmentOffset(endLsn, segmentSizeBytes) === 0 ? endLsn : nextSegment(endLsn, segmentSizeBytes);
        walEnd = { endLsn: sink.label?.from === 'standby' ? endLsn : wholeEnd, segmentSizeBytes };
        return walEnd.endLsn;
      };
      const result = await takeBackup(
        {
          ...source,
          wal: 'stream',
          output: {
            kind: 'members',
            sink,
            streamedWal: { directory: spool.path, endsAt },
            onStart: async (begun) => {
              start = begun;
              await this.#started(begun);
            },
          },
        },
        { signal, onEvent: this.#options.onEvent },
      );
      if (walEnd === undefined || start === undefined)
        throw new BackupError('PROTOCOL_VIOLATION', say('backup.incomplete'));
      this.#teller.enter('publish');
      const archive = await openArchiveOf(instance);
      const wal = { directory: spool.path, archive, generation, codec: codec.name, level: codec.level, ...walEnd };
      const stored = await storeWal(wal, { signal });
      const { walDirectory } = start;
      for (const file of stored.unfinished) {
        const attributes = {
          name: `${walDirectory}/${file.name}` as typeof file.name,
          mode: 0o600,
          sizeBytes: file.sizeBytes,
        };
        await sink.ownFile({ ...attributes, mtimeSeconds: Math.floor(Date.now() / 1000) }, contentOf(file, signal));
      }
      const content = await writer.finish();
      const commit = this.#commit(result, start, content, stored.generation ?? generation ?? 1);
      await checkPacks(instance, content.packs, { signal });
      this.#hold.check();
      this.#mayBeCommitted = true;
      await putCommit(storage, commit, { signal });
      await this.#hold.leave();
      const pinFailure = pin === undefined ? undefined : await this.#pin(pin);
      const hasOwnWal = stored.unfinished.length > 0;
      return { commit, hasOwnWal, pinFailure, checksumFailures: result.checksumFailures };
    } finally {
      await spool.remove();
    }
  }

  #commit(
    { startLsn, endLsn, timeline, systemIdentifier }: BackupResult,
    { server }: BackupStart,
    { root, rootPacks, files, logicalBytes, newBytes, referencedBytes }: WrittenContent,
    generation: number,
  ): Commit {
    const { label = '', note } = this.#request;
    return {
      backup: this.#backup,
      name: backupName(this.#startedAt, this.#backup),
      systemIdentifier: BigInt(systemIdentifier),
      product: server.product,
      release: server.version ?? '',
      ...{ timeline, startLsn, endLsn, startedAt: this.#startedAt, endedAt: new Date().toISOString(), label, note },
      source: 'stream',
      prior: this.#prior?.backup,
      ...{ generation, files, logicalBytes, newBytes, referencedBytes, root, rootPacks, trust: 'read' },
    };
  }

  /** From here on there is a backup, whatever becomes of its pin. */
  async #pin(pin: NonNullable<StoreBackupRequest['pin']>): Promise<BackupError | undefined> {
    try {
      await pinBackup(this.#request.instance.storage, this.#backup, pin);
      return undefined;
    } catch (error) {
      if (error instanceof BackupError) return error;
      throw error;
    }
  }

  /** Another server than the one whose name this is, is refused before anything of it is stored. */
  async #started({ systemIdentifier, server, timeline, startLsn }: BackupStart): Promise<void> {
    const { product } = server;
    const { instance } = this.#request;
    await claimInstance(instance, { systemIdentifier: BigInt(systemIdentifier), product });
    await this.#hold.begin({ timeline, generation: await this.#generation(), startLsn });
  }

  /** Of the archive: which one, is settled before anything is copied. @throws BackupError `USAGE` where it has to be named */
  async #generation(): Promise<number> {
    const { instance, generation } = this.#request;
    const options = { signal: this.#signal };
    const archive = await findArchive(await openArchiveOf(instance), options);
    if (archive === undefined) return generation ?? 1;
    return chooseGeneration(await readGenerations(archive, options), generation, 'push').number;
  }

  /** What it put is taken away, but not where its commit may have been put. Never throws. */
  async abandon(): Promise<void> {
    await this.#writer?.abandon().catch(() => undefined);
    // With its hold it is found again, and declared dead.
    if (!(await this.#isOver())) return;
    await removePacks(this.#request.instance, this.#backup).catch(() => undefined);
    await this.#hold.release().catch(() => undefined);
  }

  /** Whether nothing of this run is a backup, or can become one any more. */
  async #isOver(): Promise<boolean> {
    if (!this.#mayBeCommitted) return true;
    const { storage } = this.#request.instance;
    try {
      const isThere = (await storage.stat(commitObject(this.#backup))) !== undefined;
      if (!isThere && storage.abilities.putsSettle) return true;
      return (await withReserve(storage, () => fence(storage, this.#backup, 'its commit failed'))) === undefined;
    } catch {
      return false;
    }
  }
}

/** The newest backup whose root can be read: what is damaged is no help to a new one. */
async function findPrior(storage: Storage, catalogue: Catalogue, options: StorageOptions): Promise<Commit | undefined> {
  for (const { commit } of priorCandidates(catalogue)) {
    try {
      await openContent(storage, commit.root, options);
      return commit;
    } catch (error) {
      if (!(error instanceof BackupError) || (error.code !== 'CORRUPT' && error.code !== 'OBJECT_NOT_FOUND'))
        throw error;
    }
  }
  return undefined;
}

function nextSegment(position: Lsn, segmentSizeBytes: number): Lsn {
  return (segmentStart(position, segmentSizeBytes) + BigInt(segmentSizeBytes)) as Lsn;
}
