import { BackupError } from '../errors/backup-error.ts';
import type { ContentCodec } from '../packs/chunk-encoder.ts';
import { openContent } from '../packs/content-reader.ts';
import { writeContent, type ContentWriter, type WrittenContent } from '../packs/content-writer.ts';
import { readCatalogue, type Catalogue } from '../repository/catalogue.ts';
import { priorCandidates } from '../repository/choose-backup.ts';
import type { Commit } from '../repository/commit.ts';
import type { Instance } from '../repository/instance.ts';
import { putHold, type KeptHold } from '../repository/keep-hold.ts';
import { backupName, commitObject, newId } from '../repository/names.ts';
import { fence, putCommit } from '../repository/put-commit.ts';
import { pinBackup } from '../repository/put-mark.ts';
import { withReserve } from '../repository/reserve.ts';
import { deleteVoidHolds } from '../repository/void-holds.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { checkPacks } from './check-packs.ts';
import { extendLocks } from './extend-locks.ts';
import { removePacks } from './remove-packs.ts';

/** Until a date, or for ever: whatever retention says. */
export interface Pin {
  readonly until: string | undefined;
}

/** What a commit says that only the way the backup came can tell. */
export type ToldByBackup = Omit<
  Commit,
  'backup' | 'name' | 'prior' | 'lockedUntil' | 'lockedIn' | keyof WrittenInCommit
>;
type WrittenInCommit = Pick<Commit, 'files' | 'logicalBytes' | 'newBytes' | 'referencedBytes' | 'root' | 'rootPacks'>;

/**
 * What is alike in every way into a repository: announces the backup, names what it is compared with, commits it, and takes back what was put where it comes to nothing.
 * Step by step: docs/design/repository.md.
 */
export class StoringRun {
  readonly backup: string;
  readonly hold: KeptHold;
  /** Of the caller, or of a hold that is lost. */
  readonly signal: AbortSignal;
  readonly #instance: Instance;
  readonly #prior: Commit | undefined;
  #writer: ContentWriter | undefined;
  #mayBeCommitted = false;

  private constructor(
    instance: Instance,
    signal: AbortSignal,
    { backup, prior, hold }: { backup: string; prior: Commit | undefined; hold: KeptHold },
  ) {
    this.#instance = instance;
    this.#prior = prior;
    this.backup = backup;
    this.hold = hold;
    this.signal = AbortSignal.any([signal, hold.signal]);
  }

  /** Says what it needs before it relies on it: a prior that was removed meanwhile is none. */
  static async begin(instance: Instance, signal: AbortSignal): Promise<StoringRun> {
    const backup = newId();
    for (;;) {
      const catalogue = await readCatalogue(instance.storage, { signal });
      const prior = await findPrior(instance.storage, catalogue, { signal });
      await deleteVoidHolds(instance.storage, catalogue, { signal });
      try {
        const hold = await putHold(instance.storage, { kind: 'backup', backup, prior: prior?.backup }, { signal });
        return new StoringRun(instance, signal, { backup, prior, hold });
      } catch (error) {
        if (!(error instanceof BackupError) || error.code !== 'BACKUP_NOT_FOUND') throw error;
      }
    }
  }

  async openWriter(codec: ContentCodec): Promise<ContentWriter> {
    const { backup, signal } = this;
    const { storage } = this.#instance;
    this.#writer = await writeContent({ storage, backup, prior: this.#prior?.root, codec, signal });
    return this.#writer;
  }

  /**
   * The backup is in the catalogue when it resolves.
   * @throws BackupError `CORRUPT` when a pack that it uses is not there; `AUTHENTICATION` when what it needs cannot be locked for long enough; `LOCKED` when the run was declared dead
   */
  async commit(told: ToldByBackup, { packs, ...content }: WrittenContent): Promise<Commit> {
    const { storage } = this.#instance;
    const { backup, signal } = this;
    const name = backupName(told.startedAt, backup);
    const needed = { packs, prior: this.#prior, backup: { ...told, backup }, sinceMs: this.hold.storedAtMs };
    await checkPacks(this.#instance, packs, { signal });
    const locked = await extendLocks(this.#instance, needed, { signal });
    const commit: Commit = { ...told, ...content, backup, name, prior: this.#prior?.backup, ...locked };
    this.hold.check();
    this.#mayBeCommitted = true;
    await putCommit(storage, commit, { signal });
    await this.hold.leave();
    return commit;
  }

  /** From the commit on there is a backup, whatever becomes of its pin. @returns why it could not be pinned */
  async pin(pin: Pin | undefined): Promise<BackupError | undefined> {
    if (pin === undefined) return undefined;
    try {
      await pinBackup(this.#instance.storage, this.backup, pin);
      return undefined;
    } catch (error) {
      if (error instanceof BackupError) return error;
      throw error;
    }
  }

  /** What it put is taken away, but not where its commit may have been put. Never throws. */
  async abandon(): Promise<void> {
    await this.#writer?.abandon().catch(() => undefined);
    // With its hold it is found again, and declared dead.
    if (!(await this.#isOver())) return;
    await removePacks(this.#instance, this.backup).catch(() => undefined);
    await this.hold.release().catch(() => undefined);
  }

  /** Whether nothing of this run is a backup, or can become one any more. */
  async #isOver(): Promise<boolean> {
    if (!this.#mayBeCommitted) return true;
    const { storage } = this.#instance;
    try {
      const isThere = (await storage.stat(commitObject(this.backup))) !== undefined;
      if (!isThere && storage.abilities.putsSettle) return true;
      return (await withReserve(storage, () => fence(storage, this.backup, 'its commit failed'))) === undefined;
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
