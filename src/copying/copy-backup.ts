import { BackupError } from '../errors/backup-error.ts';
import type { Message } from '../messages/message.ts';
import { openContent } from '../packs/content-reader.ts';
import { isDamage } from '../packs/damage.ts';
import type { StoredPack } from '../packs/pack-writer.ts';
import { decodeCommit, isTombstone, type Commit } from '../repository/commit.ts';
import { putCopied } from '../repository/copied.ts';
import { holdBackup } from '../repository/hold-backup.ts';
import type { Instance } from '../repository/instance.ts';
import { commitObject } from '../repository/names.ts';
import { putCommit } from '../repository/put-commit.ts';
import { damaged } from '../storage/sealed-json.ts';
import { readSmallObject } from '../storage/small-object.ts';
import { checkPacks } from '../storing/check-packs.ts';
import { StoredFaults } from '../verify/stored-faults.ts';
import { StoredWalCheck } from '../verify/stored-wal.ts';
import { giveUp, type CopyWay } from './announce-copies.ts';
import { copyMarks } from './copy-marks.ts';
import { PackCopier } from './copy-packs.ts';
import type { CopiedBackup } from './copy-request.ts';
import { settledAs } from './plan-copy.ts';
import type { TargetPacks } from './target-packs.ts';

interface Ends {
  readonly target: Instance;
  readonly there: TargetPacks;
}

interface Options {
  readonly signal: AbortSignal;
  /** A pack of so many bytes is durable in the target. */
  readonly onStored: (bytes: number) => void;
}

export interface CopiedOne {
  readonly copied: CopiedBackup;
  readonly marks: number;
  readonly isHeld: boolean;
}

/** Copies one backup after the other of an instance whose WAL was copied. */
export class BackupCopier {
  readonly #way: CopyWay;
  readonly #ends: Ends;
  readonly #packs: PackCopier;
  readonly #wal: StoredWalCheck;

  constructor(way: CopyWay, ends: Ends, signal: AbortSignal) {
    this.#way = way;
    this.#ends = ends;
    this.#wal = new StoredWalCheck(ends.target, { readData: false, signal });
    this.#packs = new PackCopier(way.source, way.target, ends.there);
  }

  async end(): Promise<void> {
    await this.#wal.end();
  }

  /**
   * Copies a backup that was announced; it is in the catalogue of the target when `copied` says so. Damage is told, not thrown.
   * @throws BackupError of the storages
   */
  async copy(commit: Commit, { signal, onStored }: Options): Promise<CopiedOne> {
    const { source } = this.#way;
    let hold: Awaited<ReturnType<typeof holdBackup>>;
    try {
      hold = await holdBackup(source, commit.backup, { signal });
    } catch (error) {
      if (!(error instanceof BackupError) || error.code !== 'BACKUP_NOT_FOUND') throw error;
      await giveUp(this.#way.target, { backup: commit.backup, from: this.#way.from }, { signal });
      return { copied: settledAs(commit, 'removed'), marks: 0, isHeld: true };
    }
    const counted = { packs: 0, bytes: 0 };
    const onPack = (bytes: number): void => {
      counted.packs += 1;
      counted.bytes += bytes;
      onStored(bytes);
    };
    const all = hold === undefined ? signal : AbortSignal.any([signal, hold.signal]);
    try {
      const { reasons, marks } = await this.#copyHeld(commit, { signal: all, onStored: onPack });
      const outcome = reasons.length === 0 ? 'copied' : 'damaged';
      return { copied: { ...settledAs(commit, outcome, reasons), ...counted }, marks, isHeld: hold !== undefined };
    } catch (error) {
      if (!isDamage(error)) throw error;
      const copied = { ...settledAs(commit, 'damaged', [error.sentence]), ...counted };
      return { copied, marks: 0, isHeld: hold !== undefined };
    } finally {
      await hold?.release().catch(() => undefined);
    }
  }

  async #copyHeld(
    commit: Commit,
    { signal, onStored }: Options,
  ): Promise<{ readonly reasons: readonly Message[]; readonly marks: number }> {
    const { source, target, from } = this.#way;
    const { backup } = commit;
    // As it is stored: another version may have said more in it.
    const bytes = await readSmallObject(source, commitObject(backup), { signal });
    const stored = bytes && decodeCommit(bytes, backup);
    if (bytes === undefined || stored === undefined || isTombstone(stored)) throw damaged(commitObject(backup));
    const { root } = await openContent(source, stored.root, { signal });
    const packs: StoredPack[] = [...root.packs.entries, ...stored.rootPacks];
    await this.#packs.copy(packs, { signal, onStored });
    const reasons = await this.#checkWal(stored);
    if (reasons.length > 0) return { reasons, marks: 0 };
    const marks = await copyMarks(source, target, (one) => one === backup, { signal, only: backup });
    await checkPacks(this.#ends.target, packs, { signal });
    await putCommit(target, stored, { bytes, signal });
    await putCopied(target, { backup, from }, { signal });
    return { reasons: [], marks };
  }

  /** The WAL that it needs to become consistent, as the target has it. */
  async #checkWal(commit: Commit): Promise<readonly Message[]> {
    const faults = new StoredFaults();
    await this.#wal.check(commit, faults);
    return faults.kept.map(({ sentence }) => sentence);
  }
}
