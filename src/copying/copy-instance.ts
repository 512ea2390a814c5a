import type { BackupError } from '../errors/backup-error.ts';
import type { Teller } from '../events/teller.ts';
import { say } from '../messages/message.ts';
import { openContent } from '../packs/content-reader.ts';
import { isDamage } from '../packs/damage.ts';
import type { PackId } from '../packs/chunk-ref.ts';
import { readCatalogue, type Catalogue } from '../repository/catalogue.ts';
import { deleteCopied, listCopied, putCopied } from '../repository/copied.ts';
import type { Commit } from '../repository/commit.ts';
import { claimInstance, type Instance, type InstanceIdentity } from '../repository/instance.ts';
import { readPruned } from '../repository/pruned.ts';
import { BackupCopier } from './copy-backup.ts';
import { openPlace } from '../storage/place.ts';
import { openArchiveOf } from '../storing/open-archive.ts';
import { announceCopies, endOldCopies, unsafeCopies, type CopyWay } from './announce-copies.ts';
import { copyMarks } from './copy-marks.ts';
import type { CopiedBackup, CopiedInstance, CopiedWal } from './copy-request.ts';
import { copyWal, missingWal } from './copy-wal.ts';
import { Counted } from './counted.ts';
import type { CopyNews } from './events.ts';
import { planCopy, settledAs, type BackupsToCopy } from './plan-copy.ts';
import { archiveOf } from './source-archive.ts';
import { TargetPacks } from './target-packs.ts';

interface Run {
  readonly dryRun: boolean;
  readonly teller: Teller<'copy', CopyNews>;
  readonly signal: AbortSignal;
}

type KnownInstance = Instance & { readonly identity: InstanceIdentity };

/** The copy of one instance, and what became of it as far as it came. Step by step: docs/design/repository.md, a copy. */
export class CopyingInstance {
  readonly #name: string;
  /** Id of the repository that it comes from. */
  readonly #from: string;
  readonly #run: Run;
  readonly #done: CopiedBackup[] = [];
  /** Of the catalogue of the source. */
  #order: ReadonlyMap<string, number> = new Map();
  #unreadable: Catalogue['damaged'] = [];
  #wal: CopiedWal | undefined;
  #marks = 0;
  #isHeld = true;

  constructor(name: string, from: string, run: Run) {
    this.#name = name;
    this.#from = from;
    this.#run = run;
  }

