import type { BackupError } from '../errors/backup-error.ts';
import type { Teller } from '../events/teller.ts';
import { say } from '../messages/message.ts';
import { isDamage } from '../packs/damage.ts';
import { readCatalogue, type Catalogue } from '../repository/catalogue.ts';
import { deleteCopied, listCopied, putCopied } from '../repository/copied.ts';
import type { Commit } from '../repository/commit.ts';
import { claimInstance, type Instance, type InstanceIdentity } from '../repository/instance.ts';
import { readPruned } from '../repository/pruned.ts';
import { BackupCopier, type CopiedOne } from './copy-backup.ts';
import { openArchiveOf } from '../storing/open-archive.ts';
import { announceCopies, endOldCopies, unfinishedCopies, unsafeCopies, type CopyWay } from './announce-copies.ts';
import { copyMarks, mendMark } from './copy-marks.ts';
import { clearIdentity } from './mend-identity.ts';
import { readTarget, type ReadingOfTarget } from './read-target.ts';
import { ReadBefore } from '../verify/read-before.ts';
import type { ReadAmount } from '../verify/choose-packs.ts';
import type {
  CopiedBackup,
  CopiedInstance,
  CopiedRead,
  CopiedWal,
  CopyOutcome,
  DamageOfSource,
} from './copy-request.ts';
import { copyWal, missingWal } from './copy-wal.ts';
import { Counted } from './counted.ts';
import type { CopyNews } from './events.ts';
import { missingPacks, type MissingPacks } from './missing-packs.ts';
import { planCopy, settledAs, type BackupsToCopy } from './plan-copy.ts';
import { archiveOf, archiveStorageOf } from './source-archive.ts';
import { ListedPacks } from './listed-packs.ts';

interface Run {
  readonly dryRun: boolean;
  readonly read: ReadAmount;
  readonly cacheDirectory: string | undefined;
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
  /** Ids of backups that an earlier run had not copied to the end. */
  #unfinished: ReadonlySet<string> = new Set();
  #wal: CopiedWal | undefined;
  #read: CopiedRead | undefined;
  #harmed: readonly DamageOfSource[] = [];
  #marks = 0;
  #isHeld = true;
  #isIdentityRenewed = false;

  constructor(name: string, from: string, run: Run) {
    this.#name = name;
    this.#from = from;
    this.#run = run;
  }

