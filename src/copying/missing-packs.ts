import type { BackupError } from '../errors/backup-error.ts';
import type { Message } from '../messages/message.ts';
import { packName, type PackId } from '../packs/chunk-ref.ts';
import { openContent } from '../packs/content-reader.ts';
import { isDamage, lostPack } from '../packs/damage.ts';
import type { StoredPack } from '../packs/pack-writer.ts';
import type { Commit } from '../repository/commit.ts';
import type { StorageOptions } from '../storage/storage.ts';
import type { CopyWay } from './announce-copies.ts';
import type { DamageOfSource } from './copy-request.ts';
import { HarmedSource } from './harmed-source.ts';
import type { ListedPacks } from './listed-packs.ts';
import { neededPacks } from './needed-packs.ts';
import type { BackupsToCopy } from './plan-copy.ts';

/** Packs that the target lacks, or has with another size. */
export interface MissingPacks {
  /** By id of the backup: all that it needs; of one whose root cannot be read why. */
  readonly of: ReadonlyMap<string, MissingOne>;
  /** Of all together that can be had, each pack counted once. */
  readonly bytes: number;
  /** What backups need and the source has lost, whether the target has it or not. */
  readonly harmed: readonly DamageOfSource[];
}

export interface MissingOne {
  /** The target has all that it needs. */
  readonly isWhole: boolean;
  /** Those that none before it needs, and that the source has. */
  readonly packs: number;
  readonly bytes: number;
  /** What is wrong with those that neither has. */
  readonly lost: readonly Message[];
  readonly reason?: BackupError | undefined;
}

interface BothListed {
  readonly source: ListedPacks;
  readonly target: ListedPacks;
}

/** Compares what backups need with the listings of both: of each the root is read, and nothing else. */
export async function missingPacks(
  way: Pick<CopyWay, 'source' | 'target'>,
  { pending, present }: Pick<BackupsToCopy, 'pending' | 'present'>,
  listed: BothListed,
  options: StorageOptions,
): Promise<MissingPacks> {
  const seen = new SeenPacks();
  const of = new Map<string, MissingOne>();
  const harmed = new HarmedSource();
  let total = 0;
  const count = async (commit: Commit, needed: Promise<readonly StoredPack[]>): Promise<void> => {
    const one = { isWhole: true, packs: 0, bytes: 0, lost: [] as Message[] };
    try {
      for (const { pack, sizeBytes } of await needed) {
        const inSource = await listed.source.sizeOf(pack);
        const lost = inSource === sizeBytes ? undefined : lostOf(pack, sizeBytes, inSource);
        if (lost !== undefined) harmed.add(packName(pack), lost, commit);
        if ((await listed.target.sizeOf(pack)) === sizeBytes) continue;
        one.isWhole = false;
        if (lost !== undefined) one.lost.push(lost);
        else if (seen.add(pack)) {
          one.packs += 1;
          one.bytes += sizeBytes;
        }
      }
      of.set(commit.backup, one);
      total += one.bytes;
    } catch (error) {
      if (!isDamage(error)) throw error;
      of.set(commit.backup, { isWhole: false, packs: 0, bytes: 0, lost: [], reason: error });
    }
  };
  for (const commit of present) {
    const onUnreadable = (error: BackupError): void => harmed.addRoot(error.sentence, commit);
    await count(commit, neededPacks(way, commit, { ...options, onUnreadable }));
  }
  for (const commit of pending) await count(commit, ofSource(way, commit, options));
  return { of, bytes: total, harmed: await harmed.named(way.source, options) };
}

function lostOf(pack: PackId, expected: number, actual: number | undefined): Message {
  return lostPack({ object: packName(pack), expected, actual });
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