  result(failure: BackupError | undefined): CopiedInstance {
    const order = ({ backup }: CopiedBackup): number => this.#order.get(backup) ?? Infinity;
    const backups = this.#done.toSorted((a, b) => order(a) - order(b) || 0);
    return {
      ...{ instance: this.#name, backups, wal: this.#wal, marks: this.#marks },
      ...{ unreadable: this.#unreadable, isHeld: this.#isHeld, failure },
    };
  }

  async copy(source: KnownInstance, target: Instance): Promise<void> {
    const { signal, dryRun } = this.#run;
    const way = { source: source.storage, target: target.storage, from: this.#from };
    const before = await readCatalogue(source.storage, { signal });
    this.#order = new Map(before.backups.map(({ commit }, index) => [commit.backup, index]));
    this.#unreadable = before.damaged.filter(({ name }) => !name.startsWith('commits/'));
    const there = await readCatalogue(target.storage, { signal });
    const { pending, settled } = planCopy(before, there, await this.#copiedBefore(target));
    this.#done.push(...settled);
    if (dryRun) {
      await this.#rehearse(source, target, { pending, there });
      return;
    }
    await claimInstance(target, source.identity, { signal });
    await endOldCopies(way, before, there, { signal });
    const ready = await this.#announce(way, pending, there);
    await this.#copyWal(source, target, ready, there);
    await this.#copyBackups(way, { source, target }, ready);
    await this.#finish(way, { pending, settled }, before);
  }

  /** @returns what can be copied */
  async #announce(way: CopyWay, pending: readonly Commit[], there: Catalogue): Promise<Commit[]> {
    const options = { signal: this.#run.signal };
    const unreadable = await announceCopies(way, pending, options);
    const readable = pending.filter(({ backup }) => !unreadable.has(backup));
    for (const commit of pending) {
      const error = unreadable.get(commit.backup);
      if (error !== undefined) this.#done.push(settledAs(commit, 'damaged', [error.sentence]));
    }
    const unsafe = await unsafeCopies(way, readable, there, options);
    for (const commit of readable) {
      if (unsafe.has(commit.backup)) this.#done.push(settledAs(commit, 'busy', [say('copy.busy')]));
    }
    return readable.filter(({ backup }) => !unsafe.has(backup));
  }

  async #copiedBefore(target: Instance) {
    return target.identity === undefined ? [] : listCopied(target.storage, { signal: this.#run.signal });
  }

  async #wanted(target: Instance, pending: readonly Commit[], there: Catalogue) {
    const pruned = await readPruned(target.storage, { signal: this.#run.signal });
    return { starts: [...there.backups.map(({ commit }) => commit), ...pending], pending, pruned };
  }

  async #copyWal(source: Instance, target: Instance, pending: readonly Commit[], there: Catalogue): Promise<void> {
    const { signal, teller } = this.#run;
    const archive = await archiveOf(source, { signal });
    if (archive === undefined) return;
    const storage = await openArchiveOf(target);
    const wanted = await this.#wanted(target, pending, there);
    const way = { source: archive, target: storage, wanted };
    const { bytes } = await missingWal(way, { signal });
    teller.enter('wal');
    const counted = new Counted(teller, bytes);
    const instances = { source: source.storage, target: target.storage };
    this.#wal = await copyWal(way, instances, { signal, onStored: (stored) => counted.add(stored) });
    counted.finish();
  }

  async #copyBackups(
    way: CopyWay,
    { source, target }: { readonly source: Instance; readonly target: Instance },
    pending: readonly Commit[],
  ): Promise<void> {
    if (pending.length === 0) return;
    const { signal, teller } = this.#run;
    const there = new TargetPacks(target.storage, { signal });
    const { bytes } = await this.#missingPacks(source, pending, there);
    teller.enter('packs');
    const counted = new Counted(teller, bytes);
    const copier = new BackupCopier(way, { target, there }, signal);
    try {
      for (const commit of pending) {
        const { copied, marks, isHeld } = await copier.copy(commit, {
          signal,
          onStored: (stored) => counted.add(stored),
        });
        this.#done.push(copied);
        this.#marks += marks;
        this.#isHeld &&= isHeld;
      }
    } finally {
      await copier.end();
    }
    counted.finish();
  }

  /** What is said of backups that are there, and the record of those that came. */
  async #finish(way: CopyWay, { settled }: BackupsToCopy, before: Catalogue): Promise<void> {
    const options = { signal: this.#run.signal };
    const present = new Set(settled.flatMap(({ backup, outcome }) => (outcome === 'present' ? [backup] : [])));
    this.#marks += await copyMarks(way.source, way.target, (backup) => present.has(backup), options);
    const records = await listCopied(way.target, options);
    const recorded = new Set(records.map(({ backup }) => backup));
    for (const backup of present) {
      if (!recorded.has(backup)) await putCopied(way.target, { backup, from: this.#from }, options);
    }
    const inSource = new Set([...before.backups, ...before.removed].map(({ commit }) => commit.backup));
    for (const backup of before.damagedBackups) inSource.add(backup);
    for (const record of records) {
      if (record.from === this.#from && !inSource.has(record.backup)) await deleteCopied(way.target, record, options);
    }
  }

  /** Counts what would be done. */
  async #rehearse(
    source: Instance,
    target: Instance,
    { pending, there }: { readonly pending: readonly Commit[]; readonly there: Catalogue },
  ): Promise<void> {
    const { signal } = this.#run;
    const archive = await archiveOf(source, { signal });
    if (archive !== undefined) {
      const wanted = await this.#wanted(target, pending, there);
      const own = await archiveOf(target, { signal });
      const storage = own === undefined ? undefined : (await openPlace(target.wal)).storage;
      this.#wal = { ...(await missingWal({ source: archive, target: storage, wanted }, { signal })), damaged: [] };
    }
    const missing = await this.#missingPacks(source, pending, new TargetPacks(target.storage, { signal }));
    for (const commit of pending) {
      const { reason, packs = 0, bytes = 0 } = missing.of.get(commit.backup) ?? {};
      this.#done.push(
        reason === undefined
          ? { ...settledAs(commit, 'copied'), packs, bytes }
          : settledAs(commit, 'damaged', [reason.sentence]),
      );
    }
    const present = new Set(there.backups.map(({ commit }) => commit.backup));
    for (const { backup } of pending) present.add(backup);
    const isThere = (backup: string): boolean => present.has(backup);
    this.#marks = await copyMarks(source.storage, target.storage, isThere, { signal, dryRun: true });
  }

  /** Packs that the target lacks, each counted for the first backup that needs it. */
  async #missingPacks({ storage }: Instance, pending: readonly Commit[], there: TargetPacks) {
    const { signal } = this.#run;
    const seen = new Map<string, Set<number>>();
    const of = new Map<string, { packs?: number; bytes?: number; reason?: BackupError }>();
    let total = 0;
    const isNew = ({ backup, number }: PackId): boolean => {
      const numbers = seen.get(backup) ?? new Set<number>();
      seen.set(backup, numbers);
      return numbers.size < numbers.add(number).size;
    };
    for (const { backup, root, rootPacks } of pending) {
      try {
        const content = await openContent(storage, root, { signal });
        let [packs, bytes] = [0, 0];
        for (const { pack, sizeBytes } of [...content.root.packs.entries, ...rootPacks]) {
          if (!isNew(pack) || (await there.sizeOf(pack)) !== undefined) continue;
          packs += 1;
          bytes += sizeBytes;
        }
        of.set(backup, { packs, bytes });
        total += bytes;
      } catch (error) {
        if (!isDamage(error)) throw error;
        of.set(backup, { reason: error });
      }
    }
    return { of, bytes: total };
  }
}