  result(failure: BackupError | undefined): CopiedInstance {
    const order = ({ backup }: CopiedBackup): number => this.#order.get(backup) ?? Infinity;
    const backups = this.#done.toSorted((a, b) => order(a) - order(b) || 0);
    return {
      ...{ instance: this.#name, backups, wal: this.#wal, read: this.#read, marks: this.#marks },
      ...{
        isIdentityRenewed: this.#isIdentityRenewed,
        harmed: this.#harmed,
        unreadable: this.#unreadable,
        isHeld: this.#isHeld,
        failure,
      },
    };
  }

  async copy(source: KnownInstance, target: Instance): Promise<void> {
    const { signal, dryRun } = this.#run;
    const way = { source: source.storage, target: target.storage, from: this.#from };
    const before = await readCatalogue(source.storage, { signal });
    this.#order = new Map(before.backups.map(({ commit }, index) => [commit.backup, index]));
    this.#unreadable = before.damaged.filter(({ name }) => !name.startsWith('commits/'));
    const there = await readCatalogue(target.storage, { signal });
    const plan = planCopy(before, there, await this.#copiedBefore(target));
    this.#unfinished = await unfinishedCopies(way, { signal });
    this.#done.push(...plan.settled);
    this.#isIdentityRenewed = target.isIdentityLost === true;
    if (dryRun) {
      await this.#rehearse(source, target, plan, there);
      return;
    }
    await clearIdentity(target, { signal });
    await claimInstance(target, source.identity, { signal });
    await endOldCopies(way, before, there, { signal });
    const ready = await this.#announce(way, plan, there);
    await this.#copyWal(source, target, ready, there);
    await this.#copyBackups(way, target, { ...plan, pending: ready });
    await this.#finish(way, plan, before);
    await this.#mendMarks(way, there);
  }

  /** Marks of the target that cannot be read and that the source has. */
  async #mendMarks(way: CopyWay, { damaged }: Catalogue): Promise<void> {
    for (const { name, storedAtMs } of damaged) {
      try {
        if (await mendMark(way.source, way.target, name, { signal: this.#run.signal })) this.#marks += 1;
      } catch (error) {
        if (!isDamage(error)) throw error;
        this.#unreadable = [...this.#unreadable, { name, storedAtMs, error }];
      }
    }
  }

  /** @returns what can be copied */
  async #announce(way: CopyWay, { pending, lost }: BackupsToCopy, there: Catalogue): Promise<Commit[]> {
    const options = { signal: this.#run.signal };
    const unreadable = await announceCopies(way, pending, options);
    const readable = pending.filter(({ backup }) => !unreadable.has(backup));
    for (const commit of pending) {
      const error = unreadable.get(commit.backup);
      if (error !== undefined) this.#done.push(settledAs(commit, 'damaged', [error.sentence]));
    }
    const unsafe = await unsafeCopies(way, readable, { target: there, lost }, options);
    for (const commit of readable) {
      if (unsafe.has(commit.backup)) this.#done.push(settledAs(commit, 'busy', [say('copy.busy')]));
    }
    return readable.filter(({ backup }) => !unsafe.has(backup));
  }

  async #copiedBefore(target: Instance) {
    return listCopied(target.storage, { signal: this.#run.signal });
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
    const readsData = this.#run.read === 'all';
    this.#wal = await copyWal(way, instances, { signal, readsData, onStored: (stored) => counted.add(stored) });
    counted.finish();
  }

  async #copyBackups(way: CopyWay, target: Instance, { pending, lost, present }: BackupsToCopy): Promise<void> {
    const { signal, teller } = this.#run;
    const there = new ListedPacks(way.target, { signal });
    const missing = await this.#missing(way, { pending, present }, there);
    const incomplete = present.filter((commit) => !this.#isWhole(commit, missing));
    const { read } = this.#run;
    if (pending.length + incomplete.length === 0 && read === 'none') return;
    teller.enter('packs');
    const counted = new Counted(teller, missing.bytes);
    const options = { signal, onStored: (stored: number) => counted.add(stored) };
    const copier = new BackupCopier(way, { target, there }, signal);
    try {
      for (const commit of incomplete) this.#note(await copier.mend(commit, options));
      for (const commit of pending) {
        const { copied, ...others } = await copier.copy(commit, lost.has(commit.backup), options);
        const outcome = copied.outcome === 'copied' ? this.#outcomeOf(commit, lost) : copied.outcome;
        this.#note({ ...others, copied: { ...copied, outcome } });
      }
      if (read !== 'none')
        this.#read = await this.#readTarget(way, present, { amount: read, there, packs: copier.packs });
    } finally {
      await copier.end();
    }
    counted.finish();
  }

  /** What the target lacks, by listings of both. */
  async #missing(
    way: Pick<CopyWay, 'source' | 'target'>,
    backups: Pick<BackupsToCopy, 'pending' | 'present'>,
    target: ListedPacks,
  ): Promise<MissingPacks> {
    const { signal } = this.#run;
    const source = new ListedPacks(way.source, { signal });
    const missing = await missingPacks(way, backups, { source, target }, { signal });
    this.#harmed = missing.harmed;
    return missing;
  }

  async #readTarget(
    way: CopyWay,
    present: readonly Commit[],
    reading: Omit<ReadingOfTarget, 'before'>,
  ): Promise<CopiedRead> {
    const { signal, cacheDirectory } = this.#run;
    // Not what `verify` read: that compares each block with its hash as well.
    const place = `${way.target.description}\n${this.#name}\nby a copy`;
    const before = await ReadBefore.open(cacheDirectory, place, { signal });
    return readTarget(way, present, { ...reading, before }, { signal });
  }

  /** Tells of a backup that is there with all its packs. */
  #isWhole(commit: Commit, { of }: MissingPacks): boolean {
    if (of.get(commit.backup)?.isWhole === false) return false;
    this.#done.push(settledAs(commit, 'present'));
    return true;
  }

  /** Of one that is in the catalogue of the target now, or would be. */
  #outcomeOf({ backup }: Commit, lost: ReadonlySet<string>): CopyOutcome {
    return lost.has(backup) && !this.#unfinished.has(backup) ? 'mended' : 'copied';
  }

  #note({ copied, marks, isHeld }: CopiedOne): void {
    this.#done.push(copied);
    this.#marks += marks;
    this.#isHeld &&= isHeld;
  }

  /** What is said of backups that are there, and the record of those that came. */
  async #finish(way: CopyWay, plan: BackupsToCopy, before: Catalogue): Promise<void> {
    const options = { signal: this.#run.signal };
    const present = new Set(plan.present.map(({ backup }) => backup));
    this.#marks += await copyMarks(way.source, way.target, (backup) => present.has(backup), options);
    const { records } = await listCopied(way.target, options);
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
    { pending, lost, present }: BackupsToCopy,
    there: Catalogue,
  ): Promise<void> {
    const { signal } = this.#run;
    const archive = await archiveOf(source, { signal });
    if (archive !== undefined) {
      const wanted = await this.#wanted(target, pending, there);
      const storage = await archiveStorageOf(target);
      this.#wal = {
        ...(await missingWal({ source: archive, target: storage, wanted }, { signal })),
        ...{ mended: 0, read: 0, damaged: [] },
      };
    }
    const way = { source: source.storage, target: target.storage };
    const packs = new ListedPacks(target.storage, { signal });
    const missing = await this.#missing(way, { pending, present }, packs);
    for (const commit of present) {
      if (!this.#isWhole(commit, missing)) this.#done.push({ ...rehearsed(commit, missing, 'mended'), wasThere: true });
    }
    for (const commit of pending) {
      this.#done.push(rehearsed(commit, missing, this.#outcomeOf(commit, lost)));
    }
    const all = new Set([...there.backups.map(({ commit }) => commit), ...pending].map(({ backup }) => backup));
    const isThere = (backup: string): boolean => all.has(backup);
    this.#marks = await copyMarks(source.storage, target.storage, isThere, { signal, dryRun: true });
  }
}

/** What would become of it. */
function rehearsed(commit: Commit, { of }: MissingPacks, outcome: CopyOutcome): CopiedBackup {
  const { reason, lost = [], packs = 0, bytes = 0 } = of.get(commit.backup) ?? {};
  const reasons = reason === undefined ? lost : [reason.sentence];
  if (reasons.length > 0) return settledAs(commit, 'damaged', reasons);
  return { ...settledAs(commit, outcome), packs, bytes };
}
