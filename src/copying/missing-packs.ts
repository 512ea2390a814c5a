import type { BackupError } from '../errors/backup-error.ts';
import type { PackId } from '../packs/chunk-ref.ts';
import { openContent } from '../packs/content-reader.ts';
import { isDamage } from '../packs/damage.ts';
import type { StoredPack } from '../packs/pack-writer.ts';
import type { Commit } from '../repository/commit.ts';
import type { StorageOptions } from '../storage/storage.ts';
import type { CopyWay } from './announce-copies.ts';
import { neededPacks } from './needed-packs.ts';
import type { BackupsToCopy } from './plan-copy.ts';
import type { TargetPacks } from './target-packs.ts';

/** Packs that the target lacks, or has with another size. */
export interface MissingPacks {
  /** By id of the backup: all that it needs; of one whose root cannot be read why. */
  readonly of: ReadonlyMap<string, MissingOne>;
  /** Of all together, each pack counted once. */
  readonly bytes: number;
}

interface MissingOne {
  readonly packs: number;
  /** Those that none before it needs. */
  readonly bytes: number;
  readonly reason?: BackupError | undefined;
}

/** Compares what backups need with the listing of the target: of each the root is read, and nothing else. */
export async function missingPacks(
  way: Pick<CopyWay, 'source' | 'target'>,
  { pending, present }: Pick<BackupsToCopy, 'pending' | 'present'>,
  there: TargetPacks,
  options: StorageOptions,
): Promise<MissingPacks> {
  const seen = new SeenPacks();
  const of = new Map<string, MissingOne>();
  let total = 0;
  const count = async (commit: Commit, needed: Promise<readonly StoredPack[]>): Promise<void> => {
    const sum = { packs: 0, bytes: 0 };
    try {
      for (const { pack, sizeBytes } of await needed) {
        if ((await there.sizeOf(pack)) === sizeBytes) continue;
        const isNew = seen.add(pack);
        if (isNew || present.includes(commit)) sum.packs += 1;
        if (isNew) sum.bytes += sizeBytes;
      }
      of.set(commit.backup, sum);
      total += sum.bytes;
    } catch (error) {
      if (!isDamage(error)) throw error;
      of.set(commit.backup, { packs: 0, bytes: 0, reason: error });
    }
  };
  for (const commit of present) await count(commit, neededPacks(way, commit, options));
  for (const commit of pending) await count(commit, ofSource(way, commit, options));
  return { of, bytes: total };
}

async function ofSource(
  { source }: Pick<CopyWay, 'source'>,
  { root, rootPacks }: Commit,
  options: StorageOptions,
): Promise<StoredPack[]> {
  const content = await openContent(source, root, options);
  return [...content.root.packs.entries, ...rootPacks];
}

class SeenPacks {
  readonly #owners = new Map<string, Set<number>>();

  /** @returns false when it was seen before */
  add({ backup, number }: PackId): boolean {
    const numbers = this.#owners.get(backup) ?? new Set<number>();
    this.#owners.set(backup, numbers);
    return numbers.size < numbers.add(number).size;
  }
}
