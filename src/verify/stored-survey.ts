import { isDamage } from '../packs/damage.ts';
import type { UnhashedBlocks } from '../packs/collect-blocks.ts';
import { packName, type PackId } from '../packs/chunk-ref.ts';
import { ContentMaps } from '../packs/content-maps.ts';
import { DamagedBlocks } from '../packs/damaged-blocks.ts';
import { lostPack } from '../packs/damage.ts';
import { PackTable } from '../packs/pack-table.ts';
import { readCatalogue, type Catalogue } from '../repository/catalogue.ts';
import type { Commit } from '../repository/commit.ts';
import type { Instance } from '../repository/instance.ts';
import { isId } from '../repository/names.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { StoredFaults } from './stored-faults.ts';

/** What is looked at of an instance of a repository. */
export type VerifiedInstance = Pick<Instance, 'name' | 'storage' | 'wal'>;

/** A pack that is there, as the storage tells it. */
export interface StoredPackFacts {
  readonly pack: PackId;
  readonly sizeBytes: number;
  /** Undefined where the storage tells no times. */
  readonly storedAtMs: number | undefined;
}

export interface SurveyedBackup {
  readonly commit: Commit;
  readonly faults: StoredFaults;
  /** Its root could be read. */
  isReadable: boolean;
  /** Records or leaves of it cannot be read, as far as they were looked at. */
  hasDamagedMaps: boolean;
  /** How many files its records name. */
  files: number;
  /** Blocks that nothing tells the content of; known where content was read. */
  unhashed: UnhashedBlocks;
}

/** Whether all that is known to name content of the backup could be read, as far as it was looked at. */
export function areMapsReadable({ isReadable, hasDamagedMaps }: SurveyedBackup): boolean {
  return isReadable && !hasDamagedMaps;
}

/** What the backups of an instance refer to, and what of that is there. */
export interface SurveyedInstance {
  readonly instance: VerifiedInstance;
  readonly catalogue: Catalogue;
  /** Oldest first. */
  readonly backups: readonly SurveyedBackup[];
  /** Packs of content that backups refer to and that are there, of their size; in the order in which backups wrote them. */
  readonly packs: readonly StoredPackFacts[];
  /** Bytes of packs of content that backups refer to and that are not there. */
  readonly lostBytes: number;
  readonly damaged: DamagedBlocks;
}

/**
 * Reads the catalogue, lists the packs, and reads root and records of each backup: no content.
 * @throws BackupError when the repository cannot be read at all
 */
export async function surveyInstance(
  instance: VerifiedInstance,
  options: StorageOptions = {},
): Promise<SurveyedInstance> {
  const catalogue = await readCatalogue(instance.storage, options);
  // Behind the catalogue: the packs of all that is in it were there before.
  const stored = await listPacks(instance.storage, options);
  const referred = new PackTable<StoredPackFacts>();
  const lost = new PackTable<StoredPackFacts>();
  const damaged = new DamagedBlocks();
  const backups: SurveyedBackup[] = [];
  for (const { commit } of catalogue.backups) {
    const faults = new StoredFaults();
    const unhashed = { blocks: 0, files: 0 };
    const backup = { commit, faults, isReadable: false, hasDamagedMaps: false, files: 0, unhashed };
    backups.push(backup);
    await surveyBackup(backup);
  }
  const packs = referred.entries.toSorted(({ pack: a }, { pack: b }) => compareBackups(a, b) || a.number - b.number);
  const lostBytes = lost.entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { instance, catalogue, backups, packs, lostBytes, damaged };

  async function surveyBackup(backup: SurveyedBackup): Promise<void> {
    const { faults, commit } = backup;
    try {
      const maps = await ContentMaps.open(instance.storage, commit.root, options.signal);
      for (const entry of [...maps.root.packs.entries, ...commit.rootPacks]) {
        const found = stored.get(entry.pack);
        const isThere = found?.sizeBytes === entry.sizeBytes;
        const isContent = 'kind' in entry && entry.kind === 'content';
        if (!isThere) {
          const sentence = lostPack({
            object: packName(entry.pack),
            expected: entry.sizeBytes,
            actual: found?.sizeBytes,
          });
          faults.add(undefined, sentence);
          damaged.addPack(entry.pack, sentence);
          if (isContent) lost.add({ ...entry, storedAtMs: undefined });
        } else if (isContent) referred.add(found);
      }
      await surveyRecords(maps, backup);
    } catch (error) {
      faults.note(error);
    }
  }

  async function surveyRecords(maps: ContentMaps, backup: SurveyedBackup): Promise<void> {
    backup.isReadable = true;
    for (const chunk of maps.root.chunks) {
      try {
        for (const { kind } of await maps.records(chunk, options.signal)) if (kind === 'file') backup.files += 1;
      } catch (error) {
        if (!isDamage(error)) throw error;
        backup.hasDamagedMaps = true;
        backup.faults.add(undefined, error.sentence);
      }
    }
  }

  function compareBackups({ backup: a }: PackId, { backup: b }: PackId): number {
    return a < b ? -1 : a > b ? 1 : 0;
  }
}

/** Every pack that is there. */
async function listPacks(storage: Storage, options: StorageOptions): Promise<PackTable<StoredPackFacts>> {
  const packs = new PackTable<StoredPackFacts>();
  // One text for each backup, not for each pack.
  const ids = new Map<string, string>();
  for await (const { name, sizeBytes, storedAtMs } of storage.list('packs/', options)) {
    const [, id = '', , number = ''] = name.split('/');
    if (!isId(id) || !/^[0-9]{8,15}$/.test(number)) continue;
    const backup = ids.get(id) ?? id;
    ids.set(backup, backup);
    packs.add({ pack: { backup, number: Number(number) }, sizeBytes, storedAtMs });
  }
  return packs;
}
