import { runLanes } from '../backup-source/lanes.ts';
import { packName } from '../packs/chunk-ref.ts';
import { isDamage } from '../packs/damage.ts';
import { PackTable } from '../packs/pack-table.ts';
import type { Commit } from '../repository/commit.ts';
import { digestOf } from '../storage/digest.ts';
import type { StorageOptions } from '../storage/storage.ts';
import { choosePacks, type ReadAmount } from '../verify/choose-packs.ts';
import type { ReadBefore } from '../verify/read-before.ts';
import type { StoredPackFacts } from '../verify/stored-survey.ts';
import type { CopyWay } from './announce-copies.ts';
import type { PackCopier } from './copy-packs.ts';
import type { CopiedRead, DamagedPack } from './copy-request.ts';
import { neededPacks } from './needed-packs.ts';
import { readableSource } from './readable-source.ts';
import type { ListedPacks } from './listed-packs.ts';

const atOnce = 4;

export interface ReadingOfTarget {
  readonly amount: Exclude<ReadAmount, 'none'>;
  readonly there: ListedPacks;
  readonly packs: PackCopier;
  readonly before: ReadBefore;
}

/**
 * Reads packs of the target that were there before this run and that backups of both repositories need, each as a whole through its checksums or its key, and copies those anew that are damaged inside.
 * What is read first, where not all is, is decided as by `verify`.
 */
export async function readTarget(
  way: CopyWay,
  present: readonly Commit[],
  { amount, there, packs, before }: ReadingOfTarget,
  options: StorageOptions,
): Promise<CopiedRead> {
  const table = new PackTable<StoredPackFacts>();
  for (const commit of present) {
    const needed = await neededPacks(way, commit, options).catch(noneIfDamaged);
    for (const { pack } of needed) {
      const facts = await there.before(pack);
      if (facts !== undefined && table.indexOf(pack) === undefined) table.add(facts);
    }
  }
  const all = table.entries;
  const nowMs = Date.now();
  const [chosen = []] = choosePacks([{ survey: { packs: all }, before }], amount, nowMs);
  const target = readableSource(way.target);
  const sum = { readPacks: 0, readBytes: 0, mended: 0 };
  const damaged: DamagedPack[] = [];
  await runLanes(chosen, atOnce, async (pack) => {
    const facts = table.get(pack);
    if (facts === undefined) return;
    sum.readPacks += 1;
    sum.readBytes += facts.sizeBytes;
    try {
      await digestOf(target.get(packName(pack), options));
      before.add(facts, nowMs, 'sound');
    } catch (error) {
      if (!isDamage(error)) throw error;
      before.add(facts, nowMs, 'damaged');
      try {
        await packs.replace(facts, options);
        sum.mended += 1;
      } catch (why) {
        if (!isDamage(why)) throw why;
        damaged.push({ name: packName(pack), reason: why.sentence });
      }
    }
  });
  await before.save(all);
  return { packs: all.length, bytes: all.reduce((bytes, { sizeBytes }) => bytes + sizeBytes, 0), ...sum, damaged };
}

function noneIfDamaged(error: unknown): [] {
  if (isDamage(error)) return [];
  throw error;
}
