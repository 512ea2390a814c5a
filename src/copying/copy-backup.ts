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
import type { StorageOptions } from '../storage/storage.ts';
import { extendLocks } from '../storing/extend-locks.ts';
import { PackTable } from '../packs/pack-table.ts';
import { checkPacks } from '../storing/check-packs.ts';
import { StoredFaults } from '../verify/stored-faults.ts';
import { StoredWalCheck } from '../verify/stored-wal.ts';
import { giveUp, type CopyWay } from './announce-copies.ts';
import { clearCommit } from './clear-commit.ts';
import { copyMarks } from './copy-marks.ts';
import { PackCopier } from './copy-packs.ts';
import type { CopiedBackup } from './copy-request.ts';
import { neededPacks } from './needed-packs.ts';
import { settledAs } from './plan-copy.ts';
import type { ListedPacks } from './listed-packs.ts';

interface Ends {
  readonly target: Instance;
  readonly there: ListedPacks;
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
  /** When this began, by the clock of a target that locks objects. */
  readonly #beganMs: number | undefined;
  /** Packs that were there, and are locked for long enough now. */
  readonly #locked = new PackTable<StoredPack>();

  constructor(way: CopyWay, ends: Ends, signal: AbortSignal) {
    this.#way = way;
    this.#ends = ends;
    this.#beganMs = ends.target.storage.lock?.nowMs;
    this.#wal = new StoredWalCheck(ends.target, { readData: false, signal });
    this.#packs = new PackCopier(way.source, way.target, ends.there);
  }

  get packs(): PackCopier {
    return this.#packs;
  }

  async end(): Promise<void> {
    await this.#wal.end();
  }

  /**
   * Copies a backup that was announced; it is in the catalogue of the target when `copied` says so, or `present` where another copy was quicker. Damage is told, not thrown.
   * @param lost the target had it
   * @throws BackupError of the storages
   */
  async copy(commit: Commit, lost: boolean, options: Options): Promise<CopiedOne> {
    const copied = await this.#held(commit, options, async (held) => {
      const { reasons, marks, isFirst } = await this.#copyHeld(commit, lost, held);
      return { outcome: reasons.length > 0 ? 'damaged' : isFirst ? 'copied' : 'present', reasons, marks };
    });
    const { outcome, packs } = copied.copied;
    // What stored packs for it brought it, whoever was quicker with the commit.
    if (outcome === 'present' && packs > 0) return { ...copied, copied: { ...copied.copied, outcome: 'copied' } };
    if (outcome !== 'removed') return copied;
    await giveUp(this.#way.target, { backup: commit.backup, from: this.#way.from }, { signal: options.signal });
    return copied;
  }

  /** Brings what the target lacks of a backup that it has. */
  async mend(commit: Commit, options: Options): Promise<CopiedOne> {
    const { copied, ...others } = await this.#held(commit, options, async (held) => {
      const needed = await neededPacks(this.#way, commit, held);
      const reasons = await this.#packs.copyAll(needed, held);
      return { outcome: reasons.length === 0 ? 'mended' : 'damaged', reasons, marks: 0 };
    });
    return { ...others, copied: { ...copied, wasThere: true } };
  }

  /** What is done with a backup that is held in the source meanwhile. */
  async #held(
    commit: Commit,
    { signal, onStored }: Options,
    work: (options: Options) => Promise<Pick<CopiedBackup, 'outcome' | 'reasons'> & { readonly marks: number }>,
  ): Promise<CopiedOne> {
    let hold: Awaited<ReturnType<typeof holdBackup>>;
    try {
      hold = await holdBackup(this.#way.source, commit.backup, { signal });
    } catch (error) {
      if (!(error instanceof BackupError) || error.code !== 'BACKUP_NOT_FOUND') throw error;
      return { copied: settledAs(commit, 'removed'), marks: 0, isHeld: true };
    }
    const isHeld = hold !== undefined;
    const counted = { packs: 0, bytes: 0 };
    const onPack = (bytes: number): void => {
      counted.packs += 1;
      counted.bytes += bytes;
      onStored(bytes);
    };
    const all = hold === undefined ? signal : AbortSignal.any([signal, hold.signal]);
    try {
      const { outcome, reasons, marks } = await work({ signal: all, onStored: onPack });
      return { copied: { ...settledAs(commit, outcome, reasons), ...counted }, marks, isHeld };
    } catch (error) {
      if (!isDamage(error)) throw error;
      return { copied: { ...settledAs(commit, 'damaged', [error.sentence]), ...counted }, marks: 0, isHeld };
    } finally {
      await hold?.release().catch(() => undefined);
    }
  }

  async #copyHeld(
    commit: Commit,
    lost: boolean,
    { signal, onStored }: Options,
  ): Promise<{ readonly reasons: readonly Message[]; readonly marks: number; readonly isFirst: boolean }> {
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
    if (reasons.length > 0) return { reasons, marks: 0, isFirst: false };
    const marks = await copyMarks(source, target, (one) => one === backup, { signal, only: backup });
    await checkPacks(this.#ends.target, packs, { signal });
    await this.#lock(stored, packs, { signal });
    // Before the commit: so whoever removes it knows that it was copied.
    await putCopied(target, { backup, from }, { signal });
    if (lost) await clearCommit(target, backup, { signal });
    const isFirst = await putCommit(target, stored, { bytes, signal });
    return { reasons: [], marks, isFirst };
  }

  /** Object lock: what was there before this run is locked for as long as what it stored. */
  async #lock(commit: Commit, packs: readonly StoredPack[], { signal }: StorageOptions): Promise<void> {
    const { target, there } = this.#ends;
    if (target.storage.lock === undefined) return;
    const before: StoredPack[] = [];
    for (const one of packs) {
      if ((await there.before(one.pack)) === undefined || this.#locked.indexOf(one.pack) !== undefined) continue;
      before.push(one);
    }
    const needs = { packs: before, prior: undefined, backup: { ...commit, backup: '' }, sinceMs: this.#beganMs };
    await extendLocks(target, needs, { signal });
    for (const one of before) this.#locked.add(one);
  }

  /** The WAL that it needs to become consistent, as the target has it. */
  async #checkWal(commit: Commit): Promise<readonly Message[]> {
    const faults = new StoredFaults();
    await this.#wal.check(commit, faults);
    return faults.kept.map(({ sentence }) => sentence);
  }
}
